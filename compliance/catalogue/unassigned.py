"""Activities statements report results of, and no course has: what the catalogue lacks, by use.

In: a store. Out: activities with their names, the most used first. Kept by the consumer of completions, so
that no page ever reads statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance.models import SeenActivity
from lrs import database
from lrs.activities import canonical, shown_name

_NEXT = """
SELECT s.id, s.iri, s.activity_type, s.outcomes, s.last_seen, s.set_aside FROM compliance_seen_activity s
WHERE s.store_id = %(store)s AND s.set_aside = %(aside)s AND (s.outcomes, -s.id) < (%(outcomes)s, -%(id)s)
  AND length(s.iri) <= 2000
  AND (%(text)s = '' OR position(lower(%(text)s) IN lower(s.iri)) > 0)
  AND NOT EXISTS (
    SELECT FROM compliance_course_activity c WHERE c.digest = s.digest AND c.store_id = s.store_id
)
ORDER BY s.outcomes DESC, s.id LIMIT %(most)s
"""
_FIRST = (1 << 62, 0)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """An activity no course has."""

    id: int
    iri: str
    activity_type: str
    #: Statements that could make a completion.
    outcomes: int
    last_seen: datetime
    set_aside: bool
    name: str


def unassigned(
    store_id: int,
    *,
    after: tuple[int, int] | None = None,
    text: str = "",
    set_aside: bool = False,
    most: int = 50,
) -> Sequence[Unassigned]:
    """Return the activities behind (outcomes, id) of the last one of the page before."""
    outcomes, last = after or _FIRST
    values: dict[str, Any] = {
        "store": store_id,
        "aside": set_aside,
        "outcomes": outcomes,
        "id": last,
        "text": text,
        "most": most,
    }
    with database.binary_cursor() as cursor:
        cursor.execute(_NEXT, values)
        rows = cursor.fetchall()
    known = canonical(store_id, [row[1] for row in rows])
    found: list[list[Any]] = [[*row, shown_name(known.get(row[1], {}))] for row in rows]
    return [Unassigned(*each) for each in found]


def put_aside(activity: SeenActivity, *, aside: bool = True) -> None:
    """Say that an activity is no course, so that it is offered no more; or that it may be one after all."""
    SeenActivity.objects.filter(pk=activity.pk).update(set_aside=aside)
