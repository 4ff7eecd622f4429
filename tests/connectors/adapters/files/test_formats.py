"""What senders write: encodings, delimiters, line breaks, JSON, XML, archives, and what is meant to hurt."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.adapters import files
from connectors.adapters.files import csv_rows, json_records, text, xml_records
from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.repeats import Repeats
from connectors.errors import Incomplete
from tests.connectors.adapters.files.incoming import Incoming

NAMES = "worker_id{0}last_name\n00021001{0}Müller\n21002{0}Żółć\n"


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1250"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found_out(incoming: Incoming, encoding: str, delimiter: str) -> None:
    if encoding == "cp1250":
        incoming.settings = {"encoding": "cp1250"}
    incoming.announce("workers.csv", NAMES.format(delimiter).encode(encoding), 2)
    assert [each.raw["last_name"] for each in incoming.run()] == ["Müller", "Żółć"]


def test_windows_letters_are_told_from_utf8(incoming: Incoming) -> None:
    incoming.announce("workers.csv", "worker_id,last_name\n1,Müller\n2,Søndergård\n".encode("cp1252"), 2)
    assert [each.raw["last_name"] for each in incoming.run()] == ["Müller", "Søndergård"]


def test_leading_zeros_and_formulas_stay_text(incoming: Incoming) -> None:
    incoming.announce("workers.csv", b'worker_id,title\n0007,"=1+1"\n', 1)
    [record] = incoming.run()
    assert record.raw == {"worker_id": "0007", "title": "=1+1"}


def test_a_quoted_line_break_stays_in_its_field(incoming: Incoming) -> None:
    incoming.announce("workers.csv", b'worker_id,note\r\n1,"two\r\nlines, ""quoted"""\r\n2,x\r\n', 2)
    assert [each.raw["note"] for each in incoming.run()] == ['two\r\nlines, "quoted"', "x"]


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=["\ufffd"]), max_size=30)


@given(rows=st.lists(st.lists(_TEXT, min_size=3, max_size=3), min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_whatever_csv_is_written_reads_back_equal(rows: list[list[str]]) -> None:
    for delimiter in ",;\t|":
        written = io.StringIO(newline="")
        writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["a", "b", "c"])
        writer.writerows(rows)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "written.csv"
            path.write_bytes(written.getvalue().encode())
            with text.opened(path, "utf-8") as source:
                found = list(csv_rows.rows(source, ""))
        assert [list(values.values()) for _, values, _ in found] == rows
        assert not any(broken for _, _, broken in found)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"worker_id,worker_id\n1,2\n",
        b'worker_id,note\n1,"never closed\n2,x\n',
    ],
)
def test_csv_that_is_damaged_as_a_whole_goes_to_failed(incoming: Incoming, content: bytes) -> None:
    incoming.announce("workers.csv", content, 1)
    with pytest.raises(Damaged):
        incoming.run()
    incoming.fail()
    assert len(incoming.names("failed")) == 2


def test_a_lost_quotation_mark_does_not_swallow_the_file(tmp_path: Path) -> None:
    path = tmp_path / "lost.csv"
    path.write_text('worker_id,note\n1,"lost\n' + "2,x\n" * 700_000)
    with text.opened(path, "utf-8") as source, pytest.raises(Damaged, match="quotation mark"):
        list(csv_rows.rows(source, ","))


def test_json_is_read_from_where_the_list_is(incoming: Incoming) -> None:
    incoming.settings = {"format": "json", "records_at": "answer.workers"}
    content = b'{"count": 2, "answer": {"other": [[1]], "workers": [{"worker_id": "1"}, {"worker_id": 22}]}}'
    incoming.announce("workers.json", content, 2)
    assert [each.key for each in incoming.run()] == ["1", "22"]


