"""Every record gets one leaf, in order, whoever sequences, commits late or fails; the log can prove it."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

import orjson
import pytest
import rfc8785
from django.db import connection, transaction
from django.db.utils import DatabaseError

from compliance.models import LogEntry, LogSalt
from compliance.proof import (
    checking,
    keys,
    note,
    proofs,
    publish,
    sequence,
    sources,
    statements,
    stored,
    tree,
)
from compliance.proof.errors import LogRefused, NotLogged
from compliance.proof.guard import lock_log
from compliance.proof.hashing import commitment
from compliance.proof.sources import Source
from lrs import feed
from tests.compliance.proof import reference
from tests.compliance.proof.academy import Log, row, sound
from tests.fixtures import Xapi, at_once, held_open, nothing_held_back
from tests.statements import statement


def test_a_statement_is_in_the_log_and_the_log_can_prove_it(moodle: Xapi, log: Log) -> None:
    made = statement()
    moodle.store(made, *(statement() for _ in range(20)))
    log.caught_up()
    seq = row(moodle, made["id"]).pk
    proof = proofs.of_record(statements.KIND, seq)
    entry = orjson.loads(proof.entry)
    assert entry.keys() == {"commitment", "id", "kind"}
    assert rfc8785.dumps(entry) == proof.entry
    record = sources.of(statements.KIND).stored(seq - 1, 1)[0].record
    assert proof.salt is not None
    assert commitment(proof.salt, record.canonical).hex() == entry["commitment"]
    payload = moodle.get(statementId=made["id"]).content
    assert orjson.loads(record.canonical)["payload_sha256"] == sha256(payload).hexdigest()
    for verifier in (checking, reference):
        assert verifier.includes(proof.index, proof.size, proof.leaf, proof.path, proof.root)
    text = proofs.written(proof)
    assert text.startswith(f"c2sp.org/tlog-proof@v1\nindex {proof.index}\n")
    assert text.endswith("\n\n" + proof.note)


def test_the_record_is_canonical(moodle: Xapi, log: Log) -> None:
    moodle.store(
        statement(timestamp="2024-02-29T10:30:00Z"), statement(timestamp="2024-02-29T10:30:00.25+01:00")
    )
    log.caught_up()
    for each, _ in feed.by_key(-(1 << 63), 1_000_000):
        written = statements.canonical(each)
        assert rfc8785.dumps(orjson.loads(written)) == written


def test_leaves_are_contiguous_and_in_the_order_of_the_feed(moodle: Xapi, log: Log) -> None:
    size = log.head.size
    ids = moodle.store(*(statement() for _ in range(300)))
    log.caught_up()
    leaves = [log.leaf(moodle, each).index for each in ids]
    assert leaves == sorted(leaves)
    assert list(LogEntry.objects.order_by("index").values_list("index", flat=True)) == list(
        range(log.head.size)
    )
    assert log.head.size >= size + 300


def test_what_commits_late_is_not_passed_over(moodle: Xapi, log: Log) -> None:
    # So that the two wait for nothing of each other.
    moodle.store(statement())
    early = statement()
    with held_open(lambda: moodle.store(early)) as commit:
        later = moodle.store(statement())
        sequence.run()
        assert not LogEntry.objects.filter(source=1, key=row(moodle, later[0]).pk).exists()
        commit()
    log.caught_up()
    assert log.leaf(moodle, early["id"]).index < log.leaf(moodle, later[0]).index


def test_sequencers_that_run_at_once_log_everything_once(moodle: Xapi, log: Log) -> None:
    ids = moodle.store(*(statement() for _ in range(500)))
    nothing_held_back()

    def run() -> int:
        source = sources.of(statements.KIND)
        return sum(sequence.sequence(source, most=7) for _ in range(40))

    at_once([run, run, run])
    log.caught_up()
    assert len({log.leaf(moodle, each).index for each in ids}) == 500
    sound()


def test_a_second_sequencer_goes_away_while_one_is_at_work(moodle: Xapi, log: Log) -> None:
    moodle.store(statement())
    nothing_held_back()
    with held_open(lock_log):
        assert sequence.run() == 0
        assert publish.publish(now=True) is None
    log.caught_up()


def test_a_head_that_was_moved_without_the_lock_is_noticed(
    moodle: Xapi, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    moodle.store(statement())
    nothing_held_back()
    before = log.head
    read = stored.head

    def overtaken() -> stored.Head:
        found = read()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE compliance_log_head SET root = %s", [b"x" * 32])
        return found

    monkeypatch.setattr(stored, "head", overtaken)
    with pytest.raises(LogRefused, match="moved the head"), transaction.atomic():
        sequence.sequence(sources.of(statements.KIND))
    monkeypatch.undo()
    assert log.head == before
    log.caught_up()


def test_a_source_that_fails_leaves_nothing(moodle: Xapi, log: Log) -> None:
    ids = moodle.store(statement())
    nothing_held_back()
    before = log.head
    known = sources.of(statements.KIND)

    def doubled(after: sources.Position, most: int) -> tuple[list[sources.Record], sources.Position]:
        found, position = known.read(after, most)
        return [*found, *found], position

    broken = Source(known.kind, known.number, doubled, known.stored, known.waiting)
    with pytest.raises(DatabaseError, match="compliance_log_entry_once"):
        sequence.sequence(broken)
    assert log.head == before
    log.caught_up()
    assert log.leaf(moodle, ids[0]).index >= before.size


def test_every_published_tree_goes_on_from_the_one_before(moodle: Xapi, log: Log) -> None:
    sizes = []
    for count in (1, 3, 255, 260):
        moodle.store(*(statement() for _ in range(count)))
        sizes.append(log.caught_up().size)
    roots = {size: tree.root_at(size, stored.nodes()) for size in sizes}
    for old, new in pairwise(sizes):
        path = proofs.between(old, new)
        assert checking.consistent(old, new, path, roots[old], roots[new])
        assert reference.consistent(old, new, path, roots[old], roots[new])
    with pytest.raises(NotLogged):
        proofs.between(1, sizes[-1] + 1)


def test_a_record_without_a_checkpoint_over_it_has_no_proof_yet(moodle: Xapi, log: Log) -> None:
    made = statement()
    moodle.store(made)
    seq = row(moodle, made["id"]).pk
    with pytest.raises(NotLogged):
        proofs.of_record(statements.KIND, seq)
    nothing_held_back()
    sequence.run()
    with pytest.raises(NotLogged):
        proofs.of_record(statements.KIND, seq)
    log.caught_up()
    assert proofs.of_record(statements.KIND, seq).key == seq


def test_a_checkpoint_is_published_only_as_often_as_it_should(moodle: Xapi, log: Log) -> None:
    last = publish.latest()
    moodle.store(statement())
    nothing_held_back()
    assert sequence.run() >= 1
    assert publish.publish() == last or last is None
    assert publish.publish(now=True) != last


def test_nothing_personal_stands_in_the_log_itself(moodle: Xapi, log: Log) -> None:
    made = statement(actor={"mbox": "mailto:ann.lee@hospital.example"})
    moodle.store(made)
    log.caught_up()
    leaf = log.leaf(moodle, made["id"])
    salt = LogSalt.objects.get(pk=leaf.index)
    published = stored.entries(leaf.index, leaf.index + 1)[0]
    for told in (made["id"], "ann.lee", bytes(salt.salt).hex(), str(leaf.key)):
        assert told.encode() not in published
    assert salt.name == made["id"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE compliance_log_entry SET key = key + 1", "append-only"),
        ("DELETE FROM compliance_log_entry", "append-only"),
        ("TRUNCATE compliance_log_entry", "append-only"),
        ("UPDATE compliance_log_checkpoint SET size = 1", "append-only"),
        ("DELETE FROM compliance_log_checkpoint", "append-only"),
        ("UPDATE compliance_log_salt SET name = ''", "until a disposal"),
        ("DELETE FROM compliance_log_salt", "until a disposal"),
        ("TRUNCATE compliance_log_salt", "append-only"),
        ("UPDATE compliance_log_tile SET hashes = ''", "only grows"),
        ("DELETE FROM compliance_log_tile", "only grows"),
        ("UPDATE compliance_log_head SET size = size - 1", "only grows"),
        ("DELETE FROM compliance_log_head", "only grows"),
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_the_tables_of_the_log_refuse_what_would_change_the_past(
    moodle: Xapi, log: Log, change: str, said: str, role: str
) -> None:
    moodle.store(statement())
    log.caught_up()
    with pytest.raises(DatabaseError, match=said), transaction.atomic():
        _changed(change, role)


def _changed(change: str, role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL session_replication_role = {role}")
        cursor.execute(change)


def test_the_checkpoint_is_signed_by_the_log(moodle: Xapi, log: Log) -> None:
    moodle.store(statement())
    made = log.caught_up()
    opened, by = note.opened(made.note, keys.verifiers())
    assert opened.text.split("\n")[1] == str(made.size)
    assert by
