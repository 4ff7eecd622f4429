"""Named people and systems for the tests of the connectors; every test has a store and systems of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from django.apps import apps

from connectors.models import Person, PersonKey, System
from connectors.workforce import as_of, canonical
from connectors.workforce.canonical import Assigned, Engaged, History, Identified, Named, Worker
from connectors.workforce.record import Outcome, apply


def day(text: str) -> datetime:
    """Return the moment a day begins in UTC."""
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)


def new_store() -> Any:
    """Return a store no other test uses."""
    return apps.get_model("lrs", "Store").objects.create(name=f"Academy {uuid4().hex[:12]}")


def hris(name: str = "Workday", *, store: Any = None, **fields: Any) -> System:
    """Return a system in a store of its own, or in `store`."""
    return System.objects.create(
        store=store or new_store(),
        name=name,
        adapter=fields.pop("adapter", "files"),
        namespace=fields.pop("namespace", "hr"),
        **fields,
    )


def ann(key: str = "21001", **fields: Any) -> Worker:
    """Return Ann Lee, a nurse in the intensive care unit since 2020; `fields` replace parts of her assignment
    (Assigned), her engagement (Engaged) or the record (Worker)."""
    assigned = {name: fields.pop(name) for name in list(fields) if name in Assigned.__dataclass_fields__}
    engaged = {
        name: fields.pop(name)
        for name in ("worker_type", "hire_date", "end_date", "hire_kind", "sponsor")
        if name in fields
    }
    standing: dict[str, Any] = {"job": "RN2", "unit": "ICU", "location": "L1", "title": "Nurse"}
    assignment = Assigned(**(standing | assigned))
    hired: dict[str, Any] = {"hire_date": date(2020, 3, 1), "assignments": (assignment,)}
    said: dict[str, Any] = {
        "names": (Named(formatted="Ann Lee", given="Ann", family="Lee"),),
        "identifiers": (
            Identified(type="employee_number", value=key, issuer="hr"),
            Identified(type="email", value=f"ann.{key}@example.com", primary=True),
        ),
        "relationships": (Engaged(**(hired | engaged)),),
    }
    return Worker(key=key, **(said | fields))


def told(system: System, *records: canonical.Record, at: str | datetime = "2026-01-15") -> list[Outcome]:
    """Apply records as read at `at`."""
    return apply(system, records, as_of=day(at) if isinstance(at, str) else at)


def outcome(system: System, *records: canonical.Record, at: str | datetime = "2026-01-15") -> list[str]:
    """Apply records as read at `at`; return what became of each."""
    return [each.what for each in told(system, *records, at=at)]


def person(system: System, key: str = "21001") -> Person:
    """Return the person a system names by `key`."""
    return PersonKey.objects.get(system=system, key=key).person


def context(
    system: System, at: str, *, key: str = "21001", known: datetime | None = None
) -> as_of.Context | None:
    """Return the context of a person on a day, as known at `known`."""
    return as_of.person_at(person(system, key).pk, day(at), known)


__all__ = ["Assigned", "Engaged", "History", "Identified", "Named", "Worker"]
