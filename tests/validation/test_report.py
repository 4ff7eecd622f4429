"""A report is signed: whatever is changed of it afterwards is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compliance.proof import keys, note
from compliance.proof.note import Signer
from hub.validation import report, sealing
from hub.validation.steps import Part, Result, Step

KEY = Signer("hub.example/api/v1/log", bytes(range(32)))
KNOWN = [KEY.verifier]
FILES = ("report.json", "report.md", "report.note", "inputs/1-junit.xml")


def _step(number: int, seen: str, result: Result) -> Step:
    return Step(
        id=f"IQ-0{number}",
        title="Python",
        expected="3.11 or newer",
        seen=seen,
        result=result,
        risk="high",
        tests=("tests/a.py::test_b: passed",),
        pages=("validation/index.md",),
    )


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A report of three steps, made of one file."""
    steps = (
        _step(1, "CPython 3.13 | fine", Result.PASSED),
        _step(2, "Größe ≥ 0", Result.NOTED),
        _step(3, "3.9", Result.FAILED),
    )
    junit = tmp_path / "junit.xml"
    junit.write_text("<testsuites/>")
    made = report.content(
        [Part("IQ", "Installation qualification", steps)],
        {"made": "2026-11-26T10:00:00+00:00", "made by": "Inés Gómez"},
        ["A store."],
    )
    sealing.write(tmp_path / "report", made, [junit], [KEY])
    return tmp_path / "report"


def _changed(folder: Path, old: str, new: str, name: str = "report.json") -> list[str]:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return sealing.faults(folder, KNOWN)


def test_a_report_as_it_was_signed_has_no_faults(written: Path) -> None:
    assert sealing.faults(written, KNOWN) == sealing.faults(written / "report.note", KNOWN) == []
    assert sealing.result(written) == "failed"
    assert sorted(each.relative_to(written).as_posix() for each in written.rglob("*") if each.is_file()) == (
        sorted(FILES)
    )


def test_people_read_who_made_it_what_failed_and_where_to_sign(written: Path) -> None:
    text = (written / "report.md").read_text(encoding="utf-8")
    assert "Result: **failed**" in text
    assert "| made by | Inés Gómez |" in text
    assert "| IQ-01 | Python (risk: high) | 3.11 or newer | CPython 3.13 \\| fine | passed |" in text
    assert "| IQ-03 | Python (risk: high) | 3.11 or newer | 3.9 | **failed** |" in text
    assert "- `tests/a.py::test_b: passed`" in text
    assert "| Reviewed by | | | | |" in text
    assert json.loads((written / "report.json").read_text(encoding="utf-8"))["leaves"] == ["A store."]


@pytest.mark.parametrize("name", FILES)
def test_any_changed_byte_is_found_and_its_file_named(written: Path, name: str) -> None:
    whole = (written / name).read_bytes()
    for place in range(0, len(whole), 3 if name == "report.note" else 41):
        (written / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        found = sealing.faults(written, KNOWN)
        assert found, f"byte {place}"
        assert all(each.startswith(f"{name}: ") for each in found if "report.md" not in each)
    (written / name).write_bytes(whole)
    assert sealing.faults(written, KNOWN) == []


def test_a_step_that_was_changed_taken_away_or_added_is_named(written: Path) -> None:
    assert _changed(written, '"3.9"', '"3.12"') == ["report.json: step IQ-03 is not the one that was signed"]
    assert _changed(written, '"3.12"', '"3.9"') == []
    assert _changed(written, '"IQ-02"', '"IQ-07"') == [
        "report.json: step IQ-02 is missing",
        "report.json: step IQ-07 was added",
    ]
    assert _changed(written, '"IQ-07"', '"IQ-02"') == []
    assert _changed(written, "Inés", "Ines") == ["report.json: something beside the steps was changed"]


def test_the_line_people_would_read_otherwise_is_named(written: Path) -> None:
    lines = (written / "report.md").read_text(encoding="utf-8").split("\n")
    number = next(place for place, line in enumerate(lines, 1) if line.startswith("| IQ-03"))
    found = _changed(written, "3.9 | **failed**", "3.12 | passed", "report.md")
    assert found == [f"report.md: line {number} was changed"]


def test_a_file_that_is_missing_is_named_and_a_folder_without_a_note_is_no_report(written: Path) -> None:
    (written / "inputs" / "1-junit.xml").unlink()
    assert sealing.faults(written, KNOWN) == ["inputs/1-junit.xml: it is missing"]
    (written / "report.note").unlink()
    with pytest.raises(sealing.NoReport):
        sealing.faults(written, KNOWN)


def test_another_key_is_not_believed_and_a_checkpoint_is_no_report(written: Path) -> None:
    other = keys.new_signer(KEY.name)
    assert sealing.faults(written, [other.verifier]) == [
        "report.note: No key that is known signed this note."
    ]
    checkpoint = note.signed("hub.example/api/v1/log\n0\nAAAA\n", [KEY])
    (written / "report.note").write_text(checkpoint, encoding="utf-8")
    assert sealing.faults(written, KNOWN) == [
        "report.note: the key signed it, but it is no validation report"
    ]
