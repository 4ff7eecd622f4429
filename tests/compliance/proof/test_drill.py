"""The tamper drill: the superuser of the database changes what must not change, with the triggers off.

Each time `verify` must say what was changed and where, and stay silent before. The damage is done in a
transaction that is rolled back, and to copies of the files.

To add a table that is logged (signatures, the audit trail): store a row, and add its changes to the drills at
the end as for statements. The checks go by source; nothing of them knows what a record is.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from compliance.models import LogCheck, LogEntry
from compliance.proof import conf, folder, keys, lock, nightly, note, publish, stored, tiles
from compliance.proof.checkpoint import Checkpoint
from compliance.proof.lock import Published
from compliance.proof.tree import Edge, grown
from compliance.proof.verify.report import Deviation, Report
from compliance.proof.verify.run import verify
from connectors.models import Alert
from connectors.watch import alerts
from tests.compliance.proof.academy import Log, row, sound
from tests.fixtures import Xapi
from tests.statements import statement

pytestmark = pytest.mark.usefixtures("statements_alone")

LOGGED = [
    "lrs_statement",
    "compliance_log_entry",
    "compliance_log_salt",
    "compliance_log_tile",
    "compliance_log_head",
    "compliance_log_checkpoint",
    "compliance_log_source",
]


@contextmanager
def as_superuser() -> Iterator[Any]:
    """Yield a cursor for which no trigger fires; what it does is rolled back."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in LOGGED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        transaction.set_rollback(True)


def only(found: Report, rule: str) -> Deviation:
    """Return the one thing that was found, which must be this."""
    assert [each.rule for each in found.deviations] == [rule], [str(each) for each in found.deviations]
    return found.deviations[0]


def first(found: Report, rule: str) -> Deviation:
    """Return the first thing found of a kind; there must be one."""
    said = [each for each in found.deviations if each.rule == rule]
    assert said, [str(each) for each in found.deviations]
    return said[0]


@pytest.fixture
def training(moodle: Xapi, log: Log) -> Sequence[str]:
    """Five statements that were logged and published."""
    ids = moodle.store(*(statement(f"nurse{number}") for number in range(5)))
    log.caught_up()
    sound()
    return ids


@pytest.mark.parametrize(
    "change",
    [
        "payload = replace(payload, 'passed', 'failed')",
        "payload = payload || ' '",
        "timestamp = timestamp - interval '1 year'",
        "store_id = store_id + 1000000",
        "credential_id = credential_id + 1",
        "flags = flags + 64",
        "statement_id = gen_random_uuid()",
    ],
)
def test_a_statement_that_was_changed_is_named(
    moodle: Xapi, log: Log, training: Sequence[str], change: str
) -> None:
    victim = row(moodle, training[2])
    index = log.leaf(moodle, training[2]).index
    with as_superuser() as cursor:
        cursor.execute(f"UPDATE lrs_statement SET {change} WHERE seq = %s", [victim.pk])
        said = only(verify(), "record.changed")
    assert (said.index, said.source, said.key) == (index, "statement", victim.pk)
    if "statement_id" not in change:
        assert said.name == training[2]
    sound()


def test_a_time_of_storing_that_was_changed_contradicts_key_and_leaf(
    moodle: Xapi, training: Sequence[str]
) -> None:
    with as_superuser() as cursor:
        cursor.execute(
            "UPDATE lrs_statement SET stored = stored - interval '1 day' WHERE seq = %s",
            [row(moodle, training[0]).pk],
        )
        found = verify()
    assert {each.rule for each in found.deviations} == {"record.fault", "record.changed"}
    assert {each.name for each in found.deviations} == {training[0]}


def test_a_statement_that_was_deleted_is_named(moodle: Xapi, log: Log, training: Sequence[str]) -> None:
    victim, index = row(moodle, training[1]), log.leaf(moodle, training[1]).index
    with as_superuser() as cursor:
        cursor.execute("DELETE FROM lrs_statement WHERE seq = %s", [victim.pk])
        said = only(verify(), "record.gone")
    assert (said.index, said.key, said.name) == (index, victim.pk, training[1])


_COPY = """
    INSERT INTO lrs_statement (seq, store_id, source_id, credential_id, statement_id, stored, timestamp, xid,
                               version, flags, fingerprint, payload)
    SELECT {seq}, store_id, source_id, credential_id, gen_random_uuid(), {stored}, timestamp, {xid}, version,
           flags, fingerprint, payload
    FROM lrs_statement WHERE seq = %s RETURNING statement_id::text, seq
"""
_YEAR = 365 * 86_400 * 1_000_000 << 12


