"""What each source did in each hour, so that no page ever counts the statement table.

In: statements from the feed, and refusals as they happen. Out: rows of SourceHour. Never a second count of
a statement: the consumer's cursor moves in the transaction of the counting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

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


@dataclass(slots=True)
class _Hour:
    source_id: int
    hour: datetime
    last_seen: datetime
    statements: int = 0
    payload_bytes: int = 0
    refused: int = 0


@feed.consumer("lrs.statistics", batch=1000)
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
