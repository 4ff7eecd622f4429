"""`export_statements`: files of a bounded size, a manifest, and going on where it stopped."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from connectors.export import files
from tests.connectors.api.client import hired, settled
from tests.connectors.learning import learned
from tests.connectors.people import ann, told
from tests.fixtures import Hub, Xapi

MAIL = {"mbox": "mailto:ann.21001@example.com"}


def _learned(hub: Hub, count: int = 5) -> tuple[Xapi, Any, list[str]]:
    moodle, workday, _ = hired(hub)
    told(workday, ann())
    ids = [learned(moodle, MAIL, f"2026-02-{each:02}") for each in range(1, count + 1)]
    settled()
    return moodle, workday, ids


def _export(caller: Xapi, folder: Path, *more: str) -> list[dict[str, Any]]:
    store = apps.get_model("lrs", "Store").objects.get(pk=caller.store_id)
    out = StringIO()
    call_command("export_statements", "--store", store.name, "--output", str(folder), *more, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def _ids(folder: Path) -> list[str]:
    return [
        json.loads(line)["statement"]["id"]
        for entry in _manifest(folder)["files"]
        for line in (folder / entry["name"]).read_bytes().splitlines()
    ]


def test_files_are_bounded_and_the_manifest_tells_what_is_in_them(hub: Hub, tmp_path: Path) -> None:
    moodle, _, ids = _learned(hub)
    folder = tmp_path / "export"
    entries = _export(moodle, folder, "--statements-a-file", "2")
    assert [each["statements"] for each in entries] == [2, 2, 1]
    manifest = _manifest(folder)
    assert manifest["files"] == entries
    assert manifest["position"] == entries[-1]["last"]
    for entry in entries:
        content = (folder / entry["name"]).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"])
    assert _ids(folder) == ids
    assert [each["after"] for each in entries] == ["0.0", entries[0]["last"], entries[1]["last"]]


def test_the_next_run_writes_what_is_new_or_changed_and_nothing_twice(hub: Hub, tmp_path: Path) -> None:
    moodle, workday, ids = _learned(hub)
    _export(moodle, tmp_path)
    assert _export(moodle, tmp_path) == []
    new = learned(moodle, MAIL, "2026-01-20")
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 5)), at="2026-03-01")
    settled()
    [entry] = _export(moodle, tmp_path)
    assert entry["name"] == "statements-000002.ndjson"
    assert sorted(_ids(tmp_path)[5:]) == sorted([new, ids[4]])


def test_a_file_that_failed_before_it_was_named_is_written_again(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moodle, _, ids = _learned(hub)
    with monkeypatch.context() as patched:

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        patched.setattr(files, "_rename", full)
        with pytest.raises(CommandError, match="No space left on device"):
            _export(moodle, tmp_path)
    assert [each.suffix for each in tmp_path.glob("statements*")] == [".part"]
    _export(moodle, tmp_path)
    assert _ids(tmp_path) == ids
    assert not list(tmp_path.glob("*.part"))


def test_a_file_that_was_named_and_not_noted_is_written_again_under_its_name(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moodle, _, ids = _learned(hub)
    with monkeypatch.context() as patched:

        def killed(*_: Any) -> None:
            raise KeyboardInterrupt

        patched.setattr(files, "_replace", killed)
        with pytest.raises(KeyboardInterrupt):
            _export(moodle, tmp_path)
    assert (tmp_path / "statements-000001.ndjson").exists()
    new = learned(moodle, MAIL, "2026-02-20")
    settled()
    [entry] = _export(moodle, tmp_path)
    assert entry["name"] == "statements-000001.ndjson"
    assert _ids(tmp_path) == [*ids, new]


def test_an_export_may_begin_at_a_position_once(hub: Hub, tmp_path: Path) -> None:
    moodle, _, ids = _learned(hub)
    first = _export(moodle, tmp_path / "a", "--statements-a-file", "2")[0]["last"]
    _export(moodle, tmp_path / "b", "--since-position", first)
    assert _ids(tmp_path / "b") == ids[2:]
    with pytest.raises(CommandError, match="it goes on there"):
        _export(moodle, tmp_path / "b", "--since-position", first)


def test_a_folder_is_of_one_store_and_one_format(hub: Hub, tmp_path: Path) -> None:
    moodle, _, _ = _learned(hub)
    _export(moodle, tmp_path)
    with pytest.raises(CommandError, match="whose format is 'ndjson'"):
        _export(moodle, tmp_path, "--format", "csv")
    other = hub.caller("Moodle", store="Factory")
    with pytest.raises(CommandError, match="whose store_id is"):
        _export(other, tmp_path)


def test_two_runs_never_write_into_one_folder(hub: Hub, tmp_path: Path) -> None:
    moodle, _, _ = _learned(hub)
    with files._alone(tmp_path), pytest.raises(CommandError, match="Another export"):
        _export(moodle, tmp_path)


def test_parquet_files_are_whole(hub: Hub, tmp_path: Path) -> None:
    moodle, _, ids = _learned(hub)
    entries = _export(moodle, tmp_path, "--format", "parquet", "--statements-a-file", "3")
    tables = [pq.read_table(tmp_path / each["name"]) for each in entries]
    assert [each.num_rows for each in tables] == [3, 2]
    assert [found for each in tables for found in each.column("statement_id").to_pylist()] == ids


def test_a_store_nobody_knows_is_told(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no store"):
        call_command("export_statements", "--store", "Nowhere", "--output", str(tmp_path))


def test_copies_with_the_context_inside_are_lines_of_json(hub: Hub, tmp_path: Path) -> None:
    moodle, _, _ = _learned(hub, count=1)
    [entry] = _export(moodle, tmp_path, "--extension")
    [line] = (tmp_path / entry["name"]).read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["extended"]["context"]["extensions"]
    with pytest.raises(CommandError, match="whose extension is True"):
        _export(moodle, tmp_path)
    with pytest.raises(CommandError, match="goes with"):
        _export(moodle, tmp_path / "csv", "--format", "csv", "--extension")
