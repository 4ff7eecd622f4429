"""What each source did in each hour, so that no page ever counts the statement table.

In: statements from the feed, and refusals as they happen. Out: rows of SourceHour, and a door to what they
say: `standings`, `hours`, `delays`, and `reached`, up to when they say it. Never a second count of a
statement: the consumer's cursor moves in the transaction of the counting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from lrs import feed
from lrs.models import SourceHour

_ADD = """
    INSERT INTO lrs_source_hour AS known (source_id, hour, statements, payload_bytes, refused, last_seen)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[],
                         %s::timestamptz[])
    ON CONFLICT (source_id, hour) DO UPDATE SET
        statements = known.statements + excluded.statements,
        payload_bytes = known.payload_bytes + excluded.payload_bytes,
        refused = known.refused + excluded.refused,
        last_seen = greatest(known.last_seen, excluded.last_seen)
"""


#: The name of the consumer that counts.
CONSUMER = "lrs.statistics"

_STANDINGS = """
    SELECT s.id, s.store_id, s.name, s.active, l.hour, l.last_seen, coalesce(d.statements, 0)::bigint,
           coalesce(d.refused, 0)::bigint
    FROM lrs_source s
    LEFT JOIN LATERAL (
        SELECT h.hour, h.last_seen FROM lrs_source_hour h
        WHERE h.source_id = s.id AND h.statements > 0 ORDER BY h.hour DESC LIMIT 1
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT sum(h.statements) AS statements, sum(h.refused) AS refused FROM lrs_source_hour h
        WHERE h.source_id = s.id AND h.hour > %s
    ) d ON true
    ORDER BY s.name, s.id
"""
_DELAYS = """
    SELECT source_id, count(*),
           percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM stored - timestamp))
    FROM (
        SELECT source_id, stored, timestamp FROM lrs_statement
        WHERE store_id = %s ORDER BY seq DESC LIMIT %s
    ) AS latest
    GROUP BY source_id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One source: when it last posted, and what it did in the last day."""

    source_id: int
    store_id: int
    name: str
    active: bool
    #: The beginning of the last hour in which something of it was stored, and its last sign of life in it.
    last_hour: datetime | None
    last_seen: datetime | None
    statements: int
    refused: int


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds between the timestamps of statements and when they were stored."""

    statements: int
    median: float
    most: float


@dataclass(slots=True)
class _Hour:
    source_id: int
    hour: datetime
    last_seen: datetime
    statements: int = 0
    payload_bytes: int = 0
    refused: int = 0


@feed.consumer(CONSUMER, batch=1000)
def count(statements: Sequence[feed.FeedStatement]) -> None:
    """Add `statements` to the hours they were stored in."""
    hours: dict[tuple[int, datetime], _Hour] = {}
    for statement in statements:
        hour = _start_of_hour(statement.stored)
        found = hours.setdefault(
            (statement.source_id, hour), _Hour(statement.source_id, hour, last_seen=statement.stored)
        )
        found.statements += 1
        found.payload_bytes += len(statement.payload.encode())
        found.last_seen = max(found.last_seen, statement.stored)
    _add(hours.values())


def refused(source_id: int) -> None:
    """Count one refused request of a source."""
    now = timezone.now()
    _add([_Hour(source_id, _start_of_hour(now), last_seen=now, refused=1)])


def forget_statements() -> None:
    """Take the statements out of the counts, before the consumer is sent back to the start."""
    SourceHour.objects.update(statements=0, payload_bytes=0)


def standings(now: datetime) -> list[Standing]:
    """Return every source of every store."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, [now - timedelta(days=1)])
        return [Standing(*row) for row in cursor.fetchall()]


def hours(since: datetime) -> dict[int, dict[datetime, int]]:
    """Return how many statements each source had stored in each hour since then, where it had any."""
    found: dict[int, dict[datetime, int]] = {}
    rows = SourceHour.objects.filter(hour__gte=since, statements__gt=0)
    for source_id, hour, count_ in rows.values_list("source_id", "hour", "statements").iterator():
        found.setdefault(source_id, {})[hour] = count_
    return found


def delays(store_id: int, *, most: int = 2_000) -> dict[int, Delay]:
    """Return, for each source with a part in the latest statements of a store, how late they came."""
    with connection.cursor() as cursor:
        cursor.execute(_DELAYS, [store_id, most])
        return {row[0]: Delay(row[1], float(row[2][0]), float(row[2][1])) for row in cursor.fetchall()}


def reached(now: datetime) -> datetime:
    """Return up to when everything that was stored is counted."""
    behind = feed.lag(CONSUMER)
    if not behind.statements:
        return now
    return min(now, timezone.now() - timedelta(seconds=behind.seconds))


def _start_of_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _add(hours: Iterable[_Hour]) -> None:
    # Rows are locked in one order, whoever counts.
    rows = sorted(hours, key=lambda each: (each.source_id, each.hour))
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            [
                [each.source_id for each in rows],
                [each.hour for each in rows],
                [each.statements for each in rows],
                [each.payload_bytes for each in rows],
                [each.refused for each in rows],
                [each.last_seen for each in rows],
            ],
        )
