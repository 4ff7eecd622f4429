"""Who else vouches for the last checkpoint: every witness with an address, and a time-stamping authority.

In: the last checkpoint. Out: co-signatures and time-stamps. One that is away keeps none of the others; it is
asked again at the next wake-up, for the checkpoint that is last then.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.utils import timezone

from compliance.models import LogCheckpoint, LogTimestamp
from compliance.proof import conf, publish, timestamps, witnesses
from compliance.proof.errors import ProofError

logger = structlog.get_logger(__name__)


def vouch() -> int:
    """Ask who has not vouched for the last checkpoint yet; return how many did now."""
    last = publish.latest()
    if last is None:
        return 0
    return _witnessed(last) + _stamped(last)


def _witnessed(last: LogCheckpoint) -> int:
    known = set(last.cosignatures.values_list("witness", flat=True))
    count = 0
    for witness, address in conf.witnesses():
        if not address or witness.name in known:
            continue
        try:
            witnesses.ask(last, witness, address)
            count += 1
        except ProofError as error:
            logger.warning("log_not_witnessed", witness=witness.name, size=last.size, reason=str(error))
    return count


def _stamped(last: LogCheckpoint) -> int:
    address = conf.timestamp_url()
    since = timezone.now() - timedelta(seconds=conf.timestamp_seconds())
    if not address or LogTimestamp.objects.filter(checkpoint=last).exists():
        return 0
    # By our own clock: the authority's may differ.
    newest = LogTimestamp.objects.order_by("-pk").select_related("checkpoint").first()
    if newest is not None and newest.checkpoint.signed > since:
        return 0
    try:
        timestamps.stamp(last, address)
    except ProofError as error:
        logger.warning("log_not_stamped", size=last.size, reason=str(error))
        return 0
    return 1
