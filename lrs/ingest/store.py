"""A batch reaches the database whole or not at all.

In: a prepared batch. Out: `Stored`. One round trip, new entities included; a statement already there under
its id with the same content is left alone, other content raises Conflict and nothing is stored.

Crash story: before the commit nothing of the batch exists; after it everything but links taken over from a
StatementRef's target, which the feed consumer `lrs.references` brings, and learned definitions, which the
next statement that carries them (or the retry of this request, never acknowledged) brings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg
from django.db import IntegrityError, OperationalError, transaction
from django.db.utils import Error as DatabaseError

from lrs import database
from lrs.auth.access import Access
from lrs.binary_arrays import big_integers, integers, small_integers, texts, timestamps, uuids
from lrs.errors import Conflict, Rejection
from lrs.identity import EntityKey
from lrs.ingest import beside as beside_statements
from lrs.ingest import entities
from lrs.ingest.batch import Batch
from lrs.ingest.beside import Beside
from lrs.ingest.clock import TIE_BITS
from lrs.payload import exact
from lrs.validation.equivalence import first_difference

#: SQLSTATE that lrs_store_batch raises where an id is taken by other content.
ID_TAKEN = "LR409"
#: Two batches drew the same key: same microsecond, same tie-breaker. Trying again draws another.
_KEY_CONSTRAINT = "lrs_statement_pkey"
_TRIES = 3

_BATCH = """
    $1::integer, $2::integer, $3::integer,
    $4::uuid[], $5::uuid[], $6::timestamptz[], $7::smallint[], $8::smallint[], $9::text[],
    $10::integer[], $11::bigint[], $12::integer[],
    $13::integer[], $14::uuid[], $15::integer[], $16::uuid[], $17::smallint[], $18::uuid[], $19::text[]"""
_STORE_BATCH = database.Prepared(
    "lrs_store_batch",
    f"SELECT base, tie, already, referred, made FROM lrs_store_batch({_BATCH})",  # noqa: S608  constants
)
#: Takes a Call's values and `lrs.learning.told_values`.
STORE_AND_LEARN = database.Prepared(
    "lrs_store_and_learn",
    f"""
SELECT base, tie, already, referred, made, contradicted, known FROM lrs_store_and_learn({_BATCH},
    $20::bigint[], $21::text[], $22::uuid[], $23::text[], $24::bigint[], $25::text[])
""",  # noqa: S608  constants
)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a batch went."""

    base: int
    tie: int
    #: Positions (from 1) that were stored before, with the same content.
    already: frozenset[int]
    #: Whether an earlier statement refers to one of the batch.
    referred: bool
    #: The entities of the batch.
    entity_ids: Mapping[EntityKey, int]

    def seq(self, position: int) -> int:
        """Return the key of the statement at `position` (from 1); meaningless if it was there already."""
        return (self.base + position) << TIE_BITS | self.tie

    def new_seqs(self, count: int) -> dict[int, int]:
        """Return position → key of the statements that were not there before, of a batch of `count`."""
        return {
            position: self.seq(position) for position in range(1, count + 1) if position not in self.already
        }


class IdTaken(Conflict):
    """Statements of the batch carry ids under which other content is stored."""

    def __init__(self, rejections: list[Rejection]) -> None:
        first = rejections[0]
        super().__init__(first.message, rule=first.rule, pointer=first.pointer, value=first.value)
        self.rejections = tuple(rejections)


def store(access: Access, batch: Batch, beside: Beside) -> Stored:
    """Store `batch` for the caller; safe to repeat, since every statement has its id by now.

    New entities and what stands beside the statements are stored in the same transaction.
    Raises IdTaken where an id stands for other content, OperationalError where the database is away.
    """
    for attempt in range(_TRIES):
        try:
            return _try_to_store(access, batch, beside)
        except IntegrityError as error:
            if _KEY_CONSTRAINT not in str(error) or attempt == _TRIES - 1:
                raise
        except OperationalError:
            if database.in_transaction() or attempt > 0:
                raise
            database.forget_connection()
        except DatabaseError as error:
            _settle_taken_ids(access.store_id, batch, _taken_positions(error))
    raise Conflict("The statement ids are being written by another request.", rule="statement.id-contended")


def _try_to_store(access: Access, batch: Batch, beside: Beside) -> Stored:
    if not beside and not database.in_transaction():
        stored, made = _store_once(access, batch)
        entities.remember(access.store_id, made)
        return stored
    # Inside a transaction this is a savepoint: what LR409 is about is looked up after it.
    with transaction.atomic():
        stored, made = _store_once(access, batch)
        beside_statements.write(access.store_id, beside, stored.new_seqs(len(batch.ids)))
    if not database.in_transaction():
        entities.remember(access.store_id, made)
    return stored


