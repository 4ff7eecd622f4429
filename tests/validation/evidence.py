"""The tests there are, and how they ended.

In: the test files, and JUnit reports of a run (`pytest --junitxml`). Out: tests by `file::function`, and for
each the worst of its results. Reading the files runs nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.validation.tables import Row

ROOT = Path(__file__).resolve().parents[2]
#: Worst first.
_ORDER = ("failed", "skipped", "passed")
_CLAUSE = re.compile(r"test_(11)_(\d+)(?:_([a-k])(?=_))?")


def every_test() -> list[str]:
    """Return every test of the suite as `file::function`."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(ROOT).as_posix()
        found += [
            f"{name}::{each.name}"
            for each in ast.walk(tree)
            if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
        ]
    return found


def results(reports: Iterable[Path]) -> dict[str, str]:
    """Return the worst result of each test in JUnit reports: passed, skipped or failed."""
    found: dict[str, str] = {}
    for report in reports:
        for case in ET.parse(report).getroot().iter("testcase"):
            name = case.get("classname", "").replace(".", "/") + ".py::"
            name += case.get("name", "").partition("[")[0]
            failed = case.find("failure") is not None or case.find("error") is not None
            result = "failed" if failed else "skipped" if case.find("skipped") is not None else "passed"
            found[name] = min(result, found.get(name, result), key=_ORDER.index)
    return found


def behind(row: Row, known: Iterable[str]) -> list[str]:
    """Return the tests behind a row, in their order."""
    return [each for each in known if _named(row, each) or _by_clause(row, each)]


def _named(row: Row, test: str) -> bool:
    file = test.partition("::")[0]
    return any(fnmatchcase(test, each) or file == each for each in row.tests)


def _by_clause(row: Row, test: str) -> bool:
    found = _CLAUSE.match(test.partition("::")[2])
    if found is None:
        return False
    section, letter = f"{found[1]}.{found[2]}", found[3]
    if row.id == section:
        return True
    # A test of 11.200 as a whole is one of its subsection (a), which has all that can be tested.
    return row.id == f"{section}({letter})" or (row.id == f"{section}(a)" and section == "11.200")
