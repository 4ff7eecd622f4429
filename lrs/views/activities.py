"""activities: the whole Activity object, as merged from all statements (xAPI 1.0.3, Communication 2.5)."""

from __future__ import annotations

import orjson
from django.http import HttpResponse

from lrs import activities
from lrs.documents import preconditions
from lrs.views.document import activity_of
from lrs.views.resource import Call, Resource


class ActivitiesResource(Resource):
    """The activities resource; every language is returned, whatever Accept-Language says."""

    name = "activities"
    parameters = {"GET": frozenset({"activityId"})}

    def get(self, call: Call) -> HttpResponse:
        """Return the activity; one nobody described is an Activity object too."""
        activity = activities.read(call.access.store_id, activity_of(call))
        return described(call, orjson.dumps(activity))


def described(call: Call, content: bytes) -> HttpResponse:
    """Return JSON with its ETag, or 304 where the client has it already (Communication 3.1)."""
    etag = preconditions.entity_tag(content)
    known = preconditions.read(call.headers).if_none_match
    if known is not None and known.matches(etag):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(content, content_type="application/json")
    response.headers["ETag"] = f'"{etag}"'
    return response
