"""Sign-offs: what a qualified evaluator saw somebody do.

    record     refused where the evaluator was not qualified that day, as known now
    withdraw   closed, never deleted

The reason why the evaluator counted as qualified is kept with the sign-off.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from compliance.models import Course, PracticalSignOff, RequirementVersion
from compliance.requirements import definition
from compliance.requirements.errors import NotAllowed

#: (person, code of the requirement, day) → why they are qualified for it; None where they are not.
Qualified = Callable[[int, str, date], "dict[str, Any] | None"]


def record(
    course: Course,
    *,
    person_id: int,
    evaluator_id: int,
    done_on: date,
    qualified: Qualified,
    remarks: str = "",
    signature_id: int | None = None,
) -> PracticalSignOff:
    """Keep that `evaluator_id` saw `person_id` do what `course` is about.

    Every requirement that asks for this sign-off may name one its evaluators meet; the evaluator must meet
    all of these on that day (`compliance.status.read.why_qualified` is what tells).
    """
    if person_id == evaluator_id:
        raise NotAllowed("Nobody signs off their own practice.")
    if done_on > timezone.now().date():
        raise NotAllowed("What is signed off has been seen.")
    found: dict[str, Any] = {}
    for code in sorted(_asked_of_evaluators(course)):
        why = qualified(evaluator_id, code, done_on)
        if why is None:
            raise NotAllowed(f"The evaluator was not qualified on {done_on:%Y-%m-%d}: {code} is not met.")
        found[code] = why
    return PracticalSignOff.objects.create(
        store_id=course.store_id,
        person_id=person_id,
        course=course,
        evaluator_id=evaluator_id,
        done_on=done_on,
        remarks=remarks,
        qualification=found,
        signature_id=signature_id,
        recorded=TimestamptzRange(timezone.now(), None),
    )


@transaction.atomic
def withdraw(sign_off: PracticalSignOff, *, why: str) -> PracticalSignOff:
    """Say that it does not count; what was known before stays told."""
    if not why.strip():
        raise NotAllowed("A withdrawal says why.")
    found = PracticalSignOff.objects.select_for_update().get(pk=sign_off.pk)
    if found.recorded.upper is not None:
        raise NotAllowed(f"{found} has been withdrawn.")
    found.recorded = TimestamptzRange(found.recorded.lower, timezone.now())
    found.withdrawn_why = why
    found.save(update_fields=["recorded", "withdrawn_why"])
    return found


def _asked_of_evaluators(course: Course) -> set[str]:
    """Return the requirements evaluators of a course must meet, by what is in force or about to be."""
    found = set()
    for version in RequirementVersion.objects.filter(
        requirement__store_id=course.store_id, state__in=["approved", "effective"]
    ):
        for leaf in definition.leaves(version.definition["what"]):
            if leaf.signed_off and leaf.course == course.code and leaf.evaluators:
                found.add(leaf.evaluators)
    return found
