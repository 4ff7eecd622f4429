"""Identities, followed to the completions they touch, and to no others.

In: derivations of workforce contexts (connectors.enrichment.log), by which people of new statements become
known; and changes of actors and people (connectors.changes): links, merges, splits. Out: outcomes that name
another person, and the completions of both derived again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.apps import apps
from django.db import transaction

from compliance.completions import outcomes
from compliance.completions.derive import derive
from compliance.models import IdentityCursor
from connectors import changes
from connectors.enrichment import log
from connectors.models import ChangeSubject
from lrs import database

CONSUMER = "compliance.completions"
#: Derivations followed at a time.
_AT_A_TIME = 5_000
_WHY = "another person is known to have done it"

_ACTORS = """
WITH concerned AS MATERIALIZED (
    SELECT u.id FROM unnest(%b::bigint[]) AS u (id)
    UNION SELECT p.merged_into_id FROM connectors_person p
          WHERE p.id = ANY (%b::bigint[]) AND p.merged_into_id IS NOT NULL
), people AS MATERIALIZED (
    SELECT c.id FROM concerned c
    UNION SELECT p.id FROM concerned c JOIN connectors_person p ON p.merged_into_id = c.id
)
SELECT DISTINCT a.digest FROM people p
JOIN connectors_actor_link l ON l.person_id = p.id AND upper_inf(l.recorded)
JOIN connectors_actor a ON a.id = l.actor_id
UNION SELECT a.digest FROM connectors_actor a WHERE a.id = ANY (%b::bigint[])
"""


@changes.consumer(CONSUMER, batch=500)
def follow(batch: Sequence[changes.Change]) -> None:
    """Derive again what changed identities touch."""
    people = sorted({each.subject_id for each in batch if each.subject == ChangeSubject.PERSON})
    actors = sorted({each.subject_id for each in batch if each.subject == ChangeSubject.ACTOR})
    if not people and not actors:
        return
    outcomes.alone()
    with database.binary_cursor() as cursor:
        cursor.execute(_ACTORS, (people, people, actors))
        digests = [row[0] for row in cursor]
    derive(outcomes.identify_actors(digests), _WHY)


def carry_on(*, seconds: float = 20.0) -> int:
    """Follow what was derived of statements meanwhile; return how many derivations that were."""
    until = time.monotonic() + seconds
    followed = 0
    for store_id in apps.get_model("lrs", "Store").objects.order_by("pk").values_list("pk", flat=True):
        IdentityCursor.objects.get_or_create(store_id=store_id)
        while (count := _follow_some(store_id)) and time.monotonic() < until:
            followed += count
            if count < _AT_A_TIME:
                break
    return followed


def behind() -> bool:
    """Whether derivations of some store wait to be followed."""
    known = {each.store_id: log.Position(each.xid, each.seq) for each in IdentityCursor.objects.all()}
    stores = apps.get_model("lrs", "Store").objects.values_list("pk", flat=True)
    return any(log.read(each, known.get(each, log.Position(0, 0)), 1) for each in stores)


def _follow_some(store_id: int) -> int:
    with transaction.atomic():
        cursor = IdentityCursor.objects.select_for_update(skip_locked=True).filter(store_id=store_id).first()
        if cursor is None:
            return 0
        positions = log.read(store_id, log.Position(cursor.xid, cursor.seq), _AT_A_TIME)
        if not positions:
            return 0
        # What was derived is committed; from here on nobody keeps an outcome that does not see it.
        outcomes.alone()
        derive(outcomes.identify([each.seq for each in positions]), _WHY)
        cursor.xid, cursor.seq = positions[-1].xid, positions[-1].seq
        cursor.save(update_fields=["xid", "seq"])
    return len(positions)
