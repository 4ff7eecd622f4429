"""Courses that count as others, as somebody approved, for a period.

In: two courses, and who says so why. Out: rows of CourseEquivalence, which are ended and never changed; so
what counted, as known at any moment, can be told (compliance.completions.read). One step only: that A counts
as B and B as C does not make A count as C.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from compliance.errors import ComplianceError
from compliance.models import Course, CourseEquivalence


def approve(
    course: Course,
    counts_as: Course,
    *,
    reason: str,
    approved_as: str,
    approved_by_id: int | None = None,
    mutual: bool = False,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> CourseEquivalence:
    """Say that having completed one course counts as having completed another.

    Raises ComplianceError where it cannot be, or is said already.
    """
    if course.pk == counts_as.pk:
        raise ComplianceError("A course counts as itself anyway.", field="counts_as")
    if course.store_id != counts_as.store_id:
        raise ComplianceError("The two belong to different stores.", field="counts_as")
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise ComplianceError("The last day is before the first.", field="valid_to")
    if not reason.strip():
        raise ComplianceError("Say why the two are held to be equal.", field="reason")
    try:
        with transaction.atomic():
            return CourseEquivalence.objects.create(
                course=course,
                counts_as=counts_as,
                mutual=mutual,
                valid_from=valid_from,
                valid_to=valid_to,
                reason=reason.strip(),
                approved_as=approved_as,
                approved_by_id=approved_by_id,
            )
    except IntegrityError as error:
        raise ComplianceError(
            f"{course.code} counts as {counts_as.code} already; end that first.", field="counts_as"
        ) from error


@transaction.atomic
def end(equivalence: CourseEquivalence) -> None:
    """Say from now on that it does not count, for any time; what was known before stays known."""
    held = CourseEquivalence.objects.select_for_update().get(pk=equivalence.pk)
    if held.recorded_to is not None:
        raise ComplianceError("It was ended already.")
    now = max(timezone.now(), held.recorded_from + timedelta(microseconds=1))
    CourseEquivalence.objects.filter(pk=held.pk).update(recorded_to=now)
