"""What a dry run would change: counts, the fields that differ with examples, and who would end.

In: pages as they would be applied. Out: JSON values for `SyncRun.report`, of bounded size, kept with each
page so that a resumed dry run goes on counting. Fields are those of the canonical records, told without the
place in a list: relationships.assignments.unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from connectors.models import System
from connectors.sync.exceptions import clean
from connectors.workforce import canonical
from connectors.workforce.canonical import Record
from connectors.workforce.record import Outcome
from connectors.workforce.slices import applied_key
from lrs import database

#: Examples of each kind of difference.
EXAMPLES = 5
#: Values shown of a list.
_VALUES = 5
_LENGTH = 120

Report = dict[str, Any]
Pair = tuple[Record, Outcome]


def add(report: Report, system: System, pairs: Sequence[Pair]) -> None:
    """Count what would become of some records."""
    for record, outcome in pairs:
        kinds = report.setdefault("records", {}).setdefault(outcome.kind, {})
        kinds[outcome.what] = kinds.get(outcome.what, 0) + 1
        if outcome.what in ("created", "ended"):
            _example(report, outcome.what, {"kind": outcome.kind, "key": record.key})
    differing = [record for record, outcome in pairs if outcome.what in ("changed", "ended")]
    before = _applied(system, differing)
    for record in differing:
        known = before.get((canonical.kind_of(record), applied_key(record)))
        if known is not None:
            _compare(report, record, known)


def refused(report: Report, rule: str, field: str, kind: str, key: str) -> None:
    """Count a record that would be refused."""
    found = report.setdefault("refused", {}).setdefault(rule, {"count": 0, "examples": []})
    found["count"] += 1
    if len(found["examples"]) < EXAMPLES:
        found["examples"].append(clean({"kind": kind, "key": key, "field": field}))


def absent(report: Report, count: int, keys: Sequence[str]) -> None:
    """Note how many workers would end because the extract lacks them."""
    report["absent"] = {"count": count, "examples": list(keys[: EXAMPLES * 4])}


def _compare(report: Report, record: Record, known: Mapping[str, Any]) -> None:
    held = frozenset(getattr(record, "held", ()))
    old, new = _flat(_told(known, held)), _flat(_told(canonical.to_json(record), held))
    for name in sorted(old.keys() | new.keys()):
        if any(name == each or name.startswith(f"{each}.") for each in _places(held)):
            continue
        before, after = old.get(name, []), new.get(name, [])
        if before == after:
            continue
        found = report.setdefault("fields", {}).setdefault(name, {"count": 0, "examples": []})
        found["count"] += 1
        if len(found["examples"]) < EXAMPLES:
            found["examples"].append(
                clean({"key": record.key, "before": _shown(before), "after": _shown(after)})
            )


def _told(values: Mapping[str, Any], held: frozenset[str]) -> dict[str, Any]:
    """Return what a record tells: without which fields are held, and identifiers of types that are."""
    told = {name: each for name, each in values.items() if name != "held"}
    if "identifiers" in told:
        told["identifiers"] = [
            each for each in told["identifiers"] if f"identifiers.{each['type']}" not in held
        ]
    return told


def _places(held: Iterable[str]) -> list[str]:
    """Return where held fields stand in a canonical record: they stay as they are known."""
    places = {"relationship": "relationships", "assignment": "relationships.assignments"}
    found = [(each.partition(".")[0], each.partition(".")[2]) for each in held]
    return [f"{places.get(first, first)}{f'.{rest}' if rest else ''}" for first, rest in found]


def _flat(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return every value by its field; of lists, the values of all elements in order."""
    found: dict[str, list[str]] = {}

    def walk(name: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for inner, each in value.items():
                walk(f"{name}.{inner}" if name else inner, each)
        elif isinstance(value, list):
            for each in value:
                walk(name, each)
        else:
            found.setdefault(name, []).append(str(value))

    walk("", values)
    return found


def _shown(values: Sequence[str]) -> str:
    more = f" (and {len(values) - _VALUES} more)" if len(values) > _VALUES else ""
    return ", ".join(each[:_LENGTH] for each in values[:_VALUES]) + more


def _example(report: Report, what: str, example: Mapping[str, str]) -> None:
    examples = report.setdefault("examples", {}).setdefault(what, [])
    if len(examples) < EXAMPLES * 4:
        examples.append(clean(example))


def _applied(system: System, records: Iterable[Record]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return what was applied last under the keys of records."""
    named = [(canonical.kind_of(each), applied_key(each)) for each in records]
    if not named:
        return {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT a.kind, a.key, a.canonical::text FROM connectors_applied_record a
            JOIN unnest(%b::text[], %b::text[]) AS u (kind, key)
              ON a.system_id = %s AND a.kind = u.kind AND a.key = u.key
            """,
            ([each[0] for each in named], [each[1] for each in named], system.pk),
        )
        return {(row[0], row[1]): orjson.loads(row[2]) for row in cursor}