@pytest.mark.parametrize("ending", ["json", "ndjson"])
def test_json_with_a_damaged_record_keeps_the_others(incoming: Incoming, ending: str) -> None:
    incoming.settings = {"format": ending}
    records = ['{"worker_id": "1"}', '"not an object"', '{"worker_id": "3", "name": {"given": "Ann"}}']
    content = f"[{', '.join(records)}]" if ending == "json" else "\n".join(records)
    incoming.announce(f"workers.{ending}", content.encode(), 3)
    assert [(each.key, bool(each.broken)) for each in incoming.run()] == [
        ("1", False),
        ("", True),
        ("3", False),
    ]


@given(
    values=st.lists(
        st.dictionaries(
            _TEXT,
            st.recursive(st.none() | st.booleans() | st.integers() | _TEXT, st.lists, max_leaves=6),
            max_size=4,
        ),
        max_size=6,
    ),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 2]),
)
@settings(max_examples=100, deadline=None)
def test_whatever_json_is_written_reads_back_equal(
    values: list[dict[str, object]], ascii_only: bool, indent: int | None
) -> None:

    written = json.dumps({"before": 1, "list": values, "behind": [2]}, ensure_ascii=ascii_only, indent=indent)
    for size in (1, 7, 65_536):
        found = list(json_records.records(_Slowly(written, size), "list"))
        assert [each for _, each, _ in found] == values


class _Slowly(io.StringIO):
    """A text that comes in small pieces."""

    def __init__(self, content: str, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1, /) -> str:
        return super().read(self._size)


@pytest.mark.parametrize(
    "content",
    [
        '[{"worker_id": "1"}',
        '[{"worker_id": "1"},]',
        '[{"worker_id": "1"}] trailing',
        '{"worker_id": "1"}',
        '[{"worker_id": NaN}]',
        "[" * 100_000,
        '[{"a":' * 50_000,
    ],
)
def test_json_that_is_truncated_or_hostile_is_refused(content: str) -> None:
    with pytest.raises(Damaged):
        list(json_records.records(io.StringIO(content), ""))


def test_xml_records_become_objects_without_namespaces(incoming: Incoming) -> None:
    incoming.settings = {"format": "xml", "records_at": "Report_Entry"}
    content = b"""<?xml version="1.0" encoding="utf-16"?>
      <wd:Report_Data xmlns:wd="urn:any"><wd:Head><wd:x>1</wd:x></wd:Head>
      <wd:Report_Entry><wd:worker_id>007</wd:worker_id><wd:Org wd:type="unit">ICU</wd:Org>
        <wd:Mail>a@x.test</wd:Mail><wd:Mail>b@x.test</wd:Mail><wd:Empty/></wd:Report_Entry>
      <wd:Report_Entry><wd:worker_id>008</wd:worker_id></wd:Report_Entry></wd:Report_Data>"""
    incoming.announce("workers.xml", content.decode().encode("utf-16"), 2)
    first, second = incoming.run()
    assert first.raw == {
        "worker_id": "007",
        "Org": {"@type": "unit", "#text": "ICU"},
        "Mail": ["a@x.test", "b@x.test"],
        "Empty": "",
    }
    assert second.key == "008"


_BOMB = "<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>" for i in range(9)
)


@pytest.mark.parametrize(
    "content",
    [
        f"<!DOCTYPE r [{_BOMB}]><r><w><worker_id>&j;</worker_id></w></r>",
        f"<!DOCTYPE r [{_BOMB}]><r a='&j;'><w/></r>",
        "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><r><w><worker_id>&x;</worker_id></w></r>",
        "<!DOCTYPE r [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x.dtd'> %x;]><r><w/></r>",
        "<!DOCTYPE r SYSTEM 'http://127.0.0.1:9/x.dtd'><r><w/></r>",
        "<r><w><worker_id>&undefined;</worker_id></w></r>",
        "<r><w><worker_id>1</worker_id></w>",
        "<a>" * 5_000,
        "not xml at all",
        "",
    ],
)
def test_xml_that_is_truncated_or_hostile_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "hostile.xml"
    path.write_text(content)
    with pytest.raises(Damaged):
        list(xml_records.records(path, xml_records.Shape()))


