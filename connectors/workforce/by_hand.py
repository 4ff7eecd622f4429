"""People kept by hand: contractors and partners no HR system knows, in the same record as everybody else.

    add(told, said)                      somebody new, or somebody again whose last engagement has ended
    change(told, person_id, said)        what is so of them from a day on; what is not said stays
    end(told, person_id, at=…, …)        the end of their engagement
    kept_of(person)                      what was said of somebody last

In: what is said, over `/api/v1/people` (connectors.api.by_hand) or in the administration
(connectors.admin.people.by_hand), checked for its form. Out: the person, known to the store's system "Kept by
hand", which shares the namespace of its HR systems. Raises Refused, with a JSON pointer, where it contradicts
the record. What was written stands whole with its note in the connection's history, or not at all. Never a
person another system answers for.

Who keeps the same store's people waits for whoever does so at the moment (a lock on the system's row), so two
requests with one idempotency key are one person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from connectors.errors import ConnectorError, Refused
from connectors.models import (
    AppliedRecord,
    ChangeNote,
    Job,
    Location,
    OrganizationUnit,
    Person,
    PersonKey,
    System,
    SystemState,
    WorkerType,
)
from connectors.workforce import canonical
from connectors.workforce.canonical import (
    Assigned,
    Ended,
    Engaged,
    Identified,
    Named,
    Record,
    Rescinded,
    Worker,
)
from connectors.workforce.record import apply

NAME = "Kept by hand"
ADAPTER = "manual"
#: What is kept by hand gives way to what an HR system says of the same person.
PRECEDENCE = 900
#: Names the keys of people only pointed at, as a sponsor or manager.
_POINTED_AT = "person-"
#: What an assignment names besides people.
THINGS: Mapping[str, Any] = {"unit": OrganizationUnit, "job": Job, "location": Location}

#: `name`, `identifiers`, `worker_type`, `start_date`, `end_date`, `sponsor`, `legal_employer`, `assignment`,
#: `key` and `valid_from` as in connectors.api.by_hand_body; units, jobs, locations and people by their ids.
Said = Mapping[str, Any]


class KeptAlready(ConnectorError):
    """Somebody is kept under this key, or this person is kept by another system."""


class OtherBody(ConnectorError):
    """The idempotency key came before, with other content."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who tells: a credential of the API, or a user of the administration."""

    store_id: int
    credential_id: int | None = None
    idempotency_key: str = ""
    by_id: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A person kept by hand."""

    person_id: int
    #: Whether the same was told before.
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Last:
    """What was said of somebody last."""

    system: System
    key: str
    #: An `Ended` or `Rescinded` of somebody whose engagement was ended.
    record: Record


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


def kept_of(person: Person) -> Last | None:
    """Return what was said of somebody kept by hand, through whichever door; None where they are not."""
    keys = PersonKey.objects.filter(person=person, system__adapter=ADAPTER, system__store=person.store_id)
    applied = (
        AppliedRecord.objects.select_related("system")
        .filter(kind="worker", system__in=keys.values("system"), key__in=keys.values("key"))
        .order_by("-pk")
        .first()
    )
    if applied is None:
        return None
    return Last(applied.system, applied.key, canonical.from_json(applied.canonical))


@transaction.atomic
def add(told: Told, said: Said) -> Kept:
    """Keep somebody new, or somebody whose last engagement has ended again."""
    system = _system(told.store_id)
    if (before := _before(system, told, said)) is not None:
        return before
    key = said.get("key") or uuid4().hex
    if key.startswith(_POINTED_AT):
        raise Refused(f"A key does not begin with {_POINTED_AT}.", rule="person.key", field="/key", value=key)
    applied = AppliedRecord.objects.filter(system=system, kind="worker", key=key).first()
    if applied is not None and applied.open and (applied.until is None or applied.until > timezone.now()):
        raise KeptAlready(f"Somebody is kept under the key {key!r} already; PATCH that person.")
    _write(system, _worker(system, key, said, Worker(key=key)))
    return Kept(_noted(system, told, said, key, "kept"))


@transaction.atomic
def change(told: Told, person_id: int, said: Said) -> Kept:
    """Change what is so of somebody kept by hand; what is not said stays."""
    system = _system(told.store_id)
    last = _kept(person_id)
    if not isinstance(last.record, Worker):
        raise KeptAlready("This engagement has ended; tell of a new one with POST and the same key.")
    _write(system, _worker(system, last.key, said, last.record))
    return Kept(_noted(system, told, said, last.key, "changed"))


@transaction.atomic
def end(told: Told, person_id: int, *, at: date | None, reason: str, mistake: bool) -> Kept:
    """End the engagement of somebody kept by hand; with `mistake`, know that there never was one."""
    system = _system(told.store_id)
    key = _kept(person_id).key
    _write(system, Rescinded(key=key) if mistake else Ended(key=key, at=at, reason=reason))
    said = {"at": None if at is None else at.isoformat(), "reason": reason}
    return Kept(_noted(system, told, said, key, "rescinded" if mistake else "ended"))


def _system(store_id: int) -> System:
    """Return the store's system of people kept by hand, locked; it is made where there is none."""
    return System.objects.select_for_update().get(pk=system_of(store_id).pk)


