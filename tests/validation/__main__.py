"""`python -m tests.validation [JUNIT.xml …]`: write docs/validation/ from the tests and how they ended.

In: the tables, the test files, reports of a run where there are any. Out: a page for each table, with the
tests and pages behind each row. `--check` writes nothing and fails where a page is not as it would be written
without results. Exit code 1 where a test behind a row failed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hub.validation.annex import TABLES
from hub.validation.evidence import ROOT, behind, every_test, results
from hub.validation.operation import summed
from hub.validation.tables import Row, Table

FOLDER = ROOT / "docs" / "validation"


def page(table: Table, known: Sequence[str], ended: Mapping[str, str]) -> str:
    """Return a page: the table, then the tests and pages behind each row."""
    lines = [f"# {table.title}", "", "Written by `python -m tests.validation`; do not edit.", ""]
    lines += [f"| {table.what} | Demand | Risk | Tests | Result |", "|---|---|---|---|---|"]
    details = []
    for row in table.rows:
        found = behind(row, known)
        lines.append(
            f"| {row.id} | {row.demand} | {row.risk} | {len(found) or '**none**'} | {summed(found, ended)} |"
        )
        if found or row.pages:
            details += ["", f"## {row.id}", ""]
            details += [f"- [{_title(each)}]({_link(each)})" for each in row.pages]
            details += [f"- `{each}`" + (f": {ended[each]}" if each in ended else "") for each in found]
    return "\n".join([*lines, *details, ""])


def _title(path: str) -> str:
    first = (ROOT / "docs" / path).read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("# ")


def _link(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return name if folder == FOLDER.name else f"../{path}"


def failed(rows: Sequence[Row], known: Sequence[str], ended: Mapping[str, str]) -> list[str]:
    """Return the tests behind rows that failed."""
    return [each for row in rows for each in behind(row, known) if ended.get(each) == "failed"]


def main(arguments: Sequence[str]) -> int:
    """Write the pages."""
    known = every_test()
    check = "--check" in arguments
    ended = results(Path(each) for each in arguments if each != "--check")
    wrong: list[str] = []
    for table in TABLES:
        path, text = FOLDER / table.page, page(table, known, ended)
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(table.page)
        wrong += failed(table.rows, known, ended)
    for each in dict.fromkeys(wrong):
        sys.stdout.write(f"{each}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
