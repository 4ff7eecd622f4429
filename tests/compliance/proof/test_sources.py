"""A further table that is logged: one short module, and the same drill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connection, transaction

from compliance.proof import checking, proofs, sources
from compliance.proof.tables import hashed, moment, of_table
from compliance.proof.verify.run import verify
from tests.compliance.proof.academy import Log, sound
from tests.compliance.proof.test_drill import only
from tests.fixtures import Hub

SIGNING = of_table(
    "signing",
    99,
    "test_signing",
    key="id",
    at="at",
    name="'signing ' || id",
    xid="xid::text::bigint",
    columns={"signer": "signer", "meaning": "meaning", "at": moment("at"), "shown": hashed("shown")},
)


@pytest.fixture
def signings(hub: Hub) -> Iterator[None]:
    """A table of signings, registered as a source of the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS test_signing (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
            " signer text, meaning text, shown jsonb DEFAULT '{\"score\": 1.50}',"
            " at timestamptz DEFAULT now(), xid xid8 DEFAULT pg_current_xact_id())"
        )
    sources.register(SIGNING)
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
        ("UPDATE test_signing SET at = at - interval '1 day' WHERE id = %s", "record.changed"),
        ("UPDATE test_signing SET shown = '{\"score\": 1.5}' WHERE id = %s", "record.changed"),
        ("UPDATE test_signing SET signer = NULL WHERE id = %s", "record.changed"),
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
    for kind, number in (("signing", 98), ("countersigning", 99)):
        with pytest.raises(ValueError, match="cannot share"):
            sources.register(replace(SIGNING, kind=kind, number=number))


def test_a_record_says_the_same_in_every_time_zone_and_style(signings: None, log: Log) -> None:
    [ann] = _signed("Ann")
    plain = SIGNING.stored(ann - 1, 1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Tokyo'")
        cursor.execute("SET LOCAL DateStyle = 'German'")
        assert SIGNING.stored(ann - 1, 1) == plain
    assert plain[0].record.canonical.startswith(b'{"at":"20')
    log.caught_up()
