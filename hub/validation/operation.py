"""OQ: each row of the tables against a test run: requirement → risk → tests → result.

In: JUnit reports. Out: a step for each row. A row has passed where every test behind it ran and passed: a
test that failed, was skipped or did not run proves nothing. A row without a test is said not to be proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hub.validation.annex import TABLES
from hub.validation.evidence import behind, every_test, named, results, when_run
from hub.validation.steps import Part, Result, Step
from hub.validation.tables import Row, Table

NOT_RUN = "not run"
NOT_PROVEN = "not proven by a test"


def qualified(reports: Sequence[Path], *, tables: Iterable[Table] = TABLES) -> Part:
    """Hold a test run against every table."""
    ended = results(reports)
    known = sorted({*every_test(), *ended})
    steps = [_run(reports, ended)]
    for table in tables:
        steps += [_row(table, row, known, ended) for row in table.rows]
    return Part("OQ", "Operational qualification", tuple(steps))


def summed(found: Sequence[str], ended: Mapping[str, str]) -> str:
    """Return how the tests behind a row ended, in words."""
    if not found:
        return NOT_PROVEN
    said = [ended.get(each, NOT_RUN) for each in found]
    return ", ".join(f"{said.count(each)} {each}" for each in dict.fromkeys(sorted(said)))


def _run(reports: Sequence[Path], ended: Mapping[str, str]) -> Step:
    failed = sorted(name for name, result in ended.items() if result == "failed")
    seen = f"{summed(list(ended), ended) if ended else 'no test'}"
    began = ", ".join(filter(None, map(when_run, reports)))
    seen += f"; begun {began}" if began else ""
    seen += f"; failed: {', '.join(failed[:20])}" if failed else ""
    return Step(
        id="OQ-01",
        title="The test run",
        expected="tests ran, and none failed",
        seen=seen,
        result=Result.FAILED if failed or not ended else Result.PASSED,
    )


def _row(table: Table, row: Row, known: Sequence[str], ended: Mapping[str, str]) -> Step:
    found = behind(row, known)
    absent = [each for each in row.tests if not any(named(each, test) for test in found)]
    seen = summed(found, ended)
    if absent:
        seen += f"; nothing ran of {', '.join(absent)}"
    if not found and not row.tests:
        result = Result.NOT_APPLICABLE
    elif absent or any(ended.get(each) != "passed" for each in found):
        result = Result.FAILED
    else:
        result = Result.PASSED
    return Step(
        id=f"OQ {table.short} {row.id}",
        title=row.demand,
        expected="every test behind it passed" if row.tests or found else "the organization's own evidence",
        seen=seen,
        result=result,
        risk=row.risk,
        tests=tuple(f"{each}: {ended.get(each, NOT_RUN)}" for each in found),
        pages=row.pages,
    )
