"""A review of the audit trail as a record that is signed.

In: a review whose reviewer has written down what was looked at and found (`review.prepare`). Out: what the
signer sees: the period, and that note. The signature completes the review.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.urls import reverse

from compliance.models import AuditReview, Meaning, Signature
from compliance.signing import NotAllowed, Shown, SignableKind, Step, register
from compliance.signing.standing import key_of, version_of
from compliance.trail import review

KIND = "audit-review"


def _found(record_key: str) -> AuditReview:
    rows = AuditReview.objects.filter(pk=key_of(record_key)).exclude(note="")
    if connection.in_atomic_block:
        rows = rows.select_for_update()
    found = rows.first()
    if found is None:
        raise LookupError(record_key)
    return found


def _signature_of(found: AuditReview) -> int | None:
    """Return the position of the signature that completed it."""
    if found.reviewed is None:
        return None
    rows = Signature.objects.filter(kind=KIND, record_key=str(found.pk), signer=found.reviewed_by_id)
    return rows.order_by("-position").values_list("position", flat=True).first()


def _shown(record_key: str) -> Shown:
    found = _found(record_key)
    content = {
        "period opened": found.opened.isoformat(),
        "entries": found.entries,
        "after entry": found.from_seq,
        "to entry": found.to_seq,
        "due": found.due.isoformat(),
        "looked at and found": found.note,
        "to be followed up": found.follow_up,
    }
    return Shown(
        kind=KIND,
        record_key=record_key,
        version=version_of(content, _signature_of(found)),
        title=f"Review of the audit trail, entries {found.from_seq + 1} to {found.to_seq}",
        # Whoever made the changes may not review them: `review.complete` knows.
        author_id=None,
        content=content,
    )


def _complete(record_key: str, signatures: Sequence[Signature]) -> None:
    found = _found(record_key)
    try:
        review.complete(
            found, by=signatures[-1].signer, note=found.note, follow_up=found.follow_up, signed=True
        )
    except review.NotReviewed as error:
        raise NotAllowed(str(error), rule="own") from error


AUDIT_REVIEW = register(
    SignableKind(
        kind=KIND,
        label="review of the audit trail",
        shown=_shown,
        complete=_complete,
        policy=(Step(meaning=Meaning.REVIEW.value),),
        view_permission="compliance.view_auditreview",
        address=lambda _: reverse("admin:compliance_auditreview_changelist"),
    )
)
