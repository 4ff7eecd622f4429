"""Files that show a training: kept with the attachments of the store, by their SHA-256.

In: a draft and a file. Out: a row of TrainingEvidence; the content is durable before the row is there, and
goes with the statement when the record is posted. Raises ComplianceError.
"""

from __future__ import annotations

import re
from hashlib import sha256

from django.db import transaction

from compliance.errors import ComplianceError
from compliance.models import TrainingEvidence, TrainingRecord, TrainingState
from lrs import attachments

FILES_MOST = 20
BYTES_MOST = 25 * 1024 * 1024
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}", re.ASCII)


@transaction.atomic
def add(
    record: TrainingRecord, name: str, content_type: str, content: bytes, *, is_certificate: bool = False
) -> TrainingEvidence:
    """Add a file to a draft; the same content again is the same evidence."""
    if not content or len(content) > BYTES_MOST:
        raise ComplianceError(f"A file has 1 to {BYTES_MOST:,} bytes.", field="evidence")
    if not name.strip() or len(name) > 255 or not name.isprintable():
        raise ComplianceError("A file has a name of 1 to 255 characters.", field="evidence")
    if _MEDIA_TYPE.fullmatch(content_type) is None:
        raise ComplianceError("The type of a file is a media type, as application/pdf.", field="evidence")
    held = TrainingRecord.objects.select_for_update().get(pk=record.pk)
    if held.state != TrainingState.DRAFT:
        raise ComplianceError("Evidence is added to drafts only.", field="evidence")
    digest = sha256(content).hexdigest()
    found = held.evidence.filter(sha256=digest).first()
    if found is not None:
        return found
    if held.evidence.count() >= FILES_MOST:
        raise ComplianceError(f"A record has at most {FILES_MOST} files.", field="evidence")
    attachments.keep(held.store_id, {digest: content})
    return TrainingEvidence.objects.create(
        record=held,
        name=name.strip(),
        content_type=content_type,
        size=len(content),
        sha256=digest,
        is_certificate=is_certificate,
    )


def content(record: TrainingRecord, evidence: TrainingEvidence) -> bytes:
    """Return the content of a file. Raises lrs.errors.NotFound where it is gone."""
    return b"".join(attachments.read(record.store_id, evidence.sha256))
