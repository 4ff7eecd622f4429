"""Entries of a record, of an actor, of a period, newest first.

In: what is asked for. Out: a query set in no order yet; its pages go by `seq` (lrs.admin.keyset). Never
entries of another store than the one asked for, where one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from compliance.models import AuditEntry

KINDS = (
    "person",
    "credential",
    "scim_token",
    "sync_run",
    "task",
    "command",
    "process",
    "database",
    "anonymous",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """What is asked for; empty members ask for nothing."""

    #: Of this store alone, without what belongs to the whole hub.
    store_id: int | None = None
    table: str = ""
    key: str = ""
    operation: str = ""
    actor_kind: str = ""
    #: The id of an actor, or its name as it was.
    actor: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after_seq: int | None = None
    to_seq: int | None = None


def found(query: AuditQuery) -> QuerySet[AuditEntry]:
    """Return the entries a query finds."""
    exact: dict[str, Any] = {
        "store_id": query.store_id,
        "table_name": query.table,
        "row_key": query.key,
        "operation": query.operation,
        "actor_kind": query.actor_kind,
        "request_id": query.request_id,
        "at__gte": query.since,
        "at__lt": query.until,
        "seq__gt": query.after_seq,
        "seq__lte": query.to_seq,
    }
    given = {name: value for name, value in exact.items() if value is not None and value != ""}
    rows = AuditEntry.objects.filter(**given)
    return rows.filter(Q(actor_id=query.actor) | Q(actor_name=query.actor)) if query.actor else rows
