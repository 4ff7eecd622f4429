"""`roster`: everybody with an assignment at a moment, as known at another.

In: two moments. Out: one line a person, in the order of their ids. The whole roster is one question to the
database (connectors.workforce.as_of.roster), whichever past it asks about.
"""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from connectors import visible
from connectors.api import names
from connectors.api.names import CONTEXT
from connectors.api.people import as_asked
from connectors.api.resource import AT, KNOWN, Listing
from connectors.workforce import as_of


class Roster(Listing):
    """Everybody with an assignment."""

    name = "roster"
    lines = 1_000
    lines_most = 10_000
    parameters = {"GET": (AT, KNOWN)}
    answers = {
        "GET": {
            "type": "object",
            "required": ["person", "name", "context"],
            "properties": {
                "person": {"type": "integer"},
                "name": {"type": "string"},
                "context": CONTEXT,
            },
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """List everybody who had an assignment at a moment, with job, unit, location and manager."""
        found = list(
            as_of.roster(self.caller.store_id, self.at, self.known, after=self.after_id, most=self.limit + 1)
        )
        more = len(found) > self.limit
        found = found[: self.limit]
        last = found[-1].person_id if more else None
        seen = visible.only(each.person_id for each in found)
        found = [each for each in found if each.person_id in seen]
        called = names.people([each.person_id for each in found], self.at, self.known)
        lines = [
            {"person": each.person_id, "name": called.get(each.person_id, ""), "context": described}
            for each, described in zip(found, names.described(found, self.at, self.known), strict=True)
        ]
        return self.page(lines, None if last is None else [last], **as_asked(self))
