"""The provisioning gap: from the day a hire is effective to the first LMS account seen.

In: changes of the workforce record (a consumer of `connectors.changes`), and what is known of actors and
identifiers. Out: a `ProvisioningGap` for each hire. Set-based; doing it again changes nothing.

Measured are engagements that begin on the day their system was connected or later: of those before, nobody
here saw how long it took. An account is seen when the hub first learns of an account identifier of the
person, or with the first statement of an actor resolved to them, whichever comes first; for somebody hired
again, statements of before the hire do not count. A hire that HR takes back is no hire: its row goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from connectors import changes
from connectors.changes import Change
from connectors.models import Actor, ChangeSubject, ProvisioningGap, System
from connectors.watch.freshness import IN_USE, Percentiles, percentiles
from lrs import database

CONSUMER = "connectors.provisioning"
#: Statements of somebody hired count from this long before the effective date: who starts early learns early.
EARLY = timedelta(days=30)
#: Hires without an account are looked at, and told of, for this long.
LOOKED_AT = timedelta(days=90)

_HIRES = """
    WITH hired AS (
        SELECT r.id, r.person_id, r.system_id, s.store_id, min(lower(v.valid)) AS effective,
               max(coalesce(upper(v.valid), 'infinity'::timestamptz)) AS over
        FROM connectors_work_relationship r
        JOIN connectors_system s ON s.id = r.system_id
        JOIN connectors_work_relationship_version v ON v.relationship_id = r.id AND upper_inf(v.recorded)
        WHERE r.person_id = ANY (%(people)b::bigint[])
        GROUP BY r.id, s.id
        HAVING min(lower(v.valid)) >= date_trunc('day', min(s.created))
    )
    INSERT INTO connectors_provisioning_gap AS known
        (relationship_id, store_id, system_id, effective, known, over, evidence)
    SELECT h.id, h.store_id, h.system_id, h.effective,
           (SELECT min(lower(v.recorded)) FROM connectors_work_relationship_version v
            WHERE v.relationship_id = h.id),
           nullif(h.over, 'infinity'::timestamptz), ''
    FROM hired h
    ON CONFLICT (relationship_id) DO UPDATE SET effective = excluded.effective, over = excluded.over
    WHERE (known.effective, known.over) IS DISTINCT FROM (excluded.effective, excluded.over)
"""
_TAKEN_BACK = """
    DELETE FROM connectors_provisioning_gap g USING connectors_work_relationship r
    WHERE r.id = g.relationship_id AND r.person_id = ANY (%(people)b::bigint[])
      AND NOT EXISTS (SELECT FROM connectors_work_relationship_version v
                      WHERE v.relationship_id = r.id AND upper_inf(v.recorded))
"""
_SEEN = """
    UPDATE connectors_provisioning_gap g
    SET account_seen = seen.at, evidence = left(seen.evidence, 300)
    FROM (
        SELECT DISTINCT ON (g.id) g.id, greatest(found.at, g.effective - %(early)s::interval) AS at,
               found.evidence
        FROM connectors_provisioning_gap g
        JOIN connectors_work_relationship r ON r.id = g.relationship_id
        JOIN connectors_person p ON p.id = r.person_id
        -- Everybody who is the same human being.
        JOIN connectors_person q ON q.id = coalesce(p.merged_into_id, p.id)
            OR q.merged_into_id = coalesce(p.merged_into_id, p.id)
        CROSS JOIN LATERAL (
            SELECT min(lower(i.recorded)) AS at, 'account ' || min(i.value) AS evidence
            FROM connectors_identifier i
            WHERE i.person_id = q.id AND i.type = 'account'
              AND i.valid && tstzrange(g.effective - %(early)s::interval, g.over)
            UNION ALL
            SELECT min(c.moment), 'statements of ' || min(a.value)
            FROM connectors_actor_link l
            JOIN connectors_actor a ON a.id = l.actor_id
            JOIN connectors_statement_context c ON c.actor_id = a.id AND c.recorded_to IS NULL
                AND c.moment >= g.effective - %(early)s::interval AND l.valid @> c.moment
            WHERE l.person_id = q.id AND upper_inf(l.recorded)
        ) AS found
        WHERE g.account_seen IS NULL AND g.id = ANY (%(gaps)b::bigint[]) AND found.at IS NOT NULL
        ORDER BY g.id, found.at
    ) AS seen
    WHERE seen.id = g.id
