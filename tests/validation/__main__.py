"""`python -m tests.validation [JUNIT.xml …]`: write docs/validation/ from the tests and how they ended.

In: the tables, the test files, reports of a run where there are any. Out: a page for each table, with the
tests behind each row. `--check` writes nothing and fails where a page is not as it would be written without
results. Exit code 1 where a test behind a row failed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.validation.evidence import ROOT, behind, every_test, results
from tests.validation.tables import NIST, PART_11, Row

FOLDER = ROOT / "docs" / "validation"
PAGES: Mapping[str, tuple[str, str, Sequence[Row]]] = {
    "part-11.md": ("21 CFR Part 11, clause by clause", "Clause", PART_11),
    "nist-800-53.md": ("NIST SP 800-53 Rev. 5, the controls the hub has a part in", "Control", NIST),
}


def page(title: str, what: str, rows: Sequence[Row], known: Sequence[str], ended: Mapping[str, str]) -> str:
    """Return a page: the table, then the tests behind each row."""
    lines = [f"# {title}", "", "Written by `python -m tests.validation`; do not edit.", ""]
    lines += [f"| {what} | Demand | Risk | Tests | Result |", "|---|---|---|---|---|"]
    details = []
    for row in rows:
        found = behind(row, known)
        lines.append(
            f"| {row.id} | {row.demand} | {row.risk} | {len(found) or '**none**'} | {_sum(found, ended)} |"
        )
        if found:
            details += ["", f"## {row.id}", ""]
            details += [f"- `{each}`" + (f": {ended[each]}" if each in ended else "") for each in found]
    return "\n".join([*lines, *details, ""])


def _sum(found: Sequence[str], ended: Mapping[str, str]) -> str:
    if not found:
        return "not proven by a test"
    said = [ended.get(each, "not run") for each in found]
    return ", ".join(f"{said.count(each)} {each}" for each in dict.fromkeys(sorted(said)))


def main(arguments: Sequence[str]) -> int:
    """Write the pages."""
    known = every_test()
    check = "--check" in arguments
    ended = results(Path(each) for each in arguments if each != "--check")
    stale = []
    for name, (title, what, rows) in PAGES.items():
        text = page(title, what, rows, known, ended)
        if check:
            stale += (
                [name] if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != text else []
            )
        else:
            (FOLDER / name).write_text(text, encoding="utf-8")
    failed = [
        each
        for _, _, rows in PAGES.values()
        for row in rows
        for each in behind(row, known)
        if ended.get(each) == "failed"
    ]
    for each in (*stale, *dict.fromkeys(failed)):
        sys.stdout.write(f"{each}\n")
    return 1 if stale or failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
