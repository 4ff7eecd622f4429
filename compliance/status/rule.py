"""`for` of a definition as a condition in SQL over a segment of somebody's workforce record.

In: a sound rule, and the ids behind the keys it names. Out: text whose only foreign parts are whole numbers
and days that were parsed; words become values of the query. A key nobody has matches nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from compliance.requirements.definition import WORKING, Document, mentions_status
from lrs import database

#: Kinds of things a rule names by their keys, and the tables that know them.
_TABLES = {
    "units": "connectors_organization_unit",
    "jobs": "connectors_job",
    "locations": "connectors_location",
}


@dataclass(slots=True)
class Compiler:
    """Turns rules into conditions; collects the values they need."""

    ids: Mapping[tuple[str, str], list[int]]
    values: dict[str, Any] = field(default_factory=dict)

    def condition(self, rule: Document) -> str:
        """Return when a rule is met by a segment `s`."""
        met = self._of(rule)
        if mentions_status(rule):
            return met
        return f"({self._one_of('s.status', WORKING)} AND {met})"

    def _of(self, rule: Document) -> str:
        [name] = [each for each in rule if each != "below"]
        found = getattr(self, f"_{name}")(rule[name], rule)
        return str(found)

    def _everybody(self, _value: bool, _rule: Document) -> str:
        return "true"

    def _all(self, rules: list[Document], _rule: Document) -> str:
        return f"({' AND '.join(self._of(each) for each in rules)})"

    def _any(self, rules: list[Document], _rule: Document) -> str:
        return f"({' OR '.join(self._of(each) for each in rules)})"

    def _not(self, inner: Document, _rule: Document) -> str:
        return f"(NOT {self._of(inner)})"

    def _units(self, keys: list[str], rule: Document) -> str:
        if rule.get("below", True):
            return f"(s.path && {self._array('units', keys)})"
        return self._among("s.unit_id", "units", keys)

    def _jobs(self, keys: list[str], _rule: Document) -> str:
        return self._among("s.job_id", "jobs", keys)

    def _locations(self, keys: list[str], _rule: Document) -> str:
        return self._among("s.location_id", "locations", keys)

    def _worker_types(self, words: list[str], _rule: Document) -> str:
        return self._one_of("s.worker_type", words)

    def _statuses(self, words: list[str], _rule: Document) -> str:
        return self._one_of("s.status", words)

    def _regulatory_classes(self, words: list[str], _rule: Document) -> str:
        return f"(s.regulatory_classes && %({self._value(list(words))})s::text[])"

    def _hired(self, days: Mapping[str, str], _rule: Document) -> str:
        parts = []
        for name, sign in (("from", ">="), ("before", "<")):
            if name in days:
                parts.append(f"s.hire_date {sign} DATE '{date.fromisoformat(days[name]).isoformat()}'")
        return f"coalesce({' AND '.join(parts)}, false)"

    def _one_of(self, column: str, words: Iterable[str]) -> str:
        return f"({column} = ANY (%({self._value(list(words))})s::text[]))"

    def _among(self, column: str, kind: str, keys: list[str]) -> str:
        # Nothing is among no ids, and somebody without a job is in none of them.
        return f"coalesce({column} = ANY ({self._array(kind, keys)}), false)"

    def _array(self, kind: str, keys: Iterable[str]) -> str:
        found = sorted({each for key in keys for each in self.ids.get((kind, key), ())})
        return f"'{{{','.join(map(str, found))}}}'::bigint[]"

    def _value(self, value: Any) -> str:
        for name, known in self.values.items():
            if known == value:
                return name
        name = f"rule{len(self.values)}"
        self.values[name] = value
        return name


def ids_named(store_id: int, rules: Iterable[Document]) -> dict[tuple[str, str], list[int]]:
    """Return the ids of everything rules name by its key, in any namespace of the store."""
    wanted: dict[str, set[str]] = {}
    for rule in rules:
        _collect(rule, wanted)
    found: dict[tuple[str, str], list[int]] = {}
    for kind, keys in wanted.items():
        with database.binary_cursor() as cursor:
            cursor.execute(
                f"SELECT key, id FROM {_TABLES[kind]} WHERE store_id = %s AND key = ANY (%s::text[])",  # noqa: S608  constants
                (store_id, sorted(keys)),
            )
            for key, identity in cursor:
                found.setdefault((kind, key), []).append(identity)
    return found


def _collect(rule: Document, wanted: dict[str, set[str]]) -> None:
    for kind in _TABLES:
        if kind in rule:
            wanted.setdefault(kind, set()).update(rule[kind])
    for each in [*rule.get("all", ()), *rule.get("any", ()), *([rule["not"]] if "not" in rule else [])]:
        _collect(each, wanted)
