"""Turns: a consumer with much before it keeps no other from its work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from hub.celery import app
from lrs import feed, tasks, turns
from lrs.feed import FeedStatement
from lrs.models import FeedCursor
from tests.fixtures import Xapi
from tests.statements import statement

BUSY = "tests.busy"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The consumers that were queued, instead of a broker."""
    names: list[str] = []
    monkeypatch.setattr(tasks.run_consumer, "apply_async", lambda arguments, **_: names.append(arguments[0]))
    return names


@pytest.fixture
def busy(moodle: Xapi) -> Iterator[list[int]]:
    """A consumer that takes one statement at a time and starts now; the keys it was given."""
    given: list[int] = []

    @feed.consumer(BUSY, batch=1)
    def see(statements: Sequence[FeedStatement]) -> None:
        given.extend(each.seq for each in statements)

    feed.replay(BUSY, since=timezone.now())
    yield given
    feed.forget(BUSY)
    FeedCursor.objects.filter(name=BUSY).delete()


def test_who_used_the_turn_up_is_queued_again_behind_the_others(
    moodle: Xapi, busy: list[int], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moodle.store(statement(), statement(), statement())
    monkeypatch.setattr(turns, "SECONDS", 0.0)
    assert tasks.run_consumer(BUSY) == 1
    assert asked == [BUSY]
    while tasks.run_consumer(BUSY):
        pass
    assert len(busy) == len(set(busy)) == 3


def test_who_is_done_within_the_turn_is_not_queued_again(
    moodle: Xapi, busy: list[int], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moodle.store(statement(), statement(), statement())
    monkeypatch.setattr(turns, "SECONDS", 60.0)
    assert tasks.run_consumer(BUSY) == 3
    assert asked == []


def test_a_broker_that_is_away_costs_no_work_that_was_done(
    moodle: Xapi, busy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    moodle.store(statement(), statement())

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(turns, "SECONDS", 0.0)
    monkeypatch.setattr(tasks.run_consumer, "apply_async", away)
    assert tasks.run_consumer(BUSY) == 1
    assert len(busy) == 1


def test_what_may_take_long_has_a_queue_of_its_own() -> None:
    app.loader.import_default_modules()
    routes = app.conf.task_routes
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    long = {name for name, task in ours.items() if (task.soft_time_limit or 0) >= 600}
    assert long
    assert long <= routes.keys() <= ours.keys()
    assert {route["queue"] for route in routes.values()} == {turns.LONG}
