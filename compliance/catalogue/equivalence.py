"""Courses that count as others, as somebody approved, for a period.

In: two courses, and who says so why. Out: rows of CourseEquivalence, which are ended and never changed; so
what counted, as known at any moment, can be told (compliance.completions.read). One step only: that A counts
as B and B as C does not make A count as C.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from compliance import conf
from compliance.errors import ComplianceError
from compliance.models import Course, CourseEquivalence, EquivalenceProposal


def approve(  # noqa: PLR0913  one for each thing it says
    course: Course,
    counts_as: Course,
    *,
    reason: str,
    approved_as: str,
    approved_by_id: int | None = None,
    mutual: bool = False,
    valid_from: date | None = None,
    valid_to: date | None = None,
    signed: bool = False,
) -> CourseEquivalence:
    """Say that having completed one course counts as having completed another.

    Raises ComplianceError where it cannot be, or is said already; and unless it is `signed`, where approvals
    take an electronic signature (COMPLIANCE_APPROVALS_SIGNED).
    """
    if conf.approvals_signed() and not signed:
        raise ComplianceError("An equivalence is proposed first, and counts once it is signed.")
    check(course, counts_as, reason=reason, valid_from=valid_from, valid_to=valid_to)
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


def propose(
    course: Course,
    counts_as: Course,
    *,
    reason: str,
    proposed_by_id: int | None,
    mutual: bool = False,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> EquivalenceProposal:
    """Propose that a course counts as another; nothing follows before it is signed (catalogue.signable)."""
    check(course, counts_as, reason=reason, valid_from=valid_from, valid_to=valid_to)
    return EquivalenceProposal.objects.create(
        course=course,
        counts_as=counts_as,
        mutual=mutual,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason.strip(),
        proposed_by_id=proposed_by_id,
    )


def check(
    course: Course, counts_as: Course, *, reason: str, valid_from: date | None, valid_to: date | None
) -> None:
    """Raise ComplianceError where it cannot be."""
    if course.pk == counts_as.pk:
        raise ComplianceError("A course counts as itself anyway.", field="counts_as")
    if course.store_id != counts_as.store_id:
        raise ComplianceError("The two belong to different stores.", field="counts_as")
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise ComplianceError("The last day is before the first.", field="valid_to")
    if not reason.strip():
        raise ComplianceError("Say why the two are held to be equal.", field="reason")


@transaction.atomic
def end(equivalence: CourseEquivalence) -> None:
    """Say from now on that it does not count, for any time; what was known before stays known."""
    held = CourseEquivalence.objects.select_for_update().get(pk=equivalence.pk)
    if held.recorded_to is not None:
        raise ComplianceError("It was ended already.")
    now = max(timezone.now(), held.recorded_from + timedelta(microseconds=1))
    CourseEquivalence.objects.filter(pk=held.pk).update(recorded_to=now)
