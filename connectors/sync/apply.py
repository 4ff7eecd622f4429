"""Records to the workforce record, so that one value the database cannot take costs one record.

In: groups of canonical records, a group for each raw record. Out: the outcomes of each group. Must be called
inside a transaction. A batch that the database refuses is undone and tried in halves, until the record at
fault stands alone and is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import DataError, IntegrityError, transaction

from connectors.errors import Refused
from connectors.models import SyncRun, System
from connectors.workforce import canonical, record
from connectors.workforce.canonical import Record
from connectors.workforce.record import Outcome
from connectors.workforce.slices import Name

#: What a value nobody can store raises, on the way there or in the database.
_UNFIT = (DataError, IntegrityError, ValueError, OverflowError)

Group = Sequence[Record]


def apply(
    system: System,
    groups: Sequence[Group],
    *,
    as_of: datetime,
    run: SyncRun | None,
    told: Collection[Name] = (),
) -> list[list[Outcome]]:
    """Apply every group; return its outcomes in the order of its records. `told`: see `record.apply`."""
    flat = [each for group in groups for each in group]
    if not flat:
        return [[] for _ in groups]
    try:
        with transaction.atomic():
            outcomes = iter(record.apply(system, flat, as_of=as_of, run=run, told=told))
    except _UNFIT as error:
        filled = [group for group in groups if group]
        if len(filled) == 1:
            refused = _refused(error)
            return [
                [Outcome(canonical.kind_of(each), each.key, "refused", refused) for each in group]
                for group in groups
            ]
        half = len(groups) // 2
        return [
            *apply(system, groups[:half], as_of=as_of, run=run, told=told),
            *apply(system, groups[half:], as_of=as_of, run=run, told=told),
        ]
    return [[next(outcomes) for _ in group] for group in groups]


def _refused(error: Exception) -> Refused:
    """Return why the database, or the way there, could not take the record."""
    cause = error.__cause__
    code = getattr(cause, "sqlstate", None)
    said = getattr(getattr(cause, "diag", None), "message_primary", None) or str(error)
    return Refused(
        f"The value cannot be stored: {said}"[:500],
        rule=f"database.{code}" if code else "database.value",
        suggestion="Correct the value in the source, or shorten it in the mapping.",
    )
