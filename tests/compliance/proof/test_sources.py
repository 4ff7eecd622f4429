"""A further table that is logged: one short module, and the same drill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import rfc8785
from django.db import connection, transaction

from compliance.proof import checking, proofs, sources
from compliance.proof.sources import Position, Record, Source, Stored
from compliance.proof.verify.run import verify
from lrs import database
from tests.compliance.proof.academy import Log, sound
from tests.compliance.proof.test_drill import only
from tests.fixtures import Hub

_COLUMNS = "id, signer, meaning, xid::text::bigint"
_SAFE = "xid < pg_snapshot_xmin(pg_current_snapshot())"


def _rows(query: str, *values: int) -> list[tuple[Any, ...]]:
    with database.binary_cursor() as cursor:
        return cursor.execute(query, values).fetchall()


def _record(row: tuple[Any, ...]) -> Record:
    content = {"id": str(row[0]), "kind": "signing", "meaning": row[2], "signer": row[1]}
    return Record(row[0], f"signing {row[0]}", rfc8785.dumps(content))


def _read(after: Position, most: int) -> tuple[list[Record], Position]:
    rows = _rows(
        f"SELECT {_COLUMNS} FROM test_signing WHERE (xid::text::bigint, id) > (%s, %s) AND {_SAFE}"
        " ORDER BY xid, id LIMIT %s",
        *after,
        most,
    )
    return [_record(row) for row in rows], ((rows[-1][3], rows[-1][0]) if rows else after)


def _stored(after: int, most: int) -> list[Stored]:
    rows = _rows(f"SELECT {_COLUMNS} FROM test_signing WHERE id > %s ORDER BY id LIMIT %s", after, most)
    return [Stored(_record(row), row[3]) for row in rows]


def _waiting(after: Position) -> tuple[int, float]:
    [(count,)] = _rows("SELECT count(*) FROM test_signing WHERE (xid::text::bigint, id) > (%s, %s)", *after)
    return count, 0.0


@pytest.fixture
def signings(hub: Hub) -> Iterator[None]:
    """A table of signings, registered as a source of the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS test_signing (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
            " signer text, meaning text, xid xid8 DEFAULT pg_current_xact_id())"
        )
    sources.register(Source("signing", 99, _read, _stored, _waiting))
    yield
    sources.forget("signing")


def _signed(*signers: str) -> list[int]:
    with connection.cursor() as cursor:
        found = []
        for each in signers:
            cursor.execute(
                "INSERT INTO test_signing (signer, meaning) VALUES (%s, 'approval') RETURNING id", [each]
            )
            found.append(cursor.fetchone()[0])
    return found


def test_its_records_are_logged_proven_and_guarded(signings: None, log: Log) -> None:
    bob, carol = _signed("Bob", "Carol")
    log.caught_up()
    sound()
    proof = proofs.of_record("signing", bob)
    assert proof.kind == "signing"
    assert checking.includes(proof.index, proof.size, proof.leaf, proof.path, proof.root)
    for change, rule in (
        ("UPDATE test_signing SET meaning = 'review' WHERE id = %s", "record.changed"),
        ("DELETE FROM test_signing WHERE id = %s", "record.gone"),
    ):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change, [carol])
            said = only(verify(), rule)
            transaction.set_rollback(True)
        assert (said.source, said.key, said.name) == ("signing", carol, f"signing {carol}")
        assert said.index == proofs.of_record("signing", carol).index
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO test_signing (signer, meaning, xid) VALUES ('Eve', 'approval', '3') RETURNING id"
        )
        [eve] = cursor.fetchone()
        assert only(verify(), "record.unlogged").name == f"signing {eve}"
        transaction.set_rollback(True)


def test_what_a_source_told_stays_in_the_log_when_it_is_gone(signings: None, log: Log) -> None:
    [dan] = _signed("Dan")
    log.caught_up()
    index = proofs.of_record("signing", dan).index
    sources.forget("signing")
    proof = proofs.of_leaf(index)
    assert checking.includes(index, proof.size, proof.leaf, proof.path, proof.root)
    sound()


def test_two_sources_share_neither_number_nor_word(signings: None) -> None:
    known = sources.of("signing")
    for kind, number in (("signing", 98), ("countersigning", 99)):
        with pytest.raises(ValueError, match="cannot share"):
            sources.register(Source(kind, number, known.read, known.stored, known.waiting))
