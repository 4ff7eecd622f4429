"""Every row of the tables leads to tests that are there, and says so where it leads to none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.validation.__main__ import main, page
from tests.validation.evidence import behind, every_test, results
from tests.validation.tables import NIST, PART_11, Row

_JUNIT = """<testsuites><testsuite>
<testcase classname="tests.a.test_b" name="test_11_70_one[x]"/>
<testcase classname="tests.a.test_b" name="test_11_70_one[y]"><failure/></testcase>
<testcase classname="tests.a.test_b" name="test_other"><skipped/></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize("row", [*PART_11, *NIST], ids=lambda row: row.id)
def test_every_test_a_row_names_is_there(row: Row) -> None:
    known = every_test()
    for each in row.tests:
        assert behind(Row("", "", "low", (each,)), known), f"{row.id} names {each}, which is not there"


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
    said = page("T", "Clause", [Row("11.70", "d", "high"), Row("11.30", "d", "low")], list(ended), ended)
    assert "| 11.70 | d | high | 1 | 1 failed |" in said
    assert "| 11.30 | d | low | **none** | not proven by a test |" in said


def test_the_pages_are_as_the_tests_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, f"run `python -m tests.validation`: {capsys.readouterr().out}"
