"""`audit-trail`: who changed what in a store, when and why, before and after.

In: filters. Out: entries, newest first. A key needs the scope audit/read, which `all` does not include.
Entries that belong to the whole hub (users, roles, schedules) are for people signed in to the administration.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from compliance.models import AuditEntry, Operation
from compliance.trail.search import KINDS, AuditQuery, found
from connectors.api import parameters
from connectors.api.resource import Listing, written

READ = "audit/read"
_ROW = {"type": ["object", "null"], "additionalProperties": True}
_TEXT = {"type": "string"}
LINE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "at", "table", "key", "operation", "before", "after", "actor"],
    "properties": {
        "id": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "table": _TEXT,
        "key": {**_TEXT, "description": "The row's primary key."},
        "operation": {"type": "string", "enum": Operation.values},
        "before": {**_ROW, "description": "The row before; of a changed row, the columns that changed."},
        "after": _ROW,
        "actor": {
            "type": "object",
            "properties": {"kind": {"type": "string", "enum": list(KINDS)}, "id": _TEXT, "name": _TEXT},
        },
        "process": _TEXT,
        "request_id": _TEXT,
        "address": _TEXT,
        "reason": _TEXT,
        "database_role": _TEXT,
    },
}


class AuditTrail(Listing):
    """The audit trail of a store."""

    name = "audit-trail"
    scopes = (READ, READ)
    permission = "compliance.view_auditentry"
    answers = {"GET": LINE}
    parameters = {
        "GET": (
            parameters.text("table", "Only rows of this table.", most=63),
            parameters.text("key", "Only the row with this primary key; goes with table.", most=200),
            parameters.choice("operation", "Only what was added, changed or removed.", Operation.values),
            parameters.choice("actor_kind", "Only what was done by one of these.", KINDS),
            parameters.text("actor", "Only what was done by this one: its id, or its name then.", most=300),
            parameters.text("request_id", "Only what one request changed.", most=64),
            parameters.moment("since", "Only what was changed at or after this."),
            parameters.moment("until", "Only what was changed before this."),
        )
    }

    def get(self, _request: Request) -> HttpResponse:
        """List entries of the store, newest first."""
        query = AuditQuery(store_id=self.caller.store_id, **self.values_without_store())
        rows = found(query)
        if self.after:
            rows = rows.filter(seq__lt=self.after_id)
        page = list(rows.order_by("-seq")[: self.limit + 1])
        lines = [line(each) for each in page[: self.limit]]
        return self.page(lines, [lines[-1]["id"]] if len(page) > self.limit else None)

    def values_without_store(self) -> dict[str, Any]:
        """Return the filters that were given."""
        return {name: value for name, value in self.values.items() if name != "store"}


def line(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as the API gives it."""
    return {
        "id": entry.seq,
        "at": written(entry.at),
        "table": entry.table_name,
        "key": entry.row_key,
        "operation": entry.operation,
        "before": entry.before,
        "after": entry.after,
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id, "name": entry.actor_name},
        "process": entry.process,
        "request_id": entry.request_id,
        "address": entry.address,
        "reason": entry.reason,
        "database_role": entry.database_role,
    }
