"""New statements: what they report is kept, and completions follow.

In: statements from the feed. Out: outcomes and completions. Most statements report nothing a rule asks for:
they cost one parse. A voiding statement has the completions derived again that stand on what it voids.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from compliance.completions import outcomes, standing
from compliance.completions.derive import derive
from lrs import feed
from lrs.ingest.batch import Flag

CONSUMER = "compliance.completions"
_VOIDING, _REFERENCE = int(Flag.VOIDING), int(Flag.REFERENCE)


@feed.consumer(CONSUMER, batch=2_000)
def consume(statements: Sequence[feed.FeedStatement]) -> None:
    """Keep what statements report, and derive what that touches."""
    outcomes.alone()
    verbs = standing.rules().verbs
    found: list[outcomes.Reported] = []
    voided: dict[int, list[UUID]] = {}
    for each in statements:
        if each.flags & _VOIDING:
            voided.setdefault(each.store_id, []).append(UUID(each.values()["object"]["id"]))
        elif not each.flags & _REFERENCE:
            found.extend(
                outcomes.reported(
                    each.values(),
                    verbs,
                    seq=each.seq,
                    store_id=each.store_id,
                    source_id=each.source_id,
                    statement_id=each.statement_id,
                    moment=each.timestamp,
                )
            )
    touched = outcomes.keep(found)
    gone = outcomes.united(outcomes.of_statements(store, ids) for store, ids in voided.items())
    derive(touched - gone, "another statement came")
    derive(gone, "a statement it stood on was voided")