def test_packed_files_are_unpacked(incoming: Incoming) -> None:
    content = NAMES.format(",").encode()
    incoming.announce("workers.csv.gz", gzip.compress(content), 2, 1)
    assert len(incoming.run()) == 2
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("workers.csv", content)
    incoming.announce("workers.zip", packed.getvalue(), 2, 2)
    assert len(incoming.run()) == 2


def _archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (gzip.compress(bytes(40_000_000)), "bomb"),
        (_archive(a=bytes(40_000_000)), "bomb"),
        (_archive(a=b"worker_id\n1\n", b=b"x"), "holds 2 files"),
        (_archive(a=_archive(b=b"worker_id\n1\n")), "within an archive"),
        (gzip.compress(b"worker_id\n1\n" * 1000)[:-20], "cannot be unpacked"),
        (b"PK\x03\x04 not really", "cannot be unpacked"),
    ],
    ids=["gzip bomb", "zip bomb", "two files", "nested", "truncated", "not an archive"],
)
def test_archives_that_hurt_are_refused(incoming: Incoming, content: bytes, why: str) -> None:
    incoming.announce("workers.zip", content, 1)
    with pytest.raises(Damaged, match=why):
        incoming.run()
    incoming.fail()
    assert len(incoming.names("failed")) == 2


def test_a_file_beyond_the_limit_is_not_read(incoming: Incoming) -> None:
    incoming.settings = {"most_bytes": 1024}
    incoming.announce("workers.csv", b"worker_id\n" + b"1\n" * 1000, 1000)
    with pytest.raises(Incomplete, match="larger than 1,024 bytes"):
        incoming.run()


def test_repeats_are_exact_though_marks_collide() -> None:
    repeats = Repeats()
    keys = [f"{number:06}" for number in range(50_000)]
    for key in [*keys, "000123", "049999"]:
        repeats.note(key)
    repeats.settle()
    again = [key for number, key in enumerate([*keys, "000123", "049999"], 1) if repeats.earlier(key, number)]
    assert again == ["000123", "049999"]


@pytest.mark.parametrize("kind", ["csv", "json", "xml"])
def test_memory_does_not_grow_with_the_file(incoming: Incoming, kind: str) -> None:
    number = 100_000 if kind == "csv" else 10_000
    incoming.settings = {"format": kind}
    path = incoming.folder / "large"
    with path.open("w") as target:
        target.writelines(_large(kind, number))
    incoming.announce(f"workers.{kind}", path.read_bytes(), number)
    size = path.stat().st_size
    path.unlink()
    tracemalloc.start()
    try:
        counted = sum(len(page.records) for page in files.ADAPTER.read(incoming.reading()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert counted == number
    # The marks of repeated keys take 16 MiB whatever the file's size; a page of records the rest.
    assert peak < 24 * 1024 * 1024
    assert size > 2 * 1024 * 1024


def _large(kind: str, number: int) -> Iterator[str]:
    values = {"last_name": "Lee", "note": "x" * (60 if kind == "csv" else 250), "org_code": "ICU"}
    begin, end = {
        "csv": ("worker_id,last_name,note,org_code\n", ""),
        "json": ("[", "{}]"),
        "xml": ("<r>", "</r>"),
    }[kind]
    yield begin
    for each in range(number):
        if kind == "csv":
            yield f"{each:07},{','.join(values.values())}\n"
        elif kind == "json":
            inner = ",".join(f'"{name}":"{value}"' for name, value in values.items())
            yield f'{{"worker_id":"{each:07}",{inner}}}' + ("," if each < number - 1 else "")
        else:
            inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
            yield f"<w><worker_id>{each:07}</worker_id>{inner}</w>"
    yield end.replace("{}", "")
