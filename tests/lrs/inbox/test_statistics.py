"""Counts by source and hour: from the feed, from refusals, and added up by many at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from lrs import feed, statistics
from lrs.feed import FeedStatement
from lrs.models import Source, SourceHour, Store
from tests.fixtures import at_once
from tests.lrs.documents.lms import Lms
from tests.lrs.inbox.test_record import WITHOUT_ACTOR

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def statement(source: Source, stored: datetime, payload: str = "{}") -> FeedStatement:
    return FeedStatement(
        seq=1,
        store_id=source.store_id,
        source_id=source.pk,
        credential_id=1,
        statement_id=uuid4(),
        stored=stored,
        timestamp=stored,
        version=1,
        flags=0,
        payload=payload,
    )


def hours(source: Source) -> list[tuple[datetime, int, int, int, datetime | None]]:
    rows = SourceHour.objects.filter(source=source).order_by("hour")
    return list(rows.values_list("hour", "statements", "payload_bytes", "refused", "last_seen"))


def test_it_counts_each_hour_of_each_source(berlin: Lms, oslo: Lms) -> None:
    late = NINE + timedelta(minutes=59, seconds=59)
    statistics.count(
        [
            statement(berlin.source, late, '{"é":1}'),
            statement(oslo.source, NINE),
            statement(berlin.source, NINE),
            statement(berlin.source, NINE + timedelta(hours=1)),
        ]
    )
    statistics.count([statement(berlin.source, NINE + timedelta(minutes=1))])
    assert hours(berlin.source) == [
        (NINE, 3, 8 + 2 + 2, 0, late),
        (NINE + timedelta(hours=1), 1, 2, 0, NINE + timedelta(hours=1)),
    ]
    assert hours(oslo.source) == [(NINE, 1, 2, 0, NINE)]


@pytest.mark.django_db
def test_it_counts_nothing_when_the_transaction_of_its_cursor_fails() -> None:
    source = Lms("Moodle Berlin").source
    with transaction.atomic():
        statistics.count([statement(source, NINE)])
        transaction.set_rollback(True)
    assert hours(source) == []


def test_it_adds_refusals_beside_statements(berlin: Lms) -> None:
    berlin.call("POST", "statements", WITHOUT_ACTOR)
    berlin.call("POST", "statements", b"[")
    now = timezone.now()
    found = SourceHour.objects.filter(source=berlin.source)
    assert sum(row.refused for row in found) == 2
    assert all(row.statements == 0 for row in found)
    assert found[0].last_seen is not None
    assert abs(found[0].last_seen - now) < timedelta(minutes=1)
    statistics.count([statement(berlin.source, NINE)])
    statistics.forget_statements()
    assert sum(row[1] + row[2] for row in hours(berlin.source)) == 0
    assert sum(row[3] for row in hours(berlin.source)) == 2


def test_it_is_a_consumer_of_the_feed() -> None:
    assert "lrs.statistics" in feed.names()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Source]:
    """A source other connections see; removed again."""
    with django_db_blocker.unblock():
        store = Store.objects.create(name="counted")
        source = Source.objects.create(store=store, name="Moodle Berlin")
        yield source
        source.delete()
        store.delete()


def test_nothing_is_lost_when_many_count_at_once(committed: Source) -> None:
    def count(writer: int) -> None:
        for step in range(10):
            if writer % 2:
                statistics.refused(committed.pk)
            else:
                now = timezone.now()
                batch = [statement(committed, now), statement(committed, NINE + timedelta(hours=step % 3))]
                statistics.count(batch if step % 2 else batch[::-1])

    at_once([partial(count, writer) for writer in range(8)])
    assert sum(row[1] for row in hours(committed)) == 4 * 10 * 2
    assert sum(row[3] for row in hours(committed)) == 4 * 10
