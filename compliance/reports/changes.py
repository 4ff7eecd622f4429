"""Who changed what, who signed, who came in: the trail of a record, signatures, access, requirements.

In: a question. Out: tables, read by cursors. These reports cannot be cut down to a part of the organization:
they are for who may see the whole store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from compliance.access.looks import said
from compliance.models import AccessEvent, Disclosure, Grant, RequirementVersion, Signature
from compliance.reports.asked import Asked
from compliance.reports.bundle.evidence import Evidence
from compliance.reports.table import Table, Value
from compliance.reports.training import SIGNATURE_COLUMNS, signature_rows
from compliance.trail.search import AuditQuery, found

TRAIL_COLUMNS = (
    "Entry", "When", "Record", "What", "Before", "After", "By", "As", "Reason", "Request", "From",
)  # fmt: skip


def trail(asked: Asked, _: Evidence) -> list[Table]:
    """Return the entries of a record, oldest first; of all records of the store where none is named."""
    table, key = asked.record or ("", "")
    query = AuditQuery(
        store_id=asked.store_id,
        table=table,
        key=key,
        since=asked.since,
        until=min(asked.until, asked.known) if asked.until is not None else asked.known,
    )
    return [Table("Audit trail", TRAIL_COLUMNS, _entries(found(query)))]


def requirements(asked: Asked, _: Evidence) -> list[Table]:
    """Return every version of requirements, and every entry of the trail about them."""
    versions = RequirementVersion.objects.filter(requirement__store_id=asked.store_id)
    if asked.requirement_id is not None:
        versions = versions.filter(requirement_id=asked.requirement_id)
    keys = [str(each) for each in versions.values_list("pk", flat=True)]
    entries = found(AuditQuery(table="compliance_requirement_version")).filter(row_key__in=keys)
    rows = [
        (
            each.requirement.code,
            each.requirement.title,
            each.number,
            each.get_state_display(),
            each.effective_from,
            each.change_note,
            each.approved_at,
            each.approved_by.get_full_name() or each.approved_by.username if each.approved_by else "",
            each.retired_from,
            each.retired_why,
            _text(each.definition),
        )
        for each in versions.select_related("requirement", "approved_by").order_by("requirement", "number")
    ]
    columns = (
        "Requirement", "Title", "Version", "State", "In force from", "Why", "Approved", "By", "Retired from",
        "Why retired", "Definition",
    )  # fmt: skip
    return [Table("Versions", columns, rows), Table("Changes", TRAIL_COLUMNS, _entries(entries))]


def signatures(asked: Asked, _: Evidence) -> list[Table]:
    """Return every signature of a period, as it is read (21 CFR 11.50)."""
    rows = Signature.objects.filter(signed_at__lt=asked.until or asked.known).order_by("position")
    if asked.since is not None:
        rows = rows.filter(signed_at__gte=asked.since)
    return [Table("Signatures", SIGNATURE_COLUMNS, signature_rows(rows.iterator()))]


def access(asked: Asked, _: Evidence) -> list[Table]:
    """Return sign-ins, refusals, looks and exports, grants, and the disclosure log of a period."""
    events = _within(AccessEvent.objects.select_related("user"), asked).order_by("pk")
    looks = _within(Disclosure.objects.select_related("user"), asked).order_by("pk")
    grants = Grant.objects.filter(store_id=asked.store_id).select_related(
        "user", "role", "unit", "granted_by"
    )
    return [
        Table(
            "Access events",
            ("When", "What", "Who", "Where", "Address", "Detail"),
            (
                (
                    e.at,
                    e.get_kind_display(),
                    e.user_name,
                    e.what,
                    e.address,
                    _text(e.detail) if e.detail else "",
                )
                for e in events.iterator()
            ),
        ),
        Table(
            "Grants",
            ("Who", "Role", "Unit", "From", "Until", "Granted by", "Reason", "Revoked", "Why"),
            (
                (
                    each.user.username,
                    each.role.name,
                    "" if each.unit is None else each.unit.key,
                    each.starts,
                    each.ends,
                    each.granted_by.username,
                    each.reason,
                    each.revoked_at,
                    each.revoked_why,
                )
                for each in grants.order_by("pk").iterator()
            ),
        ),
        Table(
            "Looks at records of people",
            ("When", "Who", "What", "People", "Asked for", "Purpose", "Address"),
            (
                (
                    e.at,
                    "" if e.user is None else e.user.username,
                    said(e.kind),
                    len(e.people),
                    _text(e.filter),
                    e.purpose,
                    e.address,
                )
                for e in looks.iterator()
            ),
        ),
    ]


def _within(rows: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    rows = rows.filter(at__lt=asked.until or asked.known)
    return rows if asked.since is None else rows.filter(at__gte=asked.since)


def _entries(rows: QuerySet[Any]) -> Iterator[Sequence[Value]]:
    for each in rows.order_by("seq").iterator(chunk_size=1_000):
        yield (
            each.seq,
            each.at,
            f"{each.table_name} {each.row_key}",
            each.get_operation_display(),
            _text(each.before),
            _text(each.after),
            each.actor_name or each.actor_id or each.actor_kind,
            each.actor_kind,
            each.reason,
            each.request_id,
            each.address,
        )


def _text(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
