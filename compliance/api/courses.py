"""`courses`, their versions and activities, and merging two that are one."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from rest_framework.request import Request

from compliance.api import bodies
from compliance.api.base import ComplianceListing, ComplianceResource, done, nothing, version_of
from compliance.catalogue import courses
from compliance.models import Course, CourseActivity, CourseVersion
from connectors.api import parameters
from connectors.api.problems import Problem, not_found, wrong_body
from connectors.api.resource import answer

_DAY = {"type": ["string", "null"], "format": "date"}
_HOURS = {"type": ["string", "null"], "description": "Decimal."}
_VERSION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "label", "effective_on"],
    "properties": {
        "id": {"type": "integer"},
        "label": {"type": "string"},
        "effective_on": {"type": "string", "format": "date"},
        "retraining": {"type": "boolean"},
        "change_note": {"type": "string"},
        "credit_hours": _HOURS,
    },
}
_ACTIVITY: dict[str, Any] = {
    "type": "object",
    "required": ["id", "iri"],
    "properties": {
        "id": {"type": "integer"},
        "iri": {"type": "string"},
        "version": {"type": ["string", "null"]},
    },
}
COURSE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "code", "title", "kind"],
    "properties": {
        "id": {"type": "integer"},
        **{name: {"type": "string"} for name in ("code", "title", "description", "kind")},
        "credit_hours": _HOURS,
        "retired_on": _DAY,
        "same_within_hours": {"type": ["integer", "null"]},
        "merged_into": {"type": ["integer", "null"]},
        "versions": {"type": "array", "items": _VERSION},
        "activities": {"type": "array", "items": _ACTIVITY},
    },
}


class Courses(ComplianceListing):
    """The courses of a store."""

    name = "courses"
    parameters = {
        "GET": (
            parameters.text("code", "Only the one with this code.", most=100),
            parameters.text("iri", "Only the one this activity is of.", most=2_000),
            parameters.flag("retired", "Only retired ones, or only those that are not."),
        )
    }
    answers = {"GET": COURSE, "POST": COURSE}
    bodies = {"POST": bodies.NewCourse}

    def get(self, _request: Request) -> HttpResponse:
        """List courses, in the order of their ids."""
        rows = Course.objects.filter(store=self.caller.store_id, pk__gt=self.after_id)
        if "code" in self.values:
            rows = rows.filter(code=self.values["code"])
        if "iri" in self.values:
            rows = rows.filter(activities__iri=self.values["iri"])
        if "retired" in self.values:
            rows = rows.filter(retired_on__isnull=not self.values["retired"])
        found = list(
            rows.order_by("pk").prefetch_related("versions", "activities__version")[: self.limit + 1]
        )
        more = len(found) > self.limit
        found = found[: self.limit]
        return self.page([described(each) for each in found], [found[-1].pk] if more else None)

    def post(self, request: Request) -> HttpResponse:
        """Add a course."""
        course = Course(store_id=self.caller.store_id, **self.body(request))
        try:
            with transaction.atomic():
                course.save()
        except IntegrityError as error:
            raise Problem(409, f"There is a course {course.code} already.", rule="course.code") from error
        response = answer(described(course), status=201)
        response.headers["Location"] = f"{self.django_request.path}/{course.pk}"
        return response


class OneCourse(ComplianceResource):
    """One course."""

    answers = {"GET": COURSE, "PATCH": COURSE}
    bodies = {"PATCH": bodies.ChangedCourse}

    def get(self, _request: Request, course_id: int) -> HttpResponse:
        """Return a course with its versions and activities."""
        return answer(described(self.course(course_id)))

    def patch(self, request: Request, course_id: int) -> HttpResponse:
        """Change a course; completions follow what they depend on."""
        values = self.body(request)
        course = self.course(course_id)
        for name, value in values.items():
            setattr(course, name, value)
        course.save(update_fields=list(values)) if values else None
        return answer(described(self.course(course_id)))


class Versions(ComplianceResource):
    """The versions of a course."""

    answers = {"POST": _VERSION}
    bodies = {"POST": bodies.NewVersion}

    def post(self, request: Request, course_id: int) -> HttpResponse:
        """Add a version; completions from its day on are of it."""
        version = CourseVersion(course=self.course(course_id), **self.body(request))
        try:
            with transaction.atomic():
                version.save()
        except IntegrityError as error:
            raise Problem(409, "There is a version of this label already.", rule="version.label") from error
        return answer(_version(version), status=201)


class Activities(ComplianceResource):
    """The activities by which statements name a course."""

    answers = {"POST": _ACTIVITY}
    bodies = {"POST": bodies.NewActivity}

    def post(self, request: Request, course_id: int) -> HttpResponse:
        """Say that an activity is this course; what was learned of it counts."""
        said = self.body(request)
        course = self.course(course_id)
        version = version_of(course, said.get("version"))
        move = said.get("move", False)
        found = done(lambda: courses.assign(course, said["iri"], version=version, move=move))
        return answer(_activity(found), status=201)


class OneActivity(ComplianceResource):
    """One activity of a course."""

    answers = {"DELETE": {"type": "null"}}

    def delete(self, _request: Request, course_id: int, activity_id: int) -> HttpResponse:
        """Say that an activity is not this course; what stands on it alone is withdrawn."""
        rows = CourseActivity.objects.filter(course=self.course(course_id), pk=activity_id)
        found = rows.first()
        if found is None:
            raise not_found("activity")
        courses.unassign(found)
        return nothing()


class Merge(ComplianceResource):
    """A course that is another one."""

    answers = {"POST": COURSE}
    bodies = {"POST": bodies.Merge}

    def post(self, request: Request, course_id: int) -> HttpResponse:
        """Make a course one with another; answer with that other."""
        into_id = self.body(request)["into"]
        course = self.course(course_id)
        into = Course.objects.filter(pk=into_id, store=self.caller.store_id).first()
        if into is None:
            raise wrong_body([{"pointer": "/into", "detail": "There is no such course."}])
        done(lambda: courses.merge(course, into))
        return answer(described(self.course(into_id)), status=201)


def described(course: Course) -> dict[str, Any]:
    """Return a course as it is given."""
    return {
        "id": course.pk,
        "code": course.code,
        "title": course.title,
        "description": course.description,
        "kind": course.kind,
        "credit_hours": None if course.credit_hours is None else str(course.credit_hours),
        "retired_on": course.retired_on,
        "same_within_hours": course.same_within_hours,
        "merged_into": course.merged_into_id,
        "versions": [_version(each) for each in course.versions.all()],
        "activities": [_activity(each) for each in course.activities.all()],
    }


def _version(version: CourseVersion) -> dict[str, Any]:
    return {
        "id": version.pk,
        "label": version.label,
        "effective_on": version.effective_on,
        "retraining": version.retraining,
        "change_note": version.change_note,
        "credit_hours": None if version.credit_hours is None else str(version.credit_hours),
    }


def _activity(activity: CourseActivity) -> dict[str, Any]:
    label = None if activity.version is None else activity.version.label
    return {"id": activity.pk, "iri": activity.iri, "version": label}
