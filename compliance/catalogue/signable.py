"""A course that counts as another as a record that is signed.

In: a proposal (`equivalence.propose`). Out: what the signer sees; the last signature makes the equivalence.
Never by who proposed it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from compliance.catalogue import equivalence
from compliance.errors import ComplianceError
from compliance.models import EquivalenceProposal, Meaning, Signature
from compliance.signing import NotAllowed, Shown, SignableKind, Step, register
from compliance.signing.standing import row_of, signed_content, version_of

KIND = "course-equivalence"


def _found(record_key: str) -> EquivalenceProposal:
    return row_of(EquivalenceProposal.objects.select_related("course", "counts_as"), record_key)


def _shown(record_key: str) -> Shown:
    found = _found(record_key)
    before = signed_content(found.signature_id)
    # What came of it is what is vouched for.
    row = found.equivalence or found
    content = {
        "who completed": row.course.code,
        "title": before.get("title", row.course.title),
        "has also completed": row.counts_as.code,
        "title of that": before.get("title of that", row.counts_as.title),
        "the other way round as well": row.mutual,
        "completed on or after": row.valid_from.isoformat() if row.valid_from else None,
        "completed on or before": row.valid_to.isoformat() if row.valid_to else None,
        "reason": row.reason,
    }
    return Shown(
        kind=KIND,
        record_key=record_key,
        version=version_of(content, found.signature_id),
        title=f"{row.course.code} counts as {row.counts_as.code}",
        author_id=found.proposed_by_id,
        content=content,
    )


def _complete(record_key: str, signatures: Sequence[Signature]) -> None:
    found = _found(record_key)
    last = signatures[-1]
    try:
        found.equivalence = equivalence.approve(
            found.course,
            found.counts_as,
            reason=found.reason,
            approved_as=last.printed_name[:300],
            approved_by_id=last.signer_id,
            mutual=found.mutual,
            valid_from=found.valid_from,
            valid_to=found.valid_to,
            signed=True,
        )
    except ComplianceError as error:
        raise NotAllowed(error.reason, rule="record") from error
    found.signature_id = last.position
    found.save(update_fields=["equivalence", "signature_id"])


COURSE_EQUIVALENCE = register(
    SignableKind(
        kind=KIND,
        label="course equivalence",
        shown=_shown,
        complete=_complete,
        policy=(Step(meaning=Meaning.APPROVAL.value),),
        view_permission="compliance.view_courseequivalence",
        address=lambda _: reverse("admin:compliance_courseequivalence_changelist"),
    )
)
