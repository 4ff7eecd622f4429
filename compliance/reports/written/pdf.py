"""A report as PDF, set by typst from a template: pages numbered n of m, the facts on the first, tagged.

Values go to the template as data, never as markup, so none can be taken for a command. The library is loaded
here and nowhere earlier.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from compliance.errors import ComplianceError
from compliance.reports.table import Report, told

#: Lines a PDF may have; more are for CSV, JSON and the bundle.
LINES_MOST = 20_000
_TEMPLATE = Path(__file__).with_name("report.typ")


def pieces(report: Report) -> Iterator[bytes]:
    """Yield a report. Raises ComplianceError where it has too many lines."""
    import typst

    tables, count = [], 0
    for table in report.tables:
        rows = []
        for row in table.rows:
            rows.append([told(each) for each in row])
            count += 1
            if count > LINES_MOST:
                raise ComplianceError(
                    f"A PDF has at most {LINES_MOST:,} lines: take CSV, JSON or the bundle."
                )
        tables.append({"title": table.title, "columns": list(table.columns), "rows": rows})
    said = {"title": report.title, "facts": [[k, str(v)] for k, v in report.facts.items()], "tables": tables}
    yield typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        sys_inputs={"report": json.dumps(said, ensure_ascii=False)},
    )
