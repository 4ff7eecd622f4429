"""Every row of the tables leads to tests that are there, and says so where it leads to none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.validation.annex import TABLES
from hub.validation.evidence import ROOT, behind, every_test, results
from hub.validation.operation import qualified
from hub.validation.steps import Result
from hub.validation.tables import Row, Table
from tests.validation.__main__ import main, page

_JUNIT = """<testsuites><testsuite>
<testcase classname="tests.a.test_b" name="test_11_70_one[x]"/>
<testcase classname="tests.a.test_b" name="test_11_70_one[y]"><failure/></testcase>
<testcase classname="tests.a.test_b" name="test_other"><skipped/></testcase>
</testsuite></testsuites>"""


_ROWS = [(table, row) for table in TABLES for row in table.rows]


@pytest.mark.parametrize(("table", "row"), _ROWS, ids=[f"{table.short} {row.id}" for table, row in _ROWS])
def test_every_test_and_page_a_row_names_is_there(table: Table, row: Row) -> None:
    known = every_test()
    for each in row.tests:
        assert behind(Row("", "", "low", (each,)), known), f"{row.id} names {each}, which is not there"
    for each in row.pages:
        assert (ROOT / "docs" / each).exists(), f"{row.id} names {each}, which is not there"
    assert row.risk in {"high", "medium", "low"}


def test_a_clause_in_a_tests_name_is_the_clause_it_proves() -> None:
    known = ["tests/a/test_b.py::test_11_10_g_nobody", "tests/a/test_b.py::test_11_70_a_copy_is_invalid"]
    assert behind(Row("11.10(g)", "", "high"), known) == known[:1]
    assert behind(Row("11.10(h)", "", "high"), known) == []
    assert behind(Row("11.70", "", "high"), known) == known[1:]


def test_one_failure_makes_a_test_a_failed_one(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(_JUNIT)
    ended = results([report])
    assert ended == {
        "tests/a/test_b.py::test_11_70_one": "failed",
        "tests/a/test_b.py::test_other": "skipped",
    }
    rows = (Row("11.70", "d", "high"), Row("11.30", "d", "low"))
    said = page(Table("T", "T", "Clause", "t.md", rows), list(ended), ended)
    assert "| 11.70 | d | high | 1 | 1 failed |" in said
    assert "| 11.30 | d | low | **none** | not proven by a test |" in said


def test_the_pages_are_as_the_tests_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, f"run `python -m tests.validation`: {capsys.readouterr().out}"


def _run(folder: Path, *results: str) -> Path:
    """Write the report of a run in which Ann's test ended like this, for each of its cases."""
    inside = {"passed": "", "failed": "<failure/>", "skipped": "<skipped/>", "broken": "<error/>"}
    cases = "".join(
        f'<testcase classname="tests.ann.test_ann" name="test_she_passes[{number}]">{inside[each]}</testcase>'
        for number, each in enumerate(results)
    )
    report = folder / "junit.xml"
    report.write_text(
        f'<testsuites><testsuite timestamp="2026-11-26T10:00:00">{cases}</testsuite></testsuites>'
    )
    return report


@pytest.mark.parametrize(
    ("results_of_ann", "expected"),
    [
        (["passed", "passed"], Result.PASSED),
        (["passed", "failed"], Result.FAILED),
        (["passed", "broken"], Result.FAILED),
        (["passed", "skipped"], Result.FAILED),
        ([], Result.FAILED),
    ],
)
def test_a_row_has_passed_where_every_test_behind_it_did(
    tmp_path: Path, results_of_ann: list[str], expected: Result
) -> None:
    table = Table("T", "T", "Clause", "t.md", (Row("1", "She passes.", "high", ("tests/ann/test_ann.py",)),))
    part = qualified([_run(tmp_path, *results_of_ann)], tables=[table])
    assert part.steps[-1].id == "OQ T 1"
    assert part.steps[-1].result == expected
    assert part.steps[-1].risk == "high"


def test_one_of_two_tests_that_did_not_run_fails_the_row(tmp_path: Path) -> None:
    row = Row("1", "Both pass.", "high", ("tests/ann/test_ann.py", "tests/bob/test_bob.py"))
    table = Table("T", "T", "Clause", "t.md", (row, Row("2", "Nobody tests this.", "low")))
    part = qualified([_run(tmp_path, "passed")], tables=[table])
    assert [each.result for each in part.steps[1:]] == [Result.FAILED, Result.NOT_APPLICABLE]
    assert "nothing ran of tests/bob/test_bob.py" in part.steps[1].seen
    assert part.steps[2].seen == "not proven by a test"
