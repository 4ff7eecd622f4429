"""Publication: what was logged is shown under a signed checkpoint.

In: the tree in the database. Out: files, a moved lock, a checkpoint. In this order, each step durable before
the next, all under the lock of the log:

1. tiles and bundles are written. A crash leaves files nobody needs yet; they are written again, the same.
2. the lock outside the database is moved. A crash leaves it ahead of the checkpoints: the tree still has what
   it says, so the next publication goes on from it. The signature has left the process for nobody.
3. the checkpoint is kept in the database. A crash leaves the file of the checkpoint one behind.
4. the file of the checkpoint is replaced; the next publication does so where it was not.

Never signs a tree that does not go on from the last one (guard).
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from compliance.models import LogCheckpoint
from compliance.proof import conf, folder, keys, lock, note, stored
from compliance.proof.checkpoint import Checkpoint
from compliance.proof.errors import LogRefused
from compliance.proof.guard import check_published, lock_log
from compliance.proof.lock import Published
from compliance.proof.note import Signer
from compliance.proof.stored import Head

logger = structlog.get_logger(__name__)


def publish(*, now: bool = False) -> LogCheckpoint | None:
    """Publish the tree where it grew and the last checkpoint is old enough, or with `now`, at once.

    Returns the last checkpoint, new or not; None where there is none, or another process has the log.
    """
    with transaction.atomic():
        if not lock_log():
            return None
        published = check_published()
        head = stored.head()
        last = LogCheckpoint.objects.order_by("-id").first()
        if _due(head, last, now=now):
            last = _signed(head, published, keys.signers(head.origin))
    if last is not None:
        folder.write_checkpoint(full_note(last))
    return last


def rotate_key() -> LogCheckpoint:
    """Have a new key sign: once together with the old ones, which so vouch for it, and then alone."""
    publish(now=True)
    with transaction.atomic():
        if not lock_log():
            raise LogRefused("The log is being written; try again in a moment.")
        published = check_published()
        head = stored.head()
        newest = keys.add(head.origin)
        made = _signed(head, published, keys.signers(head.origin))
        keys.retire(newest)
    folder.write_checkpoint(full_note(made))
    logger.info("log_key_rotated", key=newest.key_id, size=made.size)
    return made


def full_note(checkpoint: LogCheckpoint) -> str:
    """Return the note of a checkpoint with the lines of every witness."""
    lines = checkpoint.cosignatures.order_by("id").values_list("line", flat=True)
    return note.joined(checkpoint.note, lines)


def latest() -> LogCheckpoint | None:
    """Return the last checkpoint; None where nothing was published yet."""
    return LogCheckpoint.objects.order_by("-id").first()


def _due(head: Head, last: LogCheckpoint | None, *, now: bool) -> bool:
    if last is None:
        return head.size > 0
    if last.size == head.size:
        return False
    return now or timezone.now() - last.signed >= timedelta(seconds=conf.publish_seconds())


def _signed(head: Head, published: Published | None, signers: list[Signer]) -> LogCheckpoint:
    folder.write_tiles(0 if published is None else published.size, head.size)
    text = Checkpoint(head.origin, head.size, head.root).text
    made = note.signed(text, signers)
    witnessed = 0 if published is None else published.witnessed
    lock.advance(published, Published(head.origin, head.size, head.root, made, witnessed))
    return LogCheckpoint.objects.create(size=head.size, root=head.root, note=made)
