"""The review of grants as a record that is signed: who reviewed what, with which outcome.

In: a round that is closed. Out: what the signer sees: every grant of it with the decision. A round that is
not closed cannot be signed, and one that is closed never changes (its decisions are filled once).
"""

from __future__ import annotations

from compliance.models import Meaning, Recertification
from compliance.signing import Shown, SignableKind, Step, register

KIND = "access-review"


def _shown(record_key: str) -> Shown:
    found = (
        Recertification.objects.filter(pk=int(record_key), closed__isnull=False).first()
        if record_key.isascii() and record_key.isdecimal() and len(record_key) < 10
        else None
    )
    if found is None or found.closed is None:
        raise LookupError(record_key)
    items = found.items.select_related("grant__user", "grant__role", "decided_by").order_by("pk")
    return Shown(
        kind=KIND,
        record_key=str(found.pk),
        version="1",
        title=f"Access review of {found.started:%Y-%m-%d}",
        author_id=found.started_by_id,
        content={
            "started": found.started.isoformat(),
            "closed": found.closed.isoformat(),
            "grants": [
                {
                    "grant": each.grant_id,
                    "holder": each.grant.user.get_username(),
                    "role": each.grant.role.name,
                    "kept": bool(each.keep),
                    "decided": each.decided.isoformat() if each.decided else "",
                    "decided_by": each.decided_by.get_username() if each.decided_by else "",
                    "note": each.note,
                }
                for each in items
            ],
        },
    )


ACCESS_REVIEW = register(
    SignableKind(
        kind=KIND,
        label="access review",
        shown=_shown,
        policy=(Step(meaning=Meaning.REVIEW.value),),
        view_permission="compliance.view_recertification",
    )
)
