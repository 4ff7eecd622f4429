"""What is written in the transaction of a batch beside its statements: attachments and signature findings.

In: the keys a batch was given. Out: rows. Contents are durable in the attachment storage before this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lrs.models import Attachment, SignatureFinding, StatementAttachment
from lrs.validation.signature import Finding


@dataclass(frozen=True, slots=True)
class Content:
    """An attachment content that came with the request."""

    sha256: str
    size: int
    content_type: str


@dataclass(slots=True)
class Beside:
    """Attachment contents, who carries them (by position from 1), and what checking signatures found."""

    contents: dict[str, Content] = field(default_factory=dict)
    #: (position, SHA-256) → the SHA-2 the statement names it by.
    carried: dict[tuple[int, str], str] = field(default_factory=dict)
    findings: dict[int, Finding] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.contents or self.findings)


def write(store_id: int, beside: Beside, seqs: dict[int, int]) -> None:
    """Write what belongs to the statements newly stored (`seqs`: position → key)."""
    if not beside:
        return
    ids = _attachment_ids(store_id, beside.contents.values())
    StatementAttachment.objects.bulk_create(
        StatementAttachment(seq=seqs[position], attachment_id=ids[sha256], sha2=sha2)
        for (position, sha256), sha2 in sorted(beside.carried.items())
        if position in seqs
    )
    SignatureFinding.objects.bulk_create(
        SignatureFinding(
            seq=seqs[position],
            verified=finding.verified,
            algorithm=finding.algorithm,
            finding=finding.detail,
        )
        for position, finding in beside.findings.items()
        if position in seqs
    )


def _attachment_ids(store_id: int, contents: Iterable[Content]) -> dict[str, int]:
    ordered = sorted(contents, key=lambda content: content.sha256)
    Attachment.objects.bulk_create(
        [
            Attachment(
                store_id=store_id,
                sha256=content.sha256,
                size=content.size,
                content_type=content.content_type,
            )
            for content in ordered
        ],
        ignore_conflicts=True,
    )
    found = Attachment.objects.filter(store_id=store_id, sha256__in=[content.sha256 for content in ordered])
    return dict(found.values_list("sha256", "id"))
