"""The certificate of a disposition: what is left of what was destroyed.

In: a disposition none of whose records is left. Out: one DispositionCertificate, told by the audit trail and
so by the proof log; as JSON and as text for people. Names nobody but those who signed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import rfc8785
from django.db import connection
from django.utils import timezone

from compliance.models import Disposition, DispositionCertificate, LogHead, Signature

_RULES = """
    SELECT c ->> 'schedule', (c ->> 'version')::integer, c ->> 'citation', count(DISTINCT i.id)
    FROM compliance_disposition_item i CROSS JOIN LATERAL jsonb_array_elements(i.chain) c
    WHERE i.disposition_id = %s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_OUTCOMES = """
    SELECT i.record_class, r.outcome, count(*) FROM compliance_disposition_item i
    JOIN compliance_disposition_result r ON r.item_id = i.id
    WHERE i.disposition_id = %s GROUP BY 1, 2 ORDER BY 1, 2
"""
_COUNTS = (
    "SELECT record_class, count(*) FROM compliance_disposition_item WHERE disposition_id = %s GROUP BY 1"
    " ORDER BY 1"
)


def counts(disposition: Disposition) -> dict[str, int]:
    """Return record class → records on the list."""
    return dict(_rows(_COUNTS, disposition))


def rules(disposition: Disposition) -> list[dict[str, Any]]:
    """Return the rules the list rests on, with how many records each concerns."""
    return [
        {"schedule": code, "version": version, "citation": citation, "records": many}
        for code, version, citation, many in _rows(_RULES, disposition)
    ]


def write(disposition: Disposition) -> DispositionCertificate:
    """Write the certificate; once."""
    head = LogHead.objects.first()
    now = timezone.now()
    content: dict[str, Any] = {
        "certificate": "disposition",
        "disposition": disposition.pk,
        "title": disposition.title,
        "basis": disposition.basis,
        "as_of": disposition.as_of.isoformat(),
        "completed": now.isoformat(),
        "rules": rules(disposition),
        "records": disposition.records,
        "outcomes": [
            {"record_class": name, "outcome": outcome, "records": many}
            for name, outcome, many in _rows(_OUTCOMES, disposition)
        ],
        "scope_sha256": disposition.scope_sha256,
        "approvals": [_approval(each) for each in approvals(disposition)],
        "log_size": 0 if head is None else head.size,
        "log_disposals": _disposals(disposition),
    }
    made, _ = DispositionCertificate.objects.get_or_create(
        disposition=disposition,
        defaults={"at": now, "content": content, "sha256": sha256(rfc8785.dumps(content)).hexdigest()},
    )
    return made


def approvals(disposition: Disposition) -> list[Signature]:
    """Return who signed, in order."""
    rows = Signature.objects.filter(kind="disposition", record_key=str(disposition.pk))
    return list(rows.order_by("position"))


def as_text(made: DispositionCertificate) -> str:
    """Return the certificate as people read it."""
    said = made.content
    lines = [
        f"Certificate of disposition {said['disposition']}",
        said["title"],
        "",
        f"Completed {said['completed']}, of what was due on {said['as_of']} ({said['basis']}).",
        *(f"- {each['outcome']}: {each['records']} × {each['record_class']}" for each in said["outcomes"]),
        "",
        "Rules:",
        *(
            f"- {each['schedule']} version {each['version']}, {each['citation']}: {each['records']} records"
            for each in said["rules"]
        ),
        "",
        "Signed:",
        *(f"- {each['printed_name']}, {each['meaning']}, {each['signed_at']}" for each in said["approvals"]),
        "",
        f"SHA-256 of the list: {said['scope_sha256']}",
        f"SHA-256 of this certificate: {made.sha256}",
        f"Proof log: size {said['log_size']}, disposals {', '.join(map(str, said['log_disposals']))}",
    ]
    return "\n".join(lines) + "\n"


def _approval(signature: Signature) -> dict[str, Any]:
    return {
        "printed_name": signature.printed_name,
        "meaning": signature.meaning,
        "signed_at": signature.signed_at.isoformat(),
        "zone": signature.zone,
        "shown_sha256": signature.shown_hash,
    }


def _disposals(disposition: Disposition) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM compliance_log_disposal WHERE reference = %s ORDER BY id",
            [f"disposition {disposition.pk}"],
        )
        return [row[0] for row in cursor.fetchall()]


def _rows(query: str, disposition: Disposition) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [disposition.pk])
        return list(cursor.fetchall())
