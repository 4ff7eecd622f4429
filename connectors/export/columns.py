"""A statement as rows of a table: one for each of its actors, in columns whose types never change.

In: rows of an export. Out: values by column. A column is only ever added, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import orjson

from connectors.export.rows import Row
from lrs import payload
from lrs.ingest.clock import moment_of

#: Column → text, whole, number, flag, moment, day or texts (a list of them).
COLUMNS: Mapping[str, str] = {
    "position": "text",
    "statement_id": "text",
    "source_id": "whole",
    "stored": "moment",
    "timestamp": "moment",
    "voided": "flag",
    "actor": "text",
    "verb": "text",
    "object": "text",
    "person_id": "whole",
    "person_name": "text",
    "employee_number": "text",
    "rule": "text",
    "explicit": "flag",
    "confidence": "number",
    "assignment_id": "whole",
    "assignment_version": "whole",
    "title": "text",
    "job_id": "whole",
    "job_key": "text",
    "job_name": "text",
    "unit_id": "whole",
    "unit_key": "text",
    "unit_name": "text",
    "path": "texts",
    "path_names": "texts",
    "location_id": "whole",
    "location_key": "text",
    "location_name": "text",
    "manager_id": "whole",
    "manager_name": "text",
    "worker_type": "text",
    "status": "text",
    "hire_date": "day",
    "tenure_days": "whole",
    "regulatory_classes": "texts",
    "why_not": "text",
    "derived": "moment",
    "payload": "text",
}


def lines(row: Row) -> Iterator[dict[str, Any]]:
    """Yield the lines of one statement; what is not so is None."""
    said = payload.values(row.statement.payload)
    every = {
        "position": str(row.position),
        "statement_id": str(row.statement.statement_id),
        "source_id": row.statement.source_id,
        "stored": moment_of(row.statement.seq),
        "timestamp": row.shown.moment,
        "voided": row.statement.voided,
        "verb": said["verb"]["id"],
        "object": _object(said["object"]),
        "payload": row.statement.payload,
    }
    for context in row.shown.contexts:
        found = every | _context(context)
        yield {name: found.get(name) for name in COLUMNS}


def _object(said: Mapping[str, Any]) -> str | None:
    """Return the id of an activity or of the statement referred to; None for what has none."""
    found = said.get("id")
    return None if found is None else str(found)


def _context(entry: Mapping[str, Any]) -> dict[str, Any]:
    actor = entry["actor"]
    resolved = entry.get("resolved") or {}
    found: dict[str, Any] = {
        "actor": None if actor is None else orjson.dumps(actor).decode(),
        "derived": datetime.fromisoformat(entry["derived"]),
        "rule": resolved.get("rule"),
        "explicit": resolved.get("explicit"),
        "confidence": resolved.get("confidence"),
        "why_not": entry.get("why_not"),
        "person_id": resolved.get("person"),
    }
    if "person" not in entry:
        return found
    for thing in ("job", "unit", "location"):
        found |= {f"{thing}_{name}": value for name, value in (entry[thing] or {}).items()}
    manager = entry["manager"] or {}
    return found | {
        "person_id": entry["person"]["id"],
        "person_name": entry["person"]["name"],
        "employee_number": entry["person"]["employee_number"],
        "assignment_id": entry["assignment"]["id"],
        "assignment_version": entry["assignment"]["version"],
        "title": entry["assignment"]["title"],
        "path": [each["key"] for each in entry["path"]],
        "path_names": [each["name"] for each in entry["path"]],
        "manager_id": manager.get("id"),
        "manager_name": manager.get("name"),
        "worker_type": entry["worker_type"],
        "status": entry["status"],
        "hire_date": None if entry["hire_date"] is None else date.fromisoformat(entry["hire_date"]),
        "tenure_days": entry["tenure_days"],
        "regulatory_classes": list(entry["regulatory_classes"]),
    }
