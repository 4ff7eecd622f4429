"""`POST people`, `PATCH people/{id}` and `DELETE people/{id}`: people no HR system knows.

In: bodies of connectors.api.by_hand_body. Out: the person as known afterwards. The scope is
`workforce/write`. Who repeats a POST with the same Idempotency-Key gets the same person again.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import connection
from django.http import HttpResponse
from rest_framework.request import Request

from connectors.api import parameters, person
from connectors.api.by_hand_body import ChangedPerson, NewPerson
from connectors.api.people import PERSON, OnePerson, People, everything
from connectors.api.problems import Problem, wrong_body
from connectors.api.resource import Resource, answer
from connectors.errors import Refused
from connectors.workforce import by_hand
from connectors.workforce.by_hand import Kept, KeptAlready, OtherBody, Told

_IDEMPOTENCY_MOST = 200
#: Bytes of a body.
_BODY_MOST = 256 * 1024
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of your own; the same again, with the same body, is the same person.",
    "schema": {"type": "string", "minLength": 1, "maxLength": _IDEMPOTENCY_MOST},
}


class KeptPeople(People):
    """People, some of whom are kept by hand."""

    answers = {**People.answers, "POST": PERSON}
    bodies: ClassVar[dict[str, Any]] = {"POST": NewPerson}
    headers_taken: ClassVar[dict[str, Any]] = {"POST": (_IDEMPOTENCY,)}

    def post(self, request: Request) -> HttpResponse:
        """Keep a contractor or partner no HR system knows."""
        body = NewPerson(data=_object(request))
        body.is_valid(raise_exception=True)
        told = Told(self.caller.store_id, self.caller.credential_id, self._idempotency_key())
        kept = _done(lambda: by_hand.add(told, body.validated_data))
        response = _answer(self, kept, status=201)
        response.headers["Location"] = f"{self.django_request.path}/{kept.person_id}"
        if kept.repeated:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _idempotency_key(self) -> str:
        found = self.django_request.headers.get("Idempotency-Key", "")
        if "Idempotency-Key" in self.django_request.headers and not (
            0 < len(found) <= _IDEMPOTENCY_MOST and found.isprintable()
        ):
            raise Problem(
                400, f"An Idempotency-Key has 1 to {_IDEMPOTENCY_MOST} characters.", rule="idempotency-key"
            )
        return found


class KeptPerson(OnePerson):
    """One person, who may be kept by hand."""

    parameters = {
        **OnePerson.parameters,
        "DELETE": (
            parameters.day("at", "The last day; today where it is left out, from this moment on."),
            parameters.text("reason", "Why; kept with the engagement.", most=100),
            parameters.flag("mistake", "There never was one: nothing of it counts for any time."),
        ),
    }
    answers = {**OnePerson.answers, "PATCH": PERSON, "DELETE": PERSON}
    bodies: ClassVar[dict[str, Any]] = {"PATCH": ChangedPerson}

    def patch(self, request: Request, person_id: int) -> HttpResponse:
        """Change what is so of somebody kept by hand; what is left out stays."""
        found = person.of(self, person_id)
        body = ChangedPerson(data=_object(request))
        body.is_valid(raise_exception=True)
        kept = _done(lambda: by_hand.change(self._told(), found.pk, body.validated_data))
        return _answer(self, kept)

    def delete(self, _request: Request, person_id: int) -> HttpResponse:
        """End the engagement of somebody kept by hand. The person and what they learned stay."""
        found = person.of(self, person_id)
        asked = self.values
        kept = _done(
            lambda: by_hand.end(
                self._told(),
                found.pk,
                at=asked.get("at"),
                reason=asked.get("reason", ""),
                mistake=asked.get("mistake", False),
            )
        )
        return _answer(self, kept)

    def _told(self) -> Told:
        return Told(self.caller.store_id, self.caller.credential_id)


def _object(request: Request) -> Any:
    """Return the body, which is a small JSON object."""
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


def _done(write: Any) -> Kept:
    try:
        kept: Kept = write()
    except Refused as refused:
        error = {"pointer": refused.field, "detail": refused.reason}
        raise wrong_body([error], rule=refused.rule) from refused
    except OtherBody as error:
        raise Problem(422, error.reason, rule="idempotency-key") from error
    except KeptAlready as error:
        raise Problem(409, error.reason, rule="person.kept") from error
    return kept


def _answer(resource: Resource, kept: Kept, *, status: int = 200) -> HttpResponse:
    """Return the person as known now, by the clock that recorded it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [resource.now] = cursor.fetchone()
    resource.values = {}
    return answer(everything(resource, person.of(resource, kept.person_id)), status=status)
