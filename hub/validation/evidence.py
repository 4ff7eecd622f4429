"""The tests there are, and how they ended.

In: the test files, where they are at hand, and JUnit reports of a run (`pytest --junitxml`). Out: tests by
`file::function`, and for each the worst of its results. Reading the files runs nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import defusedxml.ElementTree

from hub.validation.tables import Row

ROOT = Path(__file__).resolve().parents[2]
#: Worst first.
_ORDER = ("failed", "skipped", "passed")
_CLAUSE = re.compile(r"test_(11)_(\d+)(?:_([a-k])(?=_))?")


@cache
def every_test() -> tuple[str, ...]:
    """Return every test of the suite as `file::function`; none where the program came without its tests."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(ROOT).as_posix()
        found += [
            f"{name}::{each.name}"
            for each in ast.walk(tree)
            if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
        ]
    return tuple(found)


def results(reports: Iterable[Path]) -> dict[str, str]:
    """Return the worst result of each test in JUnit reports: passed, skipped or failed."""
    found: dict[str, str] = {}
    for report in reports:
        for case in _parsed(report).iter("testcase"):
            name = case.get("classname", "").replace(".", "/") + ".py::"
            name += case.get("name", "").partition("[")[0]
            failed = case.find("failure") is not None or case.find("error") is not None
            result = "failed" if failed else "skipped" if case.find("skipped") is not None else "passed"
            found[name] = min(result, found.get(name, result), key=_ORDER.index)
    return found


def when_run(report: Path) -> str:
    """Return when a JUnit report says that its run began; empty where it does not."""
    return next((each.get("timestamp", "") for each in _parsed(report).iter("testsuite")), "")


def _parsed(report: Path) -> ET.Element:
    # A report of one's own test run; entities are refused all the same.
    found = defusedxml.ElementTree.parse(report).getroot()
    if found is None:
        raise ValueError(f"{report} is empty.")
    return found


def behind(row: Row, known: Iterable[str]) -> list[str]:
    """Return the tests behind a row, in their order."""
    return [each for each in known if any(named(name, each) for name in row.tests) or _by_clause(row, each)]


def named(pattern: str, test: str) -> bool:
    """Whether a row that names `pattern` means this test."""
    return fnmatchcase(test, pattern) or test.partition("::")[0] == pattern


def _by_clause(row: Row, test: str) -> bool:
    found = _CLAUSE.match(test.partition("::")[2])
    if found is None:
        return False
    section, letter = f"{found[1]}.{found[2]}", found[3]
    if row.id == section:
        return True
    # A test of 11.200 as a whole is one of its subsection (a), which has all that can be tested.
    return row.id == f"{section}({letter})" or (row.id == f"{section}(a)" and section == "11.200")
