"""The feed hands each consumer every statement once, whatever commits late, crashes or runs twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from uuid import UUID, uuid4

import pytest
from celery import current_app
from django.db import connection
from django.db.utils import DatabaseError
from django.utils import timezone

from lrs import feed
from lrs.feed import FeedStatement
from lrs.models import FeedCursor, Source, SourceHour
from tests.fixtures import Hub, Xapi, at_once, held_open
from tests.statements import statement, voiding

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Payroll:
    """A consumer that starts now and notes what it is given of one store."""

    def __init__(self, store_id: int, *, batch: int = 500) -> None:
        self.name = f"payroll.{uuid4().hex}"
        self.store_id = store_id
        self.given: list[FeedStatement] = []
        #: What else it does with a batch; an error of it is the consumer's.
        self.also: Callable[[Sequence[FeedStatement]], None] = lambda statements: None
        feed.consumer(self.name, batch=batch)(self._handle)
        feed.replay(self.name, since=timezone.now())

    def _handle(self, statements: Sequence[FeedStatement]) -> None:
        ours = [each for each in statements if each.store_id == self.store_id]
        self.also(ours)
        self.given.extend(ours)

    def ids(self) -> list[str]:
        """Return the ids it was given, in order."""
        return [str(each.statement_id) for each in self.given]

    def run_until(self, expected: int) -> list[str]:
        """Run until it was given so many; transactions of others hold the feed back while they run."""
        deadline = time.monotonic() + 30
        while len(self.given) < expected and time.monotonic() < deadline:
            feed.run(self.name)
            time.sleep(0.02)
        return self.ids()

    def position(self) -> tuple[int, int]:
        """Return where its cursor stands."""
        cursor = FeedCursor.objects.get(name=self.name)
        return cursor.xid, cursor.seq


@pytest.fixture
def payroll(moodle: Xapi) -> Iterator[Payroll]:
    """A consumer of the store Moodle Berlin posts into."""
    made = Payroll(moodle.store_id)
    yield made
    feed.forget(made.name)


def test_a_consumer_is_given_each_statement_whole_and_once(moodle: Xapi, payroll: Payroll) -> None:
    made = statement(timestamp="2024-02-29T10:30:00Z")
    ids = moodle.store(made, statement(), voiding(str(uuid4())))
    assert payroll.run_until(3) == ids
    feed.run(payroll.name)
    assert payroll.ids() == ids
    first = payroll.given[0]
    assert moodle.issued is not None
    assert first.payload.encode() == moodle.get(statementId=made["id"]).content
    assert first.statement_id == UUID(made["id"])
    assert first.timestamp == datetime(2024, 2, 29, 10, 30, tzinfo=UTC)
    assert first.source_id == moodle.issued.credential.source_id
    assert first.credential_id == moodle.issued.credential.pk


def test_a_transaction_that_commits_late_is_not_passed_over(moodle: Xapi, payroll: Payroll) -> None:
    before = moodle.store(statement())
    payroll.run_until(1)
    early = [statement(), statement()]
    with held_open(lambda: moodle.store(*early)) as commit:
        later = moodle.store(*(statement() for _ in range(3)))
        feed.run(payroll.name)
        # What came later waits, or the cursor would be past what is still to come.
        assert payroll.ids() == before
        commit()
    assert payroll.run_until(6) == before + [each["id"] for each in early] + later


def test_a_transaction_rolled_back_leaves_no_gap_to_wait_for(moodle: Xapi, payroll: Payroll) -> None:
    with pytest.raises(RuntimeError, match="power cut"), held_open(lambda: _store_and_fail(moodle)):
        pass
    ids = moodle.store(statement())
    assert payroll.run_until(1) == ids


def _store_and_fail(caller: Xapi) -> None:
    caller.store(statement())
    raise RuntimeError("power cut")


def test_nothing_is_missed_or_doubled_with_four_writers_and_two_runners(hub: Hub) -> None:
    writers = [hub.caller(f"LMS {number}") for number in range(4)]
    consumer = Payroll(writers[0].store_id, batch=7)
    ended = Event()
    stored: list[str] = []

    def write(caller: Xapi) -> None:
        for size in (1, 5, 2, 9, 3, 1, 4, 8):
            stored.extend(caller.store(*(statement() for _ in range(size))))

    def write_all() -> None:
        try:
            at_once([partial(write, each) for each in writers])
        finally:
            ended.set()

    def run_on() -> None:
        while not ended.is_set():
            feed.run(consumer.name, batches=2)

    try:
        at_once([write_all, run_on, run_on])
        given = consumer.run_until(len(stored))
    finally:
        feed.forget(consumer.name)
    assert len(given) == len(set(given)) == 132
    assert set(given) == set(stored)


def test_a_second_runner_goes_away_at_once(moodle: Xapi, payroll: Payroll) -> None:
    moodle.store(statement())
    payroll.run_until(1)
    working, may_end = Event(), Event()

    def slowly(statements: Sequence[FeedStatement]) -> None:
        if statements:
            working.set()
            assert may_end.wait(timeout=30)

    payroll.also = slowly
    ids = moodle.store(statement(), statement())

    def second() -> int:
        assert working.wait(timeout=30)
        try:
            return feed.run(payroll.name)
        finally:
            may_end.set()

    def first() -> int:
        payroll.run_until(3)
        return 0

    assert at_once([first, second])[1] == 0
    assert payroll.ids()[1:] == ids


def _count(source_id: int, statements: Sequence[FeedStatement]) -> None:
    hour, _ = SourceHour.objects.get_or_create(source_id=source_id, hour=EPOCH)
    hour.refused += len(statements)
    hour.save()


def _counted(source_id: int) -> int:
    return sum(SourceHour.objects.filter(source_id=source_id, hour=EPOCH).values_list("refused", flat=True))


def test_effect_and_cursor_of_a_failing_consumer_roll_back_together(moodle: Xapi, payroll: Payroll) -> None:
    source_id = Source.objects.get(store=moodle.store_id).pk
    moodle.store(statement())
    payroll.run_until(1)
    position = payroll.position()

    def fail(statements: Sequence[FeedStatement]) -> None:
        _count(source_id, statements)
        if statements:
            raise ValueError("the payroll file is open in another program")

    payroll.also = fail
    ids = moodle.store(statement(), statement())
    with pytest.raises(ValueError, match="payroll file"):
        payroll.run_until(3)
    assert payroll.position() == position
    assert _counted(source_id) == 0
    assert "the payroll file is open" in feed.lag(payroll.name).error

    payroll.also = partial(_count, source_id)
    assert payroll.run_until(3)[1:] == ids
    assert _counted(source_id) == 2
    assert feed.lag(payroll.name).error == ""


def test_a_consumer_whose_connection_dies_starts_again_where_it_was(moodle: Xapi, payroll: Payroll) -> None:
    source_id = Source.objects.get(store=moodle.store_id).pk
    moodle.store(statement())
    payroll.run_until(1)
    position = payroll.position()

    def die(statements: Sequence[FeedStatement]) -> None:
        _count(source_id, statements)
        if statements:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    payroll.also = die
    ids = moodle.store(statement())
    with pytest.raises(DatabaseError):
        at_once([lambda: payroll.run_until(2)])
    assert payroll.position() == position
    assert _counted(source_id) == 0
    payroll.also = partial(_count, source_id)
    assert payroll.run_until(2)[1:] == ids
    assert _counted(source_id) == 1


def test_a_replay_hands_everything_over_again(moodle: Xapi, payroll: Payroll) -> None:
    ids = moodle.store(*(statement() for _ in range(4)))
    payroll.run_until(4)
    payroll.given.clear()
    feed.replay(payroll.name)
    assert payroll.run_until(4) == ids
    assert FeedCursor.objects.get(name=payroll.name).handled >= 4


def test_a_replay_from_a_moment_leaves_out_no_statement_stored_since(moodle: Xapi, payroll: Payroll) -> None:
    ids = moodle.store(*(statement() for _ in range(2)))
    ids += moodle.store(*(statement() for _ in range(2)))
    payroll.run_until(4)
    moment = payroll.given[2].stored
    payroll.given.clear()
    feed.replay(payroll.name, since=moment)
    assert set(payroll.run_until(2)) >= set(ids[2:])
    payroll.given.clear()
    feed.replay(payroll.name, since=moment + timedelta(days=1))
    assert payroll.run_until(0) == []


@pytest.mark.parametrize("later_one", [True, False], ids=["another committed since", "none committed since"])
def test_a_replay_from_a_moment_waits_for_what_commits_late(
    moodle: Xapi, payroll: Payroll, later_one: bool
) -> None:
    moodle.store(statement())
    moment = timezone.now()
    early = statement()
    with held_open(lambda: moodle.store(early)) as commit:
        later = moodle.store(statement()) if later_one else []
        feed.replay(payroll.name, since=moment)
        feed.run(payroll.name)
        commit()
    expected = [early["id"], *later]
    assert [each for each in payroll.run_until(len(expected)) if each in expected] == expected


def test_lag_counts_what_was_not_handed_over_and_how_old_it_is(moodle: Xapi, payroll: Payroll) -> None:
    before = feed.lag(payroll.name).statements
    moodle.store(*(statement() for _ in range(3)))
    time.sleep(0.05)
    behind = feed.lag(payroll.name)
    assert behind.statements == before + 3
    assert 0.05 <= behind.seconds < 60
    payroll.run_until(3)
    caught_up = feed.lag(payroll.name)
    assert (caught_up.statements, caught_up.seconds, caught_up.error) == (0, 0.0, "")


def test_the_wake_up_names_a_task_that_workers_have() -> None:
    current_app.loader.import_default_modules()
    # Django alone must have made the hub's application the current one, in web processes too.
    assert current_app.main == "hub"
    assert feed.SWEEP_TASK in current_app.tasks


def test_statistics_count_every_statement_of_a_source_once(hub: Hub) -> None:
    berlin, paris = hub.caller("Moodle Berlin"), hub.caller("Moodle Paris")
    ids = berlin.store(*(statement() for _ in range(5)))
    paris.store(statement())
    berlin.post([statement("bob") | {"id": ids[0]}]).expect(409)
    berlin.post([statement() | {"verb": {}}]).expect(400)
    assert berlin.issued is not None
    hours = SourceHour.objects.filter(source=berlin.issued.credential.source)
    deadline = time.monotonic() + 30
    while sum(hours.values_list("statements", flat=True)) < 5 and time.monotonic() < deadline:
        feed.run("lrs.statistics")
        time.sleep(0.02)
    feed.run("lrs.statistics")
    assert sum(hours.values_list("statements", flat=True)) == 5
    payload_bytes = sum(len(berlin.get(statementId=each).content) for each in ids)
    assert sum(hours.values_list("payload_bytes", flat=True)) == payload_bytes
