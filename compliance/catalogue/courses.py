"""Which activities are which course, and courses that turn out to be one.

In: IRIs and courses. Out: rows of CourseActivity; triggers have completions follow whatever changes there.
Raises ComplianceError where it cannot be.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from compliance.errors import ComplianceError
from compliance.models import Course, CourseActivity, CourseVersion

#: What one index entry holds.
IRI_MOST = 2_000


@transaction.atomic
def assign(
    course: Course, iri: str, *, version: CourseVersion | None = None, move: bool = False
) -> CourseActivity:
    """Say that an activity is a course, or a version of it.

    One that is another course's already is taken from there with `move` only.
    """
    _check(course, iri, version)
    try:
        with transaction.atomic():
            found, new = CourseActivity.objects.select_for_update().get_or_create(
                store_id=course.store_id, iri=iri, defaults={"course": course, "version": version}
            )
    except IntegrityError as error:
        raise ComplianceError("Somebody else is assigning this activity.", field="iri") from error
    if new or (found.course_id, found.version_id) == (course.pk, None if version is None else version.pk):
        return found
    if found.course_id != course.pk and not move:
        raise ComplianceError(f"This activity is of the course {found.course.code} already.", field="iri")
    found.course, found.version = course, version
    found.save(update_fields=["course", "version"])
    return found


def unassign(activity: CourseActivity) -> None:
    """Say that an activity is no course; completions that stand on it alone are withdrawn."""
    activity.delete()


@transaction.atomic
def merge(course: Course, into: Course) -> None:
    """Make two courses one: activities go to `into`, under versions of the same label; `course` retires.

    Completions of `course` are withdrawn with history, and are of `into` from then on.
    """
    both = {each.pk: each for each in Course.objects.select_for_update().filter(pk__in=[course.pk, into.pk])}
    if len(both) < 2:
        raise ComplianceError("A course cannot be merged into itself.")
    gone, kept = both[course.pk], both[into.pk]
    if gone.store_id != kept.store_id:
        raise ComplianceError("The two belong to different stores.")
    if gone.merged_into_id or kept.merged_into_id:
        raise ComplianceError("One of the two is merged into another already.")
    versions = {each.label: each for each in kept.versions.all()}
    for version in gone.versions.all():
        if version.label not in versions and version.activities.exists():
            versions[version.label] = CourseVersion.objects.create(
                course=kept,
                label=version.label,
                effective_on=version.effective_on,
                retraining=version.retraining,
                change_note=version.change_note,
                credit_hours=version.credit_hours,
            )
    for activity in gone.activities.select_related("version"):
        activity.version = None if activity.version is None else versions[activity.version.label]
        activity.course = kept
        activity.save(update_fields=["course", "version"])
    gone.merged_into = kept
    gone.retired_on = gone.retired_on or timezone.now().date()
    gone.save(update_fields=["merged_into", "retired_on"])


def _check(course: Course, iri: str, version: CourseVersion | None) -> None:
    if not iri or len(iri) > IRI_MOST or "\0" in iri or ":" not in iri or iri != iri.strip():
        raise ComplianceError(
            f"An activity is named by an IRI of at most {IRI_MOST} characters.", field="iri"
        )
    if version is not None and version.course_id != course.pk:
        raise ComplianceError("This version is of another course.", field="version")
    if course.merged_into_id is not None:
        raise ComplianceError("This course is merged into another one.", field="course")
