"""A salt that is forgotten leaves every proof valid and tells nothing; nothing goes without a trace."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from compliance.models import LogDisposal, LogEntry, LogSalt
from compliance.proof import checking, proofs
from compliance.proof.disposals import forget_salts
from compliance.proof.errors import NotLogged
from compliance.proof.verify.run import verify
from tests.compliance.proof.academy import Log, row, sound
from tests.compliance.proof.test_drill import as_superuser, first
from tests.fixtures import Xapi
from tests.statements import statement

WHY = {"why": "Retention ended", "reference": "certificate 12", "by": "Carol Diaz"}


def test_proofs_stay_valid_and_the_disposal_itself_is_logged(moodle: Xapi, log: Log) -> None:
    ids = moodle.store(statement(), statement(), statement())
    log.caught_up()
    before = sound()
    seqs = [row(moodle, each).pk for each in ids[:2]]
    old = proofs.of_record("statement", seqs[0])
    assert forget_salts("statement", seqs, **WHY) == 2
    assert forget_salts("statement", seqs, **WHY) == 0
    log.caught_up()
    proof = proofs.of_record("statement", seqs[0])
    assert proof.salt is None
    assert proof.entry == old.entry
    assert checking.includes(proof.index, proof.size, proof.leaf, proof.path, proof.root)
    assert not LogSalt.objects.filter(index=proof.index).exists()
    found = sound()
    assert found.erased == before.erased + 2
    disposal = LogDisposal.objects.order_by("-pk")[0]
    assert LogEntry.objects.filter(source=2, key=disposal.pk).exists()


def test_once_forgotten_even_the_record_itself_may_go(moodle: Xapi, log: Log) -> None:
    ids = moodle.store(statement(), statement())
    log.caught_up()
    seq = row(moodle, ids[0]).pk
    forget_salts("statement", [seq], **WHY)
    log.caught_up()
    with as_superuser() as cursor:
        cursor.execute("DELETE FROM lrs_statement WHERE seq = %s", [seq])
        sound()


def test_what_waits_for_its_leaf_cannot_be_forgotten(moodle: Xapi, log: Log) -> None:
    ids = moodle.store(statement())
    with pytest.raises(NotLogged):
        forget_salts("statement", [row(moodle, ids[0]).pk], **WHY)
    log.caught_up()
    sound()


def test_a_forged_disposal_does_not_hide_a_salt_that_was_taken(moodle: Xapi, log: Log) -> None:
    ids = moodle.store(statement())
    log.caught_up()
    leaf = log.leaf(moodle, ids[0])
    with as_superuser() as cursor:
        cursor.execute(
            "INSERT INTO compliance_log_disposal (at, why, reference, by, count, digest, xid)"
            " VALUES (now() - interval '1 year', 'x', 'x', 'x', 1, sha256(int8send(%s)), 3) RETURNING id",
            [leaf.index],
        )
        [identity] = cursor.fetchone()
        cursor.execute("INSERT INTO compliance_log_disposed VALUES (%s, %s)", [leaf.index, identity])
        cursor.execute("DELETE FROM compliance_log_salt WHERE index = %s", [leaf.index])
        found = verify()
        # The sequencer has not passed it yet where no disposal was ever logged: then it waits, in sight.
        assert found.waiting or first(found, "record.unlogged").name == f"disposal {identity}"


def test_a_disposal_that_is_given_further_leaves_is_noticed(moodle: Xapi, log: Log) -> None:
    ids = moodle.store(statement(), statement())
    log.caught_up()
    forget_salts("statement", [row(moodle, ids[0]).pk], **WHY)
    log.caught_up()
    disposal = LogDisposal.objects.order_by("-pk")[0]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO compliance_log_disposed VALUES (%s, %s)",
            [log.leaf(moodle, ids[1]).index, disposal.pk],
        )
        cursor.execute("DELETE FROM compliance_log_salt WHERE index = %s", [log.leaf(moodle, ids[1]).index])
        found = verify()
        transaction.set_rollback(True)
    assert first(found, "disposal.changed").name == f"disposal {disposal.pk}"