def _before(system: System, told: Told, said: Said) -> Kept | None:
    """Return what the same idempotency key brought about before."""
    if not told.idempotency_key:
        return None
    note = ChangeNote.objects.filter(
        system=system,
        kind="person",
        detail__idempotency_key=told.idempotency_key,
        detail__credential=told.credential_id,
    ).first()
    if note is None:
        return None
    if note.detail["fingerprint"] != _fingerprint(said):
        raise OtherBody("This Idempotency-Key came before, with another body.")
    return Kept(note.detail["person"], repeated=True)


def _kept(person_id: int) -> Last:
    """Return what was said of somebody kept by hand last."""
    last = kept_of(Person.objects.get(pk=person_id))
    if last is None:
        raise KeptAlready("This person is not kept by hand; the system that tells of them has the say.")
    return last


def _write(system: System, record: Record) -> None:
    [outcome] = apply(system, [record], as_of=timezone.now())
    if outcome.refused is not None:
        raise outcome.refused


def _noted(system: System, told: Told, said: Said, key: str, what: str) -> int:
    person_id = PersonKey.objects.get(system=system, key=key).person_id
    detail: dict[str, Any] = {"person": person_id, "key": key, "credential": told.credential_id}
    if told.idempotency_key:
        detail |= {"idempotency_key": told.idempotency_key, "fingerprint": _fingerprint(said)}
    ChangeNote.objects.create(
        system=system,
        by_id=told.by_id,
        kind="person",
        text=f"Person {person_id}: {what}",
        detail=detail,
    )
    return person_id


def _fingerprint(said: Said) -> str:
    return sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _worker(system: System, key: str, said: Said, before: Worker) -> Worker:
    """Return the record that says `said`, and what it does not say as before."""
    since: date | None = said.get("valid_from")
    effective: date | datetime | None = since
    engaged = _engaged(system, said, before, since)
    _check(engaged, since)
    return replace(
        before,
        key=key,
        effective=effective,
        names=(_name(said["name"], before),) if "name" in said else before.names,
        identifiers=(
            tuple(Identified(**each) for each in said["identifiers"])
            if "identifiers" in said
            else before.identifiers
        ),
        relationships=(engaged,),
    )


def _check(engaged: Engaged, since: date | None) -> None:
    if engaged.worker_type == WorkerType.EMPLOYEE:
        raise Refused(
            "Employees are told of by an HR system.", rule="person.worker_type", field="/worker_type"
        )
    if since is not None and since < engaged.hire_date:
        raise Refused(
            "What is so cannot be so before the first day.", rule="person.valid_from", field="/valid_from"
        )


def _name(said: Said, before: Worker) -> Named:
    known = before.names[0] if before.names else Named(formatted="")
    return replace(known, **said)


def _engaged(system: System, said: Said, before: Worker, since: date | None) -> Engaged:
    known = before.relationships[0] if before.relationships else None
    asked = {
        target: said[name]
        for name, target in (
            ("worker_type", "worker_type"),
            ("start_date", "hire_date"),
            ("end_date", "end_date"),
            ("legal_employer", "legal_employer"),
        )
        if name in said
    }
    if "sponsor" in said:
        asked["sponsor"] = _pointed_at(system, said["sponsor"], "/sponsor")
    assigned = known.assignments[0] if known is not None else Assigned()
    assignment = _assigned(system, said.get("assignment", {}), assigned, since)
    if known is None:
        return Engaged(**asked, assignments=(assignment,))
    return replace(known, **asked, assignments=(assignment,))


def _assigned(system: System, said: Said, before: Assigned, since: date | None) -> Assigned:
    found: dict[str, Any] = {}
    for name, value in said.items():
        pointer = f"/assignment/{name}"
        if name in THINGS:
            found[name] = "" if value is None else _key_of(system, name, value, pointer)
        elif name == "manager":
            found[name] = "" if value is None else _pointed_at(system, value, pointer)
        elif name == "regulatory_classes":
            found[name] = tuple(value)
        elif name == "full_time_equivalent":
            found[name] = None if value is None else Decimal(value)
        else:
            found[name] = value
    return replace(before, **found, valid_from=since)


def _key_of(system: System, kind: str, wanted: int, pointer: str) -> str:
    """Return the key of a unit, job or location; Refused where this system cannot name it."""
    found = THINGS[kind].objects.filter(pk=wanted, store=system.store_id).first()
    if found is None:
        raise Refused(f"There is no such {kind}.", rule=f"person.{kind}", field=pointer, value=wanted)
    if found.namespace != system.namespace:
        raise Refused(
            f"People kept by hand are assigned within the namespace {system.namespace!r}; this {kind} is of "
            f"{found.namespace!r}.",
            rule=f"person.{kind}",
            field=pointer,
            value=wanted,
        )
    return str(found.key)


def _pointed_at(system: System, person_id: int, pointer: str) -> str:
    """Return the key by which this system names a person, who may be told of by another."""
    person = Person.objects.filter(pk=person_id, store=system.store_id).first()
    if person is None:
        raise Refused("There is no such person.", rule="person.unknown", field=pointer, value=person_id)
    person_id = person.merged_into_id or person.pk
    known = PersonKey.objects.filter(system=system, person=person_id).values_list("key", flat=True).first()
    if known is not None:
        return known
    return PersonKey.objects.create(system=system, key=f"{_POINTED_AT}{person_id}", person_id=person_id).key
