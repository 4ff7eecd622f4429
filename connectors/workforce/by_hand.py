"""Contractors and partners no HRIS knows, kept by hand in the same record as everybody else.

In: what somebody typed (`Kept`). Out: a person known to the store's system "Kept by hand", written through
the canonical record like any other. The units, jobs and locations offered are those of the store's HR
systems: the system of what is kept by hand shares their namespace. Never a person another system answers for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from connectors.errors import Refused
from connectors.models import (
    AppliedRecord,
    ChangeNote,
    OrganizationUnit,
    Person,
    PersonKey,
    System,
    SystemState,
)
from connectors.workforce import canonical
from connectors.workforce.canonical import Assigned, Engaged, Identified, Named, Worker
from connectors.workforce.record import apply

NAME = "Kept by hand"
ADAPTER = "manual"
#: What is kept by hand gives way to what an HR system says of the same person.
PRECEDENCE = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A contractor or partner, as typed."""

    given: str
    family: str
    worker_type: str
    start: date
    end: date | None = None
    sponsor_id: int | None = None
    email: str = ""
    user_name: str = ""
    number: str = ""
    title: str = ""
    #: Keys in the namespace of `system_of`.
    unit: str = ""
    job: str = ""
    location: str = ""
    #: From which day what differs from before is so; nothing: from today.
    effective: date | None = None


@transaction.atomic
def system_of(store_id: int) -> System:
    """Return the store's system of what is kept by hand, made where there is none."""
    found = System.objects.filter(store=store_id, adapter=ADAPTER).order_by("pk").first()
    if found is not None:
        return found
    # The namespace in which most units are: so that a contractor can stand in HR's own departments.
    namespaces = (
        OrganizationUnit.objects.filter(store=store_id)
        .values("namespace")
        .annotate(units=Count("pk"))
        .order_by("-units", "namespace")
        .values_list("namespace", flat=True)
    )
    system, _ = System.objects.get_or_create(
        store_id=store_id,
        name=NAME,
        defaults={
            "adapter": ADAPTER,
            "state": SystemState.LIVE,
            "namespace": namespaces.first() or ADAPTER,
            "precedence": PRECEDENCE,
        },
    )
    return system


def key_of(person: Person) -> str | None:
    """Return the key under which a person is kept by hand; None where they are not."""
    keys = PersonKey.objects.filter(person=person, system__adapter=ADAPTER, key__startswith="hand-")
    return keys.values_list("key", flat=True).first()


@transaction.atomic
def keep(store_id: int, kept: Kept, *, key: str | None = None, by_id: int | None = None) -> Person:
    """Write what was typed of a new person, or of the one kept under `key`; return the person.

    Raises Refused where it contradicts itself; nothing is written then.
    """
    system = system_of(store_id)
    _check(kept)
    known = key or f"hand-{uuid4().hex}"
    if key is not None and not PersonKey.objects.filter(system=system, key=key).exists():
        raise Refused("Nobody is kept by hand under this key.", rule="by_hand.key", value=key)
    record = Worker(
        key=known,
        effective=kept.effective,
        names=(Named(formatted=f"{kept.given} {kept.family}".strip(), given=kept.given, family=kept.family),),
        identifiers=_identifiers(kept, system),
        relationships=(
            Engaged(
                worker_type=kept.worker_type,
                hire_date=kept.start,
                end_date=kept.end,
                sponsor=_sponsor(system, kept.sponsor_id),
                assignments=(
                    Assigned(title=kept.title, unit=kept.unit, job=kept.job, location=kept.location),
                ),
            ),
        ),
    )
    [outcome] = apply(system, [record], as_of=timezone.now())
    if outcome.refused is not None:
        raise outcome.refused
    person = PersonKey.objects.select_related("person").get(system=system, key=known).person
    if outcome.what != "unchanged":
        ChangeNote.objects.create(
            system=system,
            by_id=by_id,
            kind="person",
            text=f"{record.names[0].formatted}: {'added' if key is None else outcome.what} by hand",
            detail={"person": person.pk},
        )
    return person


def kept_of(person: Person) -> tuple[str, Kept] | None:
    """Return the key of somebody kept by hand and what was typed last; None where they are not."""
    key = key_of(person)
    if key is None:
        return None
    row = AppliedRecord.objects.filter(system__adapter=ADAPTER, kind="worker", key=key).first()
    if row is None:
        return None
    record = canonical.from_json(row.canonical)
    if not isinstance(record, Worker) or not record.relationships:
        return None
    return key, _typed(record, row.system_id)


def _typed(record: Worker, system_id: int) -> Kept:
    [engaged] = record.relationships
    assigned = engaged.assignments[0] if engaged.assignments else Assigned()
    held: Mapping[str, str] = {each.type: each.value for each in record.identifiers}
    sponsor = PersonKey.objects.filter(system=system_id, key=engaged.sponsor).first()
    return Kept(
        given=record.names[0].given,
        family=record.names[0].family,
        worker_type=engaged.worker_type,
        start=engaged.hire_date,
        end=engaged.end_date,
        sponsor_id=None if sponsor is None else sponsor.person_id,
        email=held.get("email", ""),
        user_name=held.get("user_name", ""),
        number=held.get("employee_number", ""),
        title=assigned.title,
        unit=assigned.unit,
        job=assigned.job,
        location=assigned.location,
    )


def _check(kept: Kept) -> None:
    if kept.worker_type == "employee":
        raise Refused(
            "Employees are told of by an HR system.", rule="by_hand.worker_type", field="worker_type"
        )
    if not (kept.given or kept.family):
        raise Refused("A person needs a name.", rule="by_hand.name", field="family")
    if kept.effective is not None and kept.effective < kept.start:
        raise Refused(
            "What is so cannot be so before the first day.", rule="by_hand.effective", field="effective"
        )


def _identifiers(kept: Kept, system: System) -> tuple[Identified, ...]:
    found: list[Identified] = []
    values: dict[str, Any] = {
        "email": kept.email,
        "user_name": kept.user_name,
        "employee_number": kept.number,
    }
    for type_, value in values.items():
        if value:
            issuer = system.namespace if type_ == "employee_number" else ""
            found.append(Identified(type=type_, value=value, issuer=issuer, primary=type_ == "email"))
    return tuple(found)


def _sponsor(system: System, person_id: int | None) -> str:
    """Return the key of a sponsor in this system; people of other systems are given one."""
    if person_id is None:
        return ""
    person = Person.objects.filter(pk=person_id, store=system.store_id).first()
    if person is None:
        raise Refused("There is no such sponsor.", rule="by_hand.sponsor", field="sponsor")
    known = PersonKey.objects.filter(system=system, person=person).values_list("key", flat=True).first()
    if known is not None:
        return known
    PersonKey.objects.create(system=system, key=f"person-{person.pk}", person=person)
    return f"person-{person.pk}"
