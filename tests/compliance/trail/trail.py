"""What tests ask of the trail: the entries of a row, or of everything one actor did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.db import connection, models

from compliance.models import AuditEntry, Course
from hub.database import grants
from lrs.acting import Acting, Actor, on_behalf_of
from tests.connectors.people import new_store


def entries(row: models.Model) -> list[Any]:
    """Return the entries of one row (AuditEntry), in order."""
    table = row._meta.db_table
    return list(AuditEntry.objects.filter(table_name=table, row_key=str(row.pk)).order_by("seq"))


def told(row: models.Model) -> list[tuple[str, Any, Any]]:
    """Return what the entries of a row say: operation, before, after."""
    return [(each.operation, each.before, each.after) for each in entries(row)]


def fire_safety(**fields: Any) -> Course:
    """Return a course in a store of its own."""
    made = {"store": new_store(), "code": f"FS-{uuid4().hex[:8]}", "title": "Fire safety"}
    return Course.objects.create(**(made | fields))


@contextmanager
def ann_acts(reason: str = "") -> Iterator[Actor]:
    """Have the block done by Ann, a compliance manager, in a request of hers."""
    ann = Actor(kind="person", id="4711", name="Ann Lee (ann)")
    acting = Acting(actor=ann, process="web", request_id="req-1", address="192.0.2.7", reason=reason)
    with on_behalf_of(acting):
        yield ann


@contextmanager
def as_the_application() -> Iterator[str]:
    """Be a role that was granted what the application is granted; within a transaction."""
    role = f"application_{uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} NOSUPERUSER")
        grants.apply(role)
        cursor.execute(f"SET LOCAL ROLE {role}")
    yield role