@dataclass(frozen=True, slots=True)
class Numbered:
    """The entities of a batch: those this process knows, and numbers to tell the others by."""

    #: What each entity is sent as: its id, or minus its place among the missing.
    number_of: Mapping[EntityKey, int]
    known: dict[EntityKey, int]
    #: The entities it did not know, by their digests, in the order they are sent.
    missing: Mapping[UUID, EntityKey]


def numbered(access: Access, batch: Batch) -> Numbered:
    """Number the entities of `batch`. Never a query."""
    known, missing = entities.look_up(access.store_id, batch.entity_keys())
    place_of = {key: -place for place, key in enumerate(missing.values(), start=1)}
    return Numbered({**known, **place_of} if place_of else known, known, missing)


@dataclass(frozen=True, slots=True)
class Call:
    """A batch as the database takes it, and what this process knew of its entities."""

    values: Sequence[database.Value]
    numbers: Numbered

    def stored(self, row: tuple[Any, ...]) -> tuple[Stored, dict[EntityKey, int]]:
        """Return what five columns of the answer say: where the batch went, the ids of what was missing."""
        base, tie, already, referred, ids = row[:5]
        numbers = self.numbers
        made = dict(zip(numbers.missing.values(), ids, strict=True))
        entity_ids = {**numbers.known, **made} if made else numbers.known
        stored = Stored(
            base=base, tie=tie, already=frozenset(already), referred=referred, entity_ids=entity_ids
        )
        return stored, made


def call_of(access: Access, batch: Batch, numbers: Numbered) -> Call:
    """Return the call that stores `batch`. Never a query."""
    new = entities.columns(numbers.missing)
    number_of = numbers.number_of
    link_of: list[int] = []
    link_entity: list[int] = []
    link_roles: list[int] = []
    for position, links in enumerate(batch.links, start=1):
        link_of.extend([position] * len(links))
        link_entity.extend([number_of[key] for key in links])
        link_roles.extend(links.values())
    return Call(
        values=(
            access.store_id,
            access.source_id,
            access.credential_id,
            uuids(batch.ids),
            uuids(batch.fingerprints),
            timestamps(batch.timestamps),
            small_integers(batch.versions),
            small_integers(batch.flags),
            texts(batch.tails),
            integers(link_of),
            big_integers(link_entity),
            integers(link_roles),
            integers([position for position, _ in batch.references]),
            uuids([target for _, target in batch.references]),
            integers([position for position, _ in batch.voided]),
            uuids([target for _, target in batch.voided]),
            *new,
        ),
        numbers=numbers,
    )


def _store_once(access: Access, batch: Batch) -> tuple[Stored, dict[EntityKey, int]]:
    """Return where the batch went, and the ids of the entities this process did not know."""
    call = call_of(access, batch, numbered(access, batch))
    [row] = _STORE_BATCH.rows(call.values)
    return call.stored(row)


def _taken_positions(error: DatabaseError) -> list[int]:
    """Return the positions LR409 names; any other error goes on."""
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error) or cause.sqlstate != ID_TAKEN:
        raise error
    return [int(position) for position in (cause.diag.message_detail or "").split(",")]


def _settle_taken_ids(store_id: int, batch: Batch, positions: list[int]) -> None:
    """Compare in depth where fingerprints differ: give the same statement the fingerprint it is stored
    under, and raise IdTaken if any is another one."""
    rejections = []
    for position in positions:
        statement_id = batch.ids[position - 1]
        found = _stored_under(store_id, statement_id)
        if found is None:
            rejections.append(_disposed(statement_id, position - 1))
            continue
        fingerprint, payload = found
        difference = first_difference(exact(payload), batch.statements[position - 1])
        if difference is None:
            batch.fingerprints[position - 1] = fingerprint
        else:
            rejections.append(_taken(statement_id, position - 1, difference))
    if rejections:
        raise IdTaken(rejections if len(batch.ids) > 1 else [replace(rejections[0], index=None)])


def _stored_under(store_id: int, statement_id: UUID) -> tuple[UUID, str] | None:
    """Return the fingerprint and payload stored under an id; None where that was disposed of."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, payload FROM lrs_statement WHERE store_id = %s AND statement_id = %s",
            (store_id, statement_id),
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
    return None if row is None else (row[0], row[1])


def _disposed(statement_id: UUID, index: int) -> Rejection:
    return Rejection(
        rule="statement.id-taken",
        message="The statement stored under this id was disposed of, and what is sent now is another one.",
        pointer="/id",
        value=str(statement_id),
        index=index,
    )


def _taken(statement_id: UUID, index: int, difference: str) -> Rejection:
    return Rejection(
        rule="statement.id-taken",
        message="Another statement is stored under this id, and statements are never changed; "
        f"the first difference is at {difference or 'the root'}.",
        pointer="/id",
        value=str(statement_id),
        index=index,
    )
