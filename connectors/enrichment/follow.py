"""Changes of the workforce record and of identities, followed to the statements they touch, and to no others.

In: changes (connectors.changes). Out: contexts derived again for the statements of the people, units, jobs,
locations and actors concerned, within the span that changed. An identifier that changed hands is first
followed to the actors it names, whose new links are changes of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg.types.range import TimestamptzRange

from connectors import changes
from connectors.changes import Change
from connectors.enrichment.derive import Asked, derive, hold_off_statements
from connectors.identity.link import concerned_by, relink
from connectors.models import ChangeSubject
from lrs import database

CONSUMER = "connectors.enrichment"
#: Pairs derived at a time.
_AT_A_TIME = 5_000

#: Subjects whose changes touch statements by themselves.
_FOLLOWED = (
    ChangeSubject.PERSON,
    ChangeSubject.ACTOR,
    ChangeSubject.UNIT,
    ChangeSubject.JOB,
    ChangeSubject.LOCATION,
)


@changes.consumer(CONSUMER, batch=500)
def follow(batch: Sequence[Change]) -> None:
    """Derive again what `batch` touches."""
    hold_off_statements()
    people = [each.subject_id for each in batch if each.subject == ChangeSubject.IDENTIFIER]
    if people:
        relink(concerned_by(people))
    for asked in _touched(batch):
        derive(asked)


def _touched(batch: Sequence[Change]) -> Iterator[list[Asked]]:
    for subject in _FOLLOWED:
        of_kind = [each for each in batch if each.subject == subject]
        if not of_kind:
            continue
        with database.binary_cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT * FROM connectors_touched(%s::smallint, %b::bigint[], %b::tstzrange[])",
                (
                    int(subject),
                    [each.subject_id for each in of_kind],
                    [TimestamptzRange(each.start, each.end) for each in of_kind],
                ),
            )
            found = [Asked(*row) for row in cursor]
        for start in range(0, len(found), _AT_A_TIME):
            yield found[start : start + _AT_A_TIME]
