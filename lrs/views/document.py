"""What the three document resources do alike: a `Call` becomes one call of `lrs.documents`.

In: calls to activities/state, activities/profile and agents/profile. Out: 200, 204 or 304 with ETag and
Last-Modified. Never a rule of its own: names, preconditions and merging are in `lrs.documents`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import orjson
from django.http import HttpResponse
from django.utils.http import http_date

from lrs import conf
from lrs.documents import preconditions, read, write
from lrs.documents.naming import Context
from lrs.documents.write import Unconditional
from lrs.errors import BadRequest, PreconditionFailed
from lrs.identity import agent_identifier
from lrs.models import DocumentKind
from lrs.validation.statements import check_agent
from lrs.views.resource import Call, Resource
from lrs.wire import parameters
from lrs.wire.version import Version


class DocumentResource(Resource):
    """A resource that keeps documents; subclasses say what names them."""

    kind: ClassVar[DocumentKind]
    #: The parameter that names one document.
    id_parameter: ClassVar[str]

    #: What a PUT may do without If-Match and If-None-Match: Communication 3.1 and XAPI-00273; 2.0, 4.1.4.
    unconditional: ClassVar[Mapping[Version, Unconditional]] = {
        Version.V1: Unconditional.NOTHING,
        Version.V2: Unconditional.CREATE,
    }

    def get(self, call: Call) -> HttpResponse:
        """Return the document, or the ids of the context."""
        context = self._context(call)
        conditions = preconditions.read(call.headers)
        if self.id_parameter in call.parameters:
            stored = read.one(context, self._document_id(call))
            response = HttpResponse(stored.content, content_type=stored.content_type)
            etag = stored.etag
            updated: datetime | None = stored.updated
            # Whatever a client stored must stay data when a browser is made to open its address.
            response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
            response.headers["X-Content-Type-Options"] = "nosniff"
        else:
            since = parameters.timestamp(call.parameters, "since")
            ids, updated = read.ids(context, since=since)
            response = HttpResponse(orjson.dumps(ids), content_type="application/json")
            etag = preconditions.entity_tag(response.content)
        if conditions.if_match is not None and not conditions.if_match.matches(etag):
            raise PreconditionFailed("The document is not the one If-Match names.", rule="document.if-match")
        if conditions.if_none_match is not None and conditions.if_none_match.matches(etag):
            response = HttpResponse(status=304)
        response.headers["ETag"] = f'"{etag}"'
        if updated is not None:
            response.headers["Last-Modified"] = http_date(updated.timestamp())
        return response

    def put(self, call: Call) -> HttpResponse:
        """Store the body as the document."""
        write.put(
            self._context(call),
            self._document_id(call),
            write.Content(body=call.body, content_type=call.content_type),
            preconditions=preconditions.read(call.headers),
            unconditional=self.unconditional[call.version],
            most_bytes=conf.document_bytes(),
            json_depth=conf.json_depth(),
        )
        return HttpResponse(status=204)

    def post(self, call: Call) -> HttpResponse:
        """Merge the body into the document, or store it where there is none."""
        write.post(
            self._context(call),
            self._document_id(call),
            write.Content(body=call.body, content_type=call.content_type),
            preconditions=preconditions.read(call.headers),
            most_bytes=conf.document_bytes(),
            json_depth=conf.json_depth(),
        )
        return HttpResponse(status=204)

    def delete(self, call: Call) -> HttpResponse:
        """Delete the document."""
        write.delete(
            self._context(call), self._document_id(call), preconditions=preconditions.read(call.headers)
        )
        return HttpResponse(status=204)

    def _document_id(self, call: Call) -> str:
        document_id = call.parameters.get(self.id_parameter)
        if not document_id:
            raise BadRequest(
                f"The parameter {self.id_parameter} is missing or empty.",
                rule=f"parameter.{self.id_parameter}",
            )
        return document_id

    def _context(self, call: Call) -> Context:
        takes = self.parameters["GET"]
        return Context(
            store_id=call.access.store_id,
            kind=self.kind,
            activity_id=activity_of(call) if "activityId" in takes else "",
            agent=identifier_of_agent(call) if "agent" in takes else "",
            registration=parameters.uuid(call.parameters, "registration"),
        )


def activity_of(call: Call) -> str:
    """Return the parameter `activityId`, which has to be there."""
    activity_id = parameters.absolute_iri(call.parameters, "activityId")
    if activity_id is None:
        raise BadRequest("The parameter activityId is missing.", rule="parameter.activityId")
    return activity_id


def agent_of(call: Call) -> dict[str, object]:
    """Return the parameter `agent`, which has to be there and to be an Agent, not a Group."""
    agent = parameters.agent(call.parameters, "agent")
    if agent is None:
        raise BadRequest("The parameter agent is missing.", rule="parameter.agent")
    if agent.get("objectType", "Agent") != "Agent":
        raise BadRequest(
            "The parameter agent must be an Agent, which may carry a group's identifier (Communication 2.6).",
            rule="parameter.agent",
            value=agent["objectType"],
        )
    check_agent(agent, call.version)
    return agent


def identifier_of_agent(call: Call) -> str:
    """Return the identifier of the parameter `agent` as compact JSON."""
    identifier = agent_identifier(agent_of(call))
    if identifier is None:
        raise BadRequest("The parameter agent has no identifier.", rule="parameter.agent")
    return identifier
