"""Filters as people and programs give them, and the question they make.

In: texts by name (`NAMES`). Out: an `Asked`, or ComplianceError that names the filter. A day stands for
its beginning in UTC, and as `at`, `known` or `until` for its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from compliance.access import restricted
from compliance.access.scope import Scope
from compliance.errors import ComplianceError
from compliance.models import Course, Requirement
from compliance.reports.asked import Asked
from connectors.models import OrganizationUnit, Person

NAMES = (
    "person",
    "unit",
    "course",
    "requirement",
    "table",
    "key",
    "since",
    "until",
    "at",
    "known",
    "restricted",
)
#: Letters of the reason to report restricted data.
REASON_MOST = 200
_TABLES: Mapping[str, Any] = {
    "person": Person, "unit": OrganizationUnit, "course": Course, "requirement": Requirement,
}  # fmt: skip


def asked(store_id: int, given: Mapping[str, str], visible: Scope) -> Asked:
    """Return the question filters make. Raises ComplianceError."""
    now = timezone.now()
    ids = {f"{name}_id": _one(store_id, name, given.get(name, "")) for name in _TABLES}
    person = ids["person_id"]
    if person is not None and not visible.sees(person):
        raise ComplianceError(
            "This person is outside the part of the organization you look after.", field="person"
        )
    reason = given.get("restricted", "").strip()
    if person is not None and not reason and restricted.of([person]):
        raise ComplianceError(
            "This person's data is restricted: say why it is reported all the same.", field="restricted"
        )
    table, key = given.get("table", "").strip(), given.get("key", "").strip()
    if bool(table) != bool(key):
        raise ComplianceError("A record is named by its table and its key.", field="table")
    return Asked(
        store_id=store_id,
        at=_moment("at", given, end=True) or now,
        known=min(_moment("known", given, end=True) or now, now),
        since=_moment("since", given),
        until=_moment("until", given, end=True),
        restricted=reason[:REASON_MOST] or None,
        record=(table, key) if table else None,
        visible=visible,
        **ids,
    )


def kept(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the filters that were given, and nothing else."""
    return {name: str(given[name]).strip() for name in NAMES if str(given.get(name) or "").strip()}


def _one(store_id: int, name: str, value: str) -> int | None:
    value = value.strip()
    if not value:
        return None
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
    found = None if number is None else _TABLES[name].objects.filter(store_id=store_id, pk=number)
    if found is None or not found.exists():
        raise ComplianceError(f"There is no such {name}.", field=name)
    return number


def _moment(name: str, given: Mapping[str, str], *, end: bool = False) -> datetime | None:
    value = given.get(name, "").strip()
    if not value:
        return None
    try:
        if len(value) == len("2026-01-01"):
            day = date.fromisoformat(value) + timedelta(days=1 if end else 0)
            return datetime.combine(day, time.min, UTC)
        found = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        raise ComplianceError("This is no day, and no moment with its offset.", field=name) from None
    if found.tzinfo is None:
        raise ComplianceError("A moment has its offset, as in 2026-01-31T12:00:00Z.", field=name)
    return found
