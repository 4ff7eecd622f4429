"""Which files are read, in which order, and where they go; by the adapter's own door, from a folder."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from connectors import mapping
from connectors.adapters import files
from connectors.errors import Incomplete
from connectors.workforce.canonical import Ended, Worker
from tests.connectors.adapters.files.incoming import Incoming, worker


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path)


def test_an_announced_file_is_read_and_put_away(incoming: Incoming) -> None:
    incoming.deliver([worker("00021001"), worker("00021002")], 1)
    records = incoming.run()
    assert [(each.kind, each.key, each.broken) for each in records] == [
        ("worker", "00021001", ""),
        ("worker", "00021002", ""),
    ]
    assert incoming.names() == set()
    assert len(incoming.names("processed")) == 2


def test_a_file_without_a_manifest_is_not_read(incoming: Incoming) -> None:
    (incoming.folder / "workers.csv").write_text("worker_id\n21001\n")
    assert incoming.run() == []
    assert incoming.names() == {"workers.csv"}


def test_a_manifest_that_is_still_being_written_is_not_read(incoming: Incoming) -> None:
    manifest = incoming.deliver([worker("21001")], 1)
    manifest.rename(manifest.with_name(f"{manifest.name}.part"))
    assert incoming.run() == []


def test_a_file_that_is_called_part_is_not_read_even_if_announced(incoming: Incoming) -> None:
    incoming.announce("fine.csv", b"worker_id\n1\n", 1)
    manifest = incoming.folder / "fine.csv.manifest.json"
    told = json.loads(manifest.read_text())
    (incoming.folder / "fine.csv").rename(incoming.folder / "fine.csv.part")
    manifest.write_text(json.dumps({**told, "file": "fine.csv.part"}))
    with pytest.raises(Incomplete, match="still being written"):
        incoming.run()


def test_a_file_that_grew_after_its_manifest_waits(incoming: Incoming) -> None:
    manifest = incoming.deliver([worker("21001")], 1)
    file = manifest.with_name(manifest.name.removesuffix(".manifest.json"))
    with file.open("a") as more:
        more.write("21002\r\n")

    later = manifest.stat().st_mtime + 30
    os.utime(file, (later, later))
    with pytest.raises(Incomplete, match="still being written"):
        incoming.run()
    incoming.fail()
    assert file.exists()
    assert incoming.names("failed") == set()


def test_a_manifest_whose_file_is_missing_waits(incoming: Incoming) -> None:
    manifest = incoming.deliver([worker("21001")], 1)
    manifest.with_name(manifest.name.removesuffix(".manifest.json")).unlink()
    with pytest.raises(Incomplete, match="is not there"):
        incoming.run()


@pytest.mark.parametrize("field", ["sha256", "rows"])
def test_a_file_that_is_not_what_its_manifest_says_goes_to_failed(incoming: Incoming, field: str) -> None:
    manifest = incoming.deliver([worker("21001")], 1)
    told = json.loads(manifest.read_text())
    told[field] = "0" * 64 if field == "sha256" else 7
    manifest.write_text(json.dumps(told))
    with pytest.raises(Incomplete):
        incoming.run()
    incoming.fail()
    assert incoming.names() == set()
    assert len(incoming.names("failed")) == 2
    # Its sender sends it again under the same number.
    incoming.deliver([worker("21001")], 1)
    assert [each.key for each in incoming.run()] == ["21001"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"file": "../secret.csv"}',
        '{"file": "/etc/passwd", "sha256": "' + "0" * 64 + '", "rows": 1}',
        '{"file": "a.csv", "sha256": "' + "0" * 64 + '", "rows": -1}',
    ],
)
def test_a_manifest_that_makes_no_sense_goes_to_failed(incoming: Incoming, text: str) -> None:
    (incoming.folder / "odd.manifest.json").write_text(text)
    with pytest.raises(Incomplete):
        incoming.run()
    incoming.fail()
    assert incoming.names("failed") == {"odd.manifest.json"}


def test_a_link_is_not_followed(incoming: Incoming, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text("worker_id\n1\n")
    incoming.announce("workers.csv", outside.read_bytes(), 1)
    (incoming.folder / "workers.csv").unlink()
    (incoming.folder / "workers.csv").symlink_to(outside)
    with pytest.raises(Incomplete, match="is not there"):
        incoming.run()


def test_the_same_file_twice_is_put_away_unread(incoming: Incoming) -> None:
    rows = [worker("21001")]
    incoming.deliver(rows, 1)
    incoming.run()
    before = incoming.watermark
    incoming.deliver(rows, 1)
    assert incoming.run() == []
    assert incoming.names() == set()
    assert len(incoming.names("processed")) == 4
    assert incoming.watermark == before


def test_an_old_number_with_other_contents_is_a_replay(incoming: Incoming) -> None:
    incoming.deliver([worker("21001")], 5)
    incoming.run()
    incoming.deliver([worker("66666")], 4)
    [told] = incoming.run()
    assert "has been read before" in told.broken
    assert len(incoming.names("failed")) == 2


def test_delta_files_are_read_in_order(incoming: Incoming) -> None:
    incoming.deliver([worker("21001")], 1)
    incoming.run()
    incoming.deliver([worker("21003")], 3, full=False)
    incoming.deliver([worker("21002")], 2, full=False)
    assert [each.key for each in incoming.run(full=False)] == ["21002", "21003"]


def test_a_missing_delta_file_stops_those_behind_it(incoming: Incoming) -> None:
    incoming.deliver([worker("21001")], 1)
    incoming.run()
    incoming.deliver([worker("21003")], 3, full=False)
    with pytest.raises(Incomplete, match="number 2 is missing"):
        incoming.run(full=False)
    incoming.fail(full=False)
    assert len(incoming.names()) == 2
    # A full file tells everything, so the gap does not matter any more.
    incoming.deliver([worker("21001"), worker("21003")], 4)
    assert [each.key for each in incoming.run()] == ["21001", "21003"]
    assert incoming.names() == set()


def test_the_contents_of_an_earlier_day_under_the_next_number_are_told_anew(incoming: Incoming) -> None:
    incoming.deliver([worker("21001")], 1)
    incoming.run()
    # Nobody changed on two days; Ann moves to another unit, and back.
    for number, rows in enumerate(
        ([], [], [worker("21001", org_code="ER")], [worker("21001")], [worker("21001", org_code="ER")]), 2
    ):
        incoming.deliver(rows, number, full=False)
        found = incoming.run(full=False)
        assert [each.raw["org_code"] for each in found] == [each["org_code"] for each in rows]
    assert incoming.names() == set()


def test_a_full_file_is_left_to_a_full_run(incoming: Incoming) -> None:
    incoming.deliver([worker("21001")], 1)
    assert incoming.run(full=False) == []
    assert len(incoming.names()) == 2


def test_only_a_full_file_says_who_has_left(incoming: Incoming) -> None:
    def absence(*, full: bool) -> bool:
        [*_, last] = files.ADAPTER.read(incoming.reading(full=full))
        return bool(last.checkpoint["absence"])

    assert absence(full=True) is False  # nothing is there
    incoming.deliver([worker("21001")], 1, full=False)
    assert absence(full=False) is False
    assert absence(full=True) is False  # a delta file is not everybody
    incoming.deliver([worker("21001")], 2)
    assert absence(full=True) is True


def test_files_of_units_are_read_before_the_workers(incoming: Incoming) -> None:
    incoming.deliver(
        [{"unit_id": "ICU", "name": "Intensive care"}], 1, kind="unit", header=["unit_id", "name"]
    )
    incoming.deliver([worker("21001")], 2)
    assert [(each.kind, each.key) for each in incoming.run()] == [("unit", "ICU"), ("worker", "21001")]


def test_a_run_goes_on_behind_its_checkpoint(incoming: Incoming) -> None:
    incoming.deliver([worker(f"{number:05}") for number in range(2_500)], 1)
    pages = files.ADAPTER.read(incoming.reading())
    first = next(pages)
    assert (len(first.records), first.total) == (1_000, 2_500)
    rest = list(files.ADAPTER.read(incoming.reading(checkpoint=first.checkpoint)))
    keys = [each.key for page in (first, *rest) for each in page.records]
    assert keys == [f"{number:05}" for number in range(2_500)]


def test_a_run_does_not_go_on_with_another_file(incoming: Incoming) -> None:
    incoming.deliver([worker(f"{number:05}") for number in range(1_500)], 1)
    first = next(files.ADAPTER.read(incoming.reading()))
    incoming.deliver([worker("00001")], 1)
    with pytest.raises(Incomplete, match="another one"):
        list(files.ADAPTER.read(incoming.reading(checkpoint=first.checkpoint)))


def test_a_key_that_repeats_goes_to_the_exceptions_even_behind_a_checkpoint(incoming: Incoming) -> None:
    rows = [worker(f"{number:05}") for number in range(1_200)]
    incoming.deliver([*rows, worker("00007", last_name="Other")], 1)
    first = next(files.ADAPTER.read(incoming.reading()))
    rest = [
        each
        for page in files.ADAPTER.read(incoming.reading(checkpoint=first.checkpoint))
        for each in page.records
    ]
    assert [each.key for each in rest if each.broken] == ["00007"]
    assert rest[-1].broken == "Record 1201 repeats the key 00007 of record 8."


def test_rows_of_one_worker_can_be_one_record(incoming: Incoming) -> None:
    incoming.settings = {"several_rows": "group"}
    incoming.deliver(
        [
            worker("21001", effective_from="2020-08-29"),
            worker("21001", effective_from="2022-01-01"),
            worker("21002"),
            worker("21001", effective_from="2024-01-01"),
        ],
        1,
    )
    first, second, third = incoming.run()
    assert [row["effective_from"] for row in first.raw["rows"]] == ["2020-08-29", "2022-01-01"]
    assert second.broken == ""
    assert "repeats the key 21001" in third.broken


def test_a_damaged_row_does_not_stop_the_file(incoming: Incoming) -> None:
    content = b"worker_id,last_name\n21001,Lee\n21002\n,Nameless\n21003,M\xfcller\n21004,\xc3\x85s\xc3\xa9n\n"
    incoming.announce("workers.csv", content, 5)
    records = incoming.run()
    assert [(each.key, bool(each.broken)) for each in records] == [
        ("21001", False),
        ("21002", True),
        ("", True),
        ("21003", True),
        ("21004", False),
    ]
    assert records[-1].raw["last_name"] == "Åsén"


def test_delta_rows_may_say_that_a_worker_left(incoming: Incoming) -> None:
    header = ["worker_id", "action", "term_date", "term_reason"]
    incoming.deliver(
        [
            {"worker_id": "21001", "action": "Ended", "term_date": "2026-01-18", "term_reason": "Resigned"},
            {"worker_id": "21002", "action": "rescinded"},
        ],
        1,
        full=False,
        header=header,
    )
    ended, rescinded = incoming.run(full=False)
    compiled = mapping.compile(files.ADAPTER.default_mapping)
    assert compiled.apply(ended.kind, ended.raw) == [
        Ended(key="21001", at=date(2026, 1, 18), reason="Resigned")
    ]
    assert rescinded.kind == "rescinded"


def test_the_default_mapping_understands_the_suggested_header(incoming: Incoming) -> None:
    incoming.deliver(
        [
            worker(
                "00021001",
                status="T",
                term_date="2026-01-31",
                rehire="Y",
                worker_type="Contingent",
                reg_class="GxP;HIPAA",
                manager_id="00000007",
                job_family="Nursing",
                effective_from="2025-03-01",
            )
        ],
        1,
    )
    [record] = incoming.run()
    unit, job, told = mapping.compile(files.ADAPTER.default_mapping).apply(record.kind, record.raw)
    assert (unit.key, unit.parent) == ("ICU", "OPS")  # type: ignore[union-attr]  # the mapping's order
    assert isinstance(told, Worker)
    assert (job.key, told.relationships[0].assignments[0].location) == ("RN2", "OSLO")
    assert told.key == "00021001"
    assert told.names[0].formatted == "Ann Lee"
    [engaged] = told.relationships
    assert (engaged.worker_type, engaged.hire_kind) == ("contractor", "rehire")
    assert engaged.end_date == date(2026, 1, 31)
    [assigned] = engaged.assignments
    assert (assigned.status, assigned.manager) == ("terminated", "00000007")
    assert assigned.regulatory_classes == ("GxP", "HIPAA")
    assert assigned.valid_from == date(2025, 3, 1)


def test_trying_a_connection_reads_the_next_file_and_moves_nothing(incoming: Incoming) -> None:
    incoming.deliver([worker("21001")], 1)
    (incoming.folder / "loose.csv").write_text("x")
    findings = files.ADAPTER.test(incoming.reading())
    assert all(each.ok for each in findings), findings
    assert "1 have no manifest" in findings[2].detail
    assert "worker_id" in findings[-1].detail
    assert len(incoming.names()) == 3


def test_trying_a_connection_to_nowhere_says_so(tmp_path: Path) -> None:
    [finding] = files.ADAPTER.test(Incoming(tmp_path / "missing").reading())
    assert not finding.ok


def test_numbers_can_be_ignored(incoming: Incoming) -> None:
    incoming.settings = {"sequence": "ignored"}
    incoming.announce("a.csv", b"worker_id\n1\n", 1, sequence=None)
    assert [each.key for each in incoming.run()] == ["1"]
    incoming.announce("a.csv", b"worker_id\n1\n", 1, sequence=None)
    assert incoming.run() == []
    assert incoming.watermark["sequence"] is None
