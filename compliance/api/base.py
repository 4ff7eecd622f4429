"""What every resource of compliance does alike: its scopes, its bodies, and how refusals are told.

In: requests. Out: as connectors.api.resource has it; a ComplianceError is 422 with the pointer of its field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db import connection
from django.http import HttpResponse
from rest_framework.request import Request

from compliance.errors import ComplianceError
from compliance.models import Course, CourseVersion
from connectors.api.problems import Problem, not_found, wrong_body
from connectors.api.resource import Listing, Resource

READ, WRITE = "compliance/read", "compliance/write"
_BODY_MOST = 64 * 1024 * 1024
Result = TypeVar("Result")


class ComplianceResource(Resource):
    """One resource of compliance."""

    scopes = (READ, WRITE)
    permission = "compliance.view_course"
    bodies: ClassVar[dict[str, Any]] = {}

    def body(self, request: Request) -> dict[str, Any]:
        """Return the checked body."""
        serializer = self.bodies[request.method or "POST"](data=json_object(request))
        serializer.is_valid(raise_exception=True)
        found: dict[str, Any] = serializer.validated_data
        return found

    def course(self, course_id: int) -> Course:
        """Return a course of the caller's store, or say that there is none."""
        found = Course.objects.filter(pk=course_id, store=self.caller.store_id).first()
        if found is None:
            raise not_found("course")
        return found


class ComplianceListing(ComplianceResource, Listing):
    """A list of compliance."""


def json_object(request: Request) -> Any:
    """Return a body, which is a JSON object."""
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if not announced.isdigit() or int(announced) > _BODY_MOST:
        raise Problem(413, f"A body here has at most {_BODY_MOST} bytes.", rule="body.size")
    try:
        body = request.data
    except RecursionError as error:
        raise Problem(400, "The body is nested too deeply.", rule="body.json") from error
    if not isinstance(body, dict):
        raise wrong_body([{"pointer": "", "detail": "The body is a JSON object."}], rule="body.object")
    return body


def done(write: Callable[[], Result]) -> Result:
    """Return what a write returns; what cannot be is told with its place."""
    try:
        return write()
    except ComplianceError as error:
        pointer = f"/{error.field}" if error.field else ""
        raise wrong_body([{"pointer": pointer, "detail": error.reason}], rule="compliance") from error


def version_of(course: Course, label: str | None) -> CourseVersion | None:
    """Return the version of a label; None for none."""
    if not label:
        return None
    found = course.versions.filter(label=label).first()
    if found is None:
        error = {"pointer": "/version", "detail": f"The course {course.code} has no version {label!r}."}
        raise wrong_body([error], rule="version.unknown")
    return found


def read_again(resource: Resource) -> None:
    """Let "now" be later than what was just written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [resource.now] = cursor.fetchone()


def nothing() -> HttpResponse:
    """Return the answer of what is gone."""
    return HttpResponse(status=204)