def test_a_statement_put_in_with_an_old_date_beside_the_log_is_named(
    moodle: Xapi, training: Sequence[str]
) -> None:
    with as_superuser() as cursor:
        cursor.execute(
            _COPY.format(seq=f"seq - {_YEAR}", stored="stored - interval '365 days'", xid="'3'::xid8"),
            [row(moodle, training[0]).pk],
        )
        name, seq = cursor.fetchone()
        said = only(verify(), "record.unlogged")
    assert (said.name, said.key) == (name, seq)


def test_a_statement_put_in_with_a_transaction_to_come_is_named(
    moodle: Xapi, training: Sequence[str]
) -> None:
    with as_superuser() as cursor:
        cursor.execute(
            _COPY.format(
                seq="seq + 4096", stored="stored + interval '1 microsecond'", xid="'999999999999'::xid8"
            ),
            [row(moodle, training[4]).pk],
        )
        [name, _] = cursor.fetchone()
        said = only(verify(), "record.unlogged")
    assert said.name == name
    assert "has not begun" in said.text


def test_a_statement_with_an_old_date_that_the_sequencer_took_in_is_named(
    moodle: Xapi, log: Log, training: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from compliance.proof import sequence, sources, statements

    source = sources.of(statements.KIND)
    with as_superuser() as cursor:
        cursor.execute(
            _COPY.format(
                seq=f"seq - {_YEAR}", stored="stored - interval '365 days'", xid="pg_current_xact_id()"
            ),
            [row(moodle, training[0]).pk],
        )
        name, seq = cursor.fetchone()
        record = source.stored(seq - 1, 1)[0].record
        position = stored.positions()[source.number]
        taken = sources.Source(
            source.kind,
            source.number,
            lambda after, most: ([record], position),
            source.stored,
            source.waiting,
        )
        sequence.sequence(taken)
        said = only(verify(), "record.backdated")
    assert (said.name, said.key, said.index) == (name, seq, log.head.size)


def test_a_leaf_that_was_changed_is_named(moodle: Xapi, log: Log, training: Sequence[str]) -> None:
    leaf = log.leaf(moodle, training[3])
    with as_superuser() as cursor:
        cursor.execute(
            "UPDATE compliance_log_entry SET commitment = sha256(commitment) WHERE index = %s", [leaf.index]
        )
        found = verify()
    said = first(found, "leaf.changed")
    assert (said.index, said.name, said.key) == (leaf.index, training[3], leaf.key)
    assert {each.index for each in found.deviations} == {leaf.index}


def test_a_leaf_that_was_deleted_is_named(moodle: Xapi, log: Log, training: Sequence[str]) -> None:
    leaf = log.leaf(moodle, training[3])
    with as_superuser() as cursor:
        cursor.execute("DELETE FROM compliance_log_entry WHERE index = %s", [leaf.index])
        found = verify()
    gone = first(found, "leaf.gone")
    assert (gone.index, gone.name) == (leaf.index, training[3])
    unlogged = first(found, "record.unlogged")
    assert (unlogged.name, unlogged.key) == (training[3], leaf.key)
    assert found.count == 2


def test_a_salt_that_was_deleted_or_changed_is_named(moodle: Xapi, log: Log, training: Sequence[str]) -> None:
    leaf = log.leaf(moodle, training[3])
    with as_superuser() as cursor:
        cursor.execute("DELETE FROM compliance_log_salt WHERE index = %s", [leaf.index])
        said = only(verify(), "salt.gone")
        assert (said.index, said.name, said.key) == (leaf.index, training[3], leaf.key)
    with as_superuser() as cursor:
        cursor.execute("UPDATE compliance_log_salt SET salt = sha256(salt) WHERE index = %s", [leaf.index])
        assert only(verify(), "record.changed").index == leaf.index


def test_a_tile_changed_in_the_database_is_named(log: Log, training: Sequence[str]) -> None:
    number, at = divmod(log.head.size - 1, 256)
    with as_superuser() as cursor:
        cursor.execute(
            "UPDATE compliance_log_tile SET hashes = overlay(hashes PLACING '\\x00'::bytea FROM %s)"
            " WHERE level = 0 AND number = %s",
            [at * 32 + 1, number],
        )
        said = only(verify(), "tile.changed")
    assert (said.index, said.name) == (log.head.size - 1, training[-1])


def test_a_published_tile_that_was_changed_or_removed_is_named(
    log: Log, training: Sequence[str], copied: Path
) -> None:
    size = log.head.size
    name = tiles.Name(0, (size - 1) // 256, (size - 1) % 256 + 1)
    path = conf.folder() / name.path
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    said = only(verify(), "tile.changed")
    assert (said.index, said.name) == (size - 1, training[-1])
    path.unlink()
    found = verify()
    assert {each.rule for each in found.deviations} == {"tile.gone"}
    assert found.deviations[-1].index == size - 1


def _rolled_back(cursor: Any, size: int) -> None:
    """Make the database what it was when the log had so many leaves."""
    edge, made = Edge(), []
    for index in range(0, size, 256):
        entries = stored.entries(index, min(size, index + 256))
        from compliance.proof.hashing import leaf_hash

        edge, grew = grown(edge, [leaf_hash(each) for each in entries])
        made += grew
    key = LogEntry.objects.filter(source=1, index__lt=size).order_by("-index").first()
    cursor.execute("DELETE FROM compliance_log_salt WHERE index >= %s", [size])
    cursor.execute("DELETE FROM compliance_log_entry WHERE index >= %s", [size])
    cursor.execute("DELETE FROM compliance_log_checkpoint WHERE size > %s", [size])
    cursor.execute("DELETE FROM compliance_log_tile")
    for each in {(each.level, each.number): each for each in made}.values():
        cursor.execute(
            "INSERT INTO compliance_log_tile (level, number, hashes) VALUES (%s, %s, %s)",
            [each.level, each.number, each.hashes],
        )
    cursor.execute("UPDATE compliance_log_head SET size = %s, root = %s", [size, edge.root])
    assert key is not None
    cursor.execute(
        "UPDATE compliance_log_source SET (xid, key) ="
        " (SELECT s.xid::text::bigint, s.seq FROM lrs_statement s WHERE s.seq = %s) WHERE number = 1",
        [key.key],
    )


def test_a_log_that_was_rolled_back_is_noticed_and_what_lost_its_leaf_is_named(
    moodle: Xapi, log: Log, training: Sequence[str], copied: Path
) -> None:
    before = publish.latest()
    assert before is not None
    shutil.copytree(copied, copied.with_name("earlier"))
    later = moodle.store(statement(), statement())
    after = log.caught_up()
    with as_superuser() as cursor:
        _rolled_back(cursor, before.size)
        # The published files are set back as well; the lock lies elsewhere and is not.
        shutil.rmtree(copied / "published")
        shutil.copytree(copied.with_name("earlier") / "published", copied / "published")
        found = verify()
        said = first(found, "log.rolled_back")
        assert said.index == before.size
        assert f"{after.size - 1:,} are gone" in said.text
        unlogged = {each.name for each in found.deviations if each.rule == "record.unlogged"}
        assert set(later) <= unlogged
        # And nothing is signed from then on.
        with pytest.raises(Exception, match="rolled back"):
            publish.publish(now=True)


def test_a_log_that_was_set_back_with_its_lock_is_told_by_a_witness_alone(
    moodle: Xapi, log: Log, training: Sequence[str], copied: Path
) -> None:
    known = lock.read()
    assert known is not None
    lock.witnessed(known.size + 7)
    said = only(verify(), "log.rolled_back")
    assert said.index == known.size
    with pytest.raises(Exception, match="published or witnessed"):
        publish.publish(now=True)


def test_a_log_written_anew_with_every_hash_right_has_another_root_than_was_published(
    moodle: Xapi, log: Log, training: Sequence[str], copied: Path
) -> None:
    """The superuser changes a statement, its leaf, and all tiles above; only the signatures stay."""
    leaf = log.leaf(moodle, training[2])
    with as_superuser() as cursor:
        cursor.execute("UPDATE lrs_statement SET payload = payload || ' ' WHERE seq = %s", [leaf.key])
        from compliance.proof import sources

        forged = sources.of("statement").stored(leaf.key - 1, 1)[0].record
        cursor.execute(
            "UPDATE compliance_log_entry e SET commitment = sha256(s.salt || %s)"
            " FROM compliance_log_salt s WHERE s.index = e.index AND e.index = %s",
            [forged.canonical, leaf.index],
        )
        _rolled_back(cursor, log.head.size)
        found = verify()
    said = first(found, "tile.changed")
    assert (said.index, said.name) == (leaf.index, training[2])
    first(found, "log.rewritten")
    first(found, "checkpoint.root")


def test_a_checkpoint_that_was_changed_or_forged_is_named(
    log: Log, training: Sequence[str], copied: Path
) -> None:
    made = publish.latest()
    assert made is not None
    with as_superuser() as cursor:
        cursor.execute(
            "UPDATE compliance_log_checkpoint SET note = replace(note, %s, %s) WHERE id = %s",
            [f"\n{made.size}\n", f"\n{made.size - 1}\n", made.pk],
        )
        found = verify()
        assert f"Checkpoint {made.pk} of" in first(found, "checkpoint.unsigned").text
    stranger = note.Signer(log.head.origin, b"s" * 32)
    forged = note.signed(Checkpoint(log.head.origin, made.size, b"x" * 32).text, [stranger])
    folder.write_checkpoint(forged)
    assert "No key that is known" in only(verify(), "checkpoint.shown").text
    with as_superuser() as cursor:
        # A key put into the database does not help where the right one is known.
        cursor.execute(
            "INSERT INTO compliance_log_key (name, key_id, public, made) VALUES (%s, %s, %s, now())",
            [stranger.name, stranger.verifier.key_id.hex(), stranger.verifier.public],
        )
        trusted = [each for each in keys.verifiers() if each.public != stranger.verifier.public]
        assert "No key that is known" in only(verify(trusted), "checkpoint.shown").text


def test_an_older_checkpoint_that_is_shown_again_is_noticed(
    moodle: Xapi, log: Log, training: Sequence[str], copied: Path
) -> None:
    old = folder.content(folder.CHECKPOINT)
    assert old is not None
    moodle.store(statement())
    log.caught_up()
    folder.write_checkpoint(old.decode())
    assert "the last that was signed" in only(verify(), "checkpoint.shown").text


def test_the_lock_that_was_lost_or_changed_is_noticed(
    log: Log, training: Sequence[str], copied: Path
) -> None:
    known = lock.read()
    assert known is not None
    path = conf.lock_file()
    content = path.read_text()
    path.write_text(content.replace(known.root.hex(), "00" * 32))
    assert {each.rule for each in verify().deviations} >= {"log.rewritten", "lock.changed"}
    path.write_text("{")
    assert "lock.changed" in {each.rule for each in verify().deviations}
    path.unlink()
    found = verify()
    first(found, "lock.gone")
    with pytest.raises(Exception, match="is gone"):
        publish.publish(now=True)
    call_command("adopt_log", root=known.root.hex(), verbosity=0)
    assert lock.read() == Published(known.origin, known.size, known.root, known.note, 0)
    sound()


def test_the_command_names_what_it_finds_and_fails(
    moodle: Xapi, training: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify")
    assert "nothing deviates" in capsys.readouterr().out
    victim = row(moodle, training[0])
    with as_superuser() as cursor:
        cursor.execute("UPDATE lrs_statement SET payload = '{}' WHERE seq = %s", [victim.pk])
        with pytest.raises(SystemExit):
            call_command("verify", json=True)
    said = capsys.readouterr().out
    assert training[0] in said
    assert str(victim.pk) in said
    assert '"record.changed"' in said


def test_the_nightly_check_alerts_the_store_it_concerns_and_says_when_it_is_over(
    moodle: Xapi, training: Sequence[str]
) -> None:
    from compliance.proof.nightly import findings
    from connectors.watch.findings import EVALUATORS

    assert EVALUATORS["proof"] is findings
    with as_superuser() as cursor:
        cursor.execute(
            "UPDATE lrs_statement SET payload = '{}' WHERE seq = %s", [row(moodle, training[0]).pk]
        )
        checked = nightly.check()
        assert checked.deviations == 1
        alerts.evaluate({"proof": findings}, stores=[moodle.store_id])
        [raised] = Alert.objects.filter(store=moodle.store_id, kind="proof", cleared=None)
        assert "not as logged" in raised.text
        assert raised.detail["deviations"][0]["name"] == training[0]
        others = Alert.objects.filter(kind="proof", cleared=None).exclude(store=moodle.store_id)
        assert not others.filter(detail__check=checked.pk).exists()
    nightly.check()
    assert alerts.evaluate({"proof": findings}, stores=[moodle.store_id]).lasting == 0
    assert LogCheck.objects.order_by("-pk")[0].deviations == 0