"""


@dataclass(frozen=True, slots=True)
class Hire:
    """One hire without an account."""

    gap: ProvisioningGap
    key: str

    def told(self) -> dict[str, Any]:
        """Return it as JSON values; a key, never a name."""
        return {"worker": self.key, "effective": self.gap.effective.isoformat()}


@dataclass(slots=True)
class Late:
    """The hires of a system whose time for an account ended on one day."""

    system: System
    day: date
    hires: list[Hire] = field(default_factory=list)


@changes.consumer(CONSUMER, batch=2_000)
def follow(batch: Sequence[Change]) -> None:
    """Measure the hires of the people and actors that changed."""
    people = {
        each.subject_id for each in batch if each.subject in (ChangeSubject.PERSON, ChangeSubject.IDENTIFIER)
    }
    actors = {each.subject_id for each in batch if each.subject == ChangeSubject.ACTOR}
    if actors:
        people |= set(
            Actor.objects.filter(
                pk__in=actors, links__recorded__endswith=None, links__person__isnull=False
            ).values_list("links__person_id", flat=True)
        )
    measure(people)


def measure(people: Collection[int]) -> None:
    """Bring the gaps of some people up to date."""
    if not people:
        return
    ids = sorted(people)
    with transaction.atomic():
        with database.binary_cursor() as cursor:
            cursor.execute(_TAKEN_BACK, {"people": ids})
            cursor.execute(_HIRES, {"people": ids})
        waiting = ProvisioningGap.objects.filter(
            Q(relationship__person__in=ids) | Q(relationship__person__merged_into__in=ids), account_seen=None
        )
        _see(waiting.values_list("pk", flat=True))


def look_again(now: datetime | None = None) -> int:
    """Look whether an account was seen of those without; return of how many.

    An actor that was linked before the hire, or was new with the statement, brings no change: its statements
    are found here.
    """
    return _see(without_account(now or timezone.now()).values_list("pk", flat=True))


def without_account(now: datetime) -> QuerySet[ProvisioningGap]:
    """Return the hires, not long ago and not over, of whom no account was seen."""
    lasting = Q(over=None) | Q(over__gt=now)
    return ProvisioningGap.objects.filter(
        lasting, account_seen=None, effective__gt=now - LOOKED_AT, effective__lte=now + EARLY
    )


def late(now: datetime) -> list[Late]:
    """Return the hires whose time is over without an account, by system and day."""
    look_again(now)
    found: dict[tuple[int, date], Late] = {}
    waiting = without_account(now).filter(system__state__in=IN_USE).select_related("system", "relationship")
    due = [
        each
        for each in waiting.order_by("system_id", "effective", "pk")
        if each.effective + timedelta(hours=each.system.provisioning_hours) <= now
    ]
    keys = keys_of(due)
    for each in due:
        day = (each.effective + timedelta(hours=each.system.provisioning_hours)).date()
        late_ = found.setdefault((each.system_id, day), Late(each.system, day))
        late_.hires.append(Hire(each, keys.get(each.pk, "")))
    ProvisioningGap.objects.filter(pk__in=[each.pk for each in due], alerted=None).update(alerted=now)
    return list(found.values())


def keys_of(gaps: Iterable[ProvisioningGap]) -> dict[int, str]:
    """Return the key by which its system names the person of each gap."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT g.id, min(k.key) FROM connectors_provisioning_gap g"
            " JOIN connectors_work_relationship r ON r.id = g.relationship_id"
            " JOIN connectors_person_key k ON k.person_id = r.person_id AND k.system_id = g.system_id"
            " WHERE g.id = ANY (%b::bigint[]) GROUP BY g.id",
            ([each.pk for each in gaps],),
        )
        return dict(cursor.fetchall())


def gap_percentiles(system: System, now: datetime) -> tuple[Percentiles | None, list[float]]:
    """Return the gaps of the hires of the last ninety days that have an account: percentiles, and hours."""
    seen = ProvisioningGap.objects.filter(
        system=system, account_seen__isnull=False, effective__gt=now - LOOKED_AT, effective__lte=now
    ).values_list("effective", "account_seen")
    hours = [max(0.0, (at - effective).total_seconds() / 3600) for effective, at in seen if at is not None]
    return percentiles(hours), hours


def _see(gaps: Iterable[int]) -> int:
    ids = list(gaps)
    if not ids:
        return 0
    with database.binary_cursor() as cursor:
        cursor.execute(_SEEN, {"gaps": ids, "early": EARLY})
        return cursor.rowcount
