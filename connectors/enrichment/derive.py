"""Writes under which context each actor of a statement learned.

In: (statement, actor, moment). Out: rows of StatementContext; what is so already stays, what is no longer
so is ended and derived again. Never a change of a statement.

    derive          asks the database about every pair; for what changes touch
    derive_new      asks about what is not remembered (connectors.enrichment.remembered); for new statements

New statements and changes never pass each other: a batch of new statements holds a shared lock, a batch of
changes the exclusive one. So a change sees every context derived before it, and a statement derived after
it sees the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from connectors.enrichment.remembered import REMEMBERED, Remembered, Told
from lrs import database
from lrs.binary_arrays import (
    PackedArray,
    big_integers,
    big_integers_or_null,
    integers,
    small_integers,
    timestamps,
)

#: Key of the advisory lock between new statements and changes.
_LOCK = 0x454E5249
#: How often one moment of each actor is asked about before all that is left is.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement and one actor of it; actor 0 stands for a group nobody can tell the members of."""

    seq: int
    actor_id: int
    store_id: int
    source_id: int
    moment: datetime


def hold_off_changes() -> None:
    """Let no change be followed until this transaction ends."""
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (_LOCK,))


def hold_off_statements() -> None:
    """Let no new statement be derived until this transaction ends; waits for those under way."""
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def derive(asked: Sequence[Asked]) -> int:
    """Derive the contexts of `asked`, each pair once; return how many rows were written."""
    if not asked:
        return 0
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT connectors_derive(%b::bigint[], %b::bigint[], %b::integer[], %b::integer[],"
            " %b::timestamptz[])",
            _columns(asked),
        )
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def derive_new(asked: Sequence[Asked], consumer: str) -> int:
    """Derive the contexts of new statements; return how many rows were written.

    `consumer` is the one that follows changes: what it has not followed yet it will find. Must run in a
    transaction that holds off changes.
    """
    if not asked:
        return 0
    remembered = REMEMBERED.as_of(consumer)
    fresh = remembered.beside()
    told = [remembered.find(each.actor_id, each.moment) for each in asked]
    missing = [place for place, each in enumerate(told) if each is None]
    for _ in range(_ROUNDS):
        if not missing:
            break
        # One moment of each actor: what is told of it mostly holds for the others, too.
        first = {asked[place].actor_id: place for place in reversed(missing)}
        _ask([asked[place] for place in first.values()], fresh)
        for place in missing:
            told[place] = fresh.find(asked[place].actor_id, asked[place].moment)
        missing = [place for place in missing if told[place] is None]
    if missing:
        _ask([asked[place] for place in missing], fresh)
        for place in missing:
            told[place] = fresh.find(asked[place].actor_id, asked[place].moment)
    # A context made in a transaction that is rolled back must not be remembered.
    transaction.on_commit(lambda: REMEMBERED.keep_all(fresh))
    return _write(asked, [each for each in told if each is not None])


def _ask(asked: Sequence[Asked], told: Remembered) -> None:
    """Have `told` remember what holds of actors around moments."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT i, context_id, link_id, why_not, lower(stretch), upper(stretch)"
            " FROM connectors_told(%b::bigint[], %b::integer[], %b::timestamptz[], true)",
            (
                big_integers([each.actor_id for each in asked]),
                integers([each.store_id for each in asked]),
                timestamps([each.moment for each in asked]),
            ),
        )
        for i, *found in cursor:
            told.keep(asked[i - 1].actor_id, Told(*found))


def _columns(asked: Sequence[Asked]) -> tuple[PackedArray, ...]:
    return (
        big_integers([each.seq for each in asked]),
        big_integers([each.actor_id for each in asked]),
        integers([each.store_id for each in asked]),
        integers([each.source_id for each in asked]),
        timestamps([each.moment for each in asked]),
    )


def _write(asked: Sequence[Asked], told: Sequence[Told]) -> int:
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT connectors_write_contexts(%b::bigint[], %b::bigint[], %b::integer[], %b::integer[],"
            " %b::timestamptz[], %b::bigint[], %b::bigint[], %b::smallint[])",
            (
                *_columns(asked),
                big_integers_or_null([each.context_id for each in told]),
                big_integers_or_null([each.link_id for each in told]),
                small_integers([each.why_not for each in told]),
            ),
        )
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])
