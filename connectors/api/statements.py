"""`statements`: what was learned, by the workforce context it was learned in.

In: filters over contexts and statements. Out: each statement byte for byte as it is stored, with its contexts
beside it, newest first by its own timestamp. Statements appear once their context has been derived, within
seconds. Never another store's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.request import Request

from connectors.api import parameters
from connectors.api.problems import wrong_parameter
from connectors.api.resource import Listing
from connectors.enrichment import show
from connectors.enrichment.extended import EXTENSION, extended
from connectors.enrichment.log import Position
from connectors.enrichment.search import ContextQuery, Found, search
from connectors.models import AssignmentStatus, WorkerType
from lrs.query.by_key import KeyedStatement, read_by_keys

STATEMENT: dict[str, Any] = {
    "type": "object",
    "required": ["position", "voided", "source", "statement", "context"],
    "properties": {
        "position": {"type": "string", "description": "Where it stands in the export."},
        "voided": {"type": "boolean"},
        "source": {"type": "integer", "description": "The LMS that posted it."},
        "statement": {"type": "object", "description": "Exactly as it is stored."},
        "context": {
            "type": "array",
            "description": "One entry for each actor: a person with the context then, or why there is none.",
            "items": {"type": "object"},
        },
        "extended": {
            "type": "object",
            "description": f"With extension=true: a copy with the context under {EXTENSION}.",
        },
    },
}


class Statements(Listing):
    """Statements with their context."""

    name = "statements"
    answers = {"GET": STATEMENT}
    parameters = {
        "GET": (
            parameters.identity("person", "Learned by this person."),
            parameters.identity("unit", "Learned in this organization unit or below it, as it was then."),
            parameters.identity("job", "Learned in this job."),
            parameters.identity("location", "Learned at this location."),
            parameters.identity("manager", "Learned by who had this person as manager."),
            parameters.identity(
                "manager_line", "Learned by who had this person as manager, directly or through others."
            ),
            parameters.choice("worker_type", "Learned as one of these.", WorkerType.values),
            parameters.choice("status", "Learned while the assignment was in this.", AssignmentStatus.values),
            parameters.text("regulatory_class", "Learned in a job of this regulatory class."),
            parameters.identity("source", "Posted by this LMS."),
            parameters.text("verb", "With this verb.", most=2_000),
            parameters.text("activity", "About this activity.", most=2_000),
            parameters.moment("since", "With a timestamp from then on."),
            parameters.moment("until", "With a timestamp before then."),
            parameters.choice(
                "order", "By the statement's timestamp.", ("newest", "oldest"), default="newest"
            ),
            parameters.flag("extension", "Also give a copy with the context inside context.extensions."),
        )
    }

    def get(self, _request: Request) -> HttpResponse:
        """List statements with the workforce context of their own time.

        All filters must hold for one actor of a statement.
        """
        asked = self.values
        if "manager" in asked and "manager_line" in asked:
            raise wrong_parameter("manager", "Ask for the manager or for the manager's line, not for both.")
        found, more = search(
            ContextQuery(
                store_id=self.caller.store_id,
                person_id=asked.get("person"),
                unit_id=asked.get("unit"),
                job_id=asked.get("job"),
                location_id=asked.get("location"),
                manager_id=asked.get("manager"),
                line_of=asked.get("manager_line"),
                worker_type=asked.get("worker_type", ""),
                status=asked.get("status", ""),
                regulatory_class=asked.get("regulatory_class", ""),
                source_id=asked.get("source"),
                verb=asked.get("verb", ""),
                activity=asked.get("activity", ""),
                since=asked.get("since"),
                until=asked.get("until"),
                ascending=asked.get("order") == "oldest",
                after=self._after(),
                limit=self.limit,
            )
        )
        last = [found[-1].moment.isoformat(), found[-1].seq] if more else None
        return self.page(self._lines([each.seq for each in found]), last)

    def _after(self) -> Found | None:
        return Found(datetime.fromisoformat(self.after[0]), int(self.after[1])) if self.after else None

    def _lines(self, seqs: Sequence[int]) -> list[dict[str, Any]]:
        statements = read_by_keys(self.caller.store_id, seqs)
        shown = show.derived(seqs)
        with_copy = self.values.get("extension", False)
        return [
            line(statements[seq], shown[seq], with_copy=with_copy)
            for seq in seqs
            # Between the two questions nothing goes away but what disposition removed.
            if seq in statements and seq in shown
        ]


def line(statement: KeyedStatement, shown: show.Shown, *, with_copy: bool = False) -> dict[str, Any]:
    """Return one statement, its payload untouched, with its contexts."""
    found: dict[str, Any] = {
        "position": str(Position(shown.xid, statement.seq)),
        "voided": statement.voided,
        "source": statement.source_id,
        "statement": orjson.Fragment(statement.payload.encode()),
        "context": shown.contexts,
    }
    if with_copy:
        found["extended"] = orjson.Fragment(extended(statement.payload, shown.contexts))
    return found
