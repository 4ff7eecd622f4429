"""What of requirements is signed: versions in review, proposed waivers, practical sign-offs.

In: record keys. Out: what a signer sees, and what follows from the last signature. Nothing holds before.

    requirement-version   17/2026-12-01               the version, and the first day it is in force
    waiver                23
    practical-sign-off    5/812/77/2026-11-03         course, person, evaluator, day

A sign-off has no row before it is signed: its key says all there is. The names of people stand in what was
signed as they were then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse

from compliance.access import scope
from compliance.access.workforce import people_of, person_in
from compliance.models import (
    Course,
    Meaning,
    PracticalSignOff,
    RequirementVersion,
    Signature,
    VersionState,
    Waiver,
)
from compliance.requirements import errors, lifecycle, sign_offs, waivers
from compliance.signing import NotAllowed, Shown, SignableKind, Step, register
from compliance.signing.standing import key_of, signed_content, version_of
from compliance.status import read
from connectors.models import Person, PersonVersion

VERSION, WAIVER, SIGN_OFF = "requirement-version", "waiver", "practical-sign-off"
EVALUATE = "compliance.evaluate_practice"


def _held(rows: Any, key: int) -> Any:
    """Return a row, locked where that is possible. Raises LookupError."""
    if connection.in_atomic_block:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=key).first()
    if found is None:
        raise LookupError(key)
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LookupError(text) from None


def _name(person_id: int | None) -> str:
    rows = PersonVersion.objects.filter(person=person_id, recorded__upper_inf=True).order_by("-valid")
    return rows.values_list("formatted_name", flat=True).first() or ""


# Versions of requirements


def version_key(version: RequirementVersion, effective_from: date) -> str:
    """Return the record key by which a version in review is approved from a day on."""
    return f"{version.pk}/{effective_from.isoformat()}"


def _version(record_key: str) -> tuple[RequirementVersion, date]:
    number, _, day = record_key.partition("/")
    found = _held(RequirementVersion.objects.select_related("requirement"), key_of(number))
    if found.state == VersionState.DRAFT or (found.state == VersionState.RETIRED and not found.approved_at):
        raise LookupError(record_key)
    return found, _day(day)


def _version_shown(record_key: str) -> Shown:
    found, day = _version(record_key)
    content = {
        "requirement": found.requirement.code,
        "title": found.requirement.title,
        "version": found.number,
        "what is new, and why": found.change_note,
        "effective from": day.isoformat(),
        "definition": found.definition,
    }
    # Of a version approved for another day this record is no other state: it never came to anything.
    position = found.signature_id if found.effective_from == day else None
    return Shown(
        kind=VERSION,
        record_key=record_key,
        version=version_of(content, position),
        title=str(found)[:400],
        author_id=found.created_by_id,
        content=content,
    )


def _version_complete(record_key: str, signatures: Sequence[Signature]) -> None:
    found, day = _version(record_key)
    last = signatures[-1]
    try:
        lifecycle.approve(found, approved_by=last.signer, effective_from=day, signature_id=last.position)
    except errors.RequirementError as error:
        raise NotAllowed(str(error), rule="record") from error


def _version_address(record_key: str) -> str:
    found, _ = _version(record_key)
    return reverse("admin:compliance_requirement_change", args=[found.requirement_id])


# Waivers


def _waiver_shown(record_key: str) -> Shown:
    found = _held(Waiver.objects.select_related("requirement"), key_of(record_key))
    if found.approved_at is None and found.revoked_at is not None:
        raise LookupError(record_key)
    before = signed_content(found.signature_id)
    content = {
        "requirement": found.requirement.code,
        "kind": found.kind,
        "person": found.person_id,
        "name": before.get("name", _name(found.person_id)),
        "group": found.rule,
        "reason": found.reason,
        "evidence": found.evidence,
        "first day": found.valid_from.isoformat(),
        "last day": found.valid_to.isoformat(),
    }
    return Shown(
        kind=WAIVER,
        record_key=record_key,
        version=version_of(content, found.signature_id),
        title=f"{found.get_kind_display()} from {found.requirement}"[:400],
        author_id=found.created_by_id,
        content=content,
    )


def _waiver_people(record_key: str) -> list[int]:
    found = _held(Waiver.objects.all(), key_of(record_key))
    return [] if found.person_id is None else [found.person_id]


def _waiver_complete(record_key: str, signatures: Sequence[Signature]) -> None:
    found = _held(Waiver.objects.all(), key_of(record_key))
    last = signatures[-1]
    if found.person_id is not None and any(found.person_id in people_of(each.signer) for each in signatures):
        raise NotAllowed("Nobody frees themselves from a requirement.", rule="own")
    try:
        waivers.approve(found, approved_by=last.signer, signature_id=last.position)
    except errors.RequirementError as error:
        raise NotAllowed(str(error), rule="record") from error


# Practical sign-offs


def sign_off_key(course: Course, *, person_id: int, evaluator_id: int, done_on: date) -> str:
    """Return the record key of what an evaluator saw somebody do on a day."""
    return f"{course.pk}/{person_id}/{evaluator_id}/{done_on.isoformat()}"


def _told(record_key: str) -> tuple[Course, Person, Person, date]:
    parts = record_key.split("/")
    if len(parts) != 4:
        raise LookupError(record_key)
    course = Course.objects.filter(pk=key_of(parts[0])).first()
    people = Person.objects.in_bulk([key_of(parts[1]), key_of(parts[2])])
    person, evaluator = people.get(key_of(parts[1])), people.get(key_of(parts[2]))
    if course is None or person is None or evaluator is None or person == evaluator:
        raise LookupError(record_key)
    if {person.store_id, evaluator.store_id} != {course.store_id}:
        raise LookupError(record_key)
    return course, person, evaluator, _day(parts[3])


def _recorded(record_key: str) -> PracticalSignOff | None:
    """Return the sign-off that was made of this, by the signature it names."""
    positions = Signature.objects.filter(kind=SIGN_OFF, record_key=record_key).values("position")
    return PracticalSignOff.objects.filter(signature_id__in=positions).order_by("-pk").first()


def _sign_off_shown(record_key: str) -> Shown:
    course, person, evaluator, day = _told(record_key)
    made = _recorded(record_key)
    if made is None:
        facts = (course.code, person.pk, evaluator.pk, day)
        before: dict[str, Any] = {}
    else:
        facts = (made.course.code, made.person_id, made.evaluator_id, made.done_on)
        before = signed_content(made.signature_id)
    content = {
        "course": facts[0],
        "title": before.get("title", course.title),
        "person": facts[1],
        "name": before.get("name", _name(person.pk)),
        "evaluator": facts[2],
        "name of the evaluator": before.get("name of the evaluator", _name(evaluator.pk)),
        "seen on": facts[3].isoformat(),
    }
    return Shown(
        kind=SIGN_OFF,
        record_key=record_key,
        version=version_of(content, None if made is None else made.signature_id),
        title=f"Practical sign-off of {course.code}",
        # It is made by being signed; whose own it is, is asked when it is.
        author_id=None,
        content=content,
    )


def _sign_off_people(record_key: str) -> list[int]:
    return [_told(record_key)[1].pk]


def _sign_off_complete(record_key: str, signatures: Sequence[Signature]) -> None:
    course, person, evaluator, day = _told(record_key)
    last = signatures[-1]
    if person.pk in people_of(last.signer):
        raise NotAllowed("Nobody signs off their own practice.", rule="own")
    if person_in(last.signer, course.store_id) != evaluator.pk:
        raise NotAllowed("The evaluator signs, and nobody else.", rule="evaluator")
    try:
        scope.require(last.signer, EVALUATE, person_id=person.pk)
        sign_offs.record(
            course,
            person_id=person.pk,
            evaluator_id=evaluator.pk,
            done_on=day,
            qualified=lambda who, code, on: read.why_qualified(course.store_id, who, code, on),
            remarks=last.reason,
            signature_id=last.position,
        )
    except PermissionDenied as error:
        raise NotAllowed(str(error) or "You may not evaluate this person.", rule="role") from error
    except errors.RequirementError as error:
        raise NotAllowed(str(error), rule="record") from error


register(
    SignableKind(
        kind=VERSION,
        label="version of a requirement",
        shown=_version_shown,
        complete=_version_complete,
        policy=(Step(meaning=Meaning.APPROVAL.value),),
        view_permission="compliance.view_requirement",
        address=_version_address,
    )
)
register(
    SignableKind(
        kind=WAIVER,
        label="waiver",
        shown=_waiver_shown,
        complete=_waiver_complete,
        policy=(Step(meaning=Meaning.APPROVAL.value),),
        view_permission="compliance.view_waiver",
        people=_waiver_people,
        address=lambda _: reverse("admin:compliance_waiver_changelist"),
    )
)
register(
    SignableKind(
        kind=SIGN_OFF,
        label="practical sign-off",
        shown=_sign_off_shown,
        complete=_sign_off_complete,
        policy=(Step(meaning=Meaning.WITNESSING.value),),
        view_permission=EVALUATE,
        people=_sign_off_people,
    )
)
