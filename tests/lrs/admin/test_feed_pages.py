"""The feed's page: where consumers stand, running them, sending them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import uuid4

import pytest
from django.test import Client

from lrs import feed
from lrs.models import FeedCursor, Source, SourceHour
from tests.fixtures import Xapi, fed, nothing_held_back
from tests.lrs.admin.samples import look, statement, words

ADDRESS = "/admin/lrs/feedcursor/"


class Counter:
    """A consumer that counts, and fails when told to."""

    def __init__(self) -> None:
        self.name = f"tests.count.{uuid4().hex[:8]}"
        self.stores: list[int] = []
        self.fails = False

    def __call__(self, statements: Sequence[feed.FeedStatement]) -> None:
        if self.fails:
            raise RuntimeError("the <b>disk</b> is full")
        self.stores += [each.store_id for each in statements]


@pytest.fixture
def counter(database: None) -> Iterator[Counter]:
    found = Counter()
    feed.consumer(found.name, batch=1000)(found)
    yield found
    feed.forget(found.name)


def test_it_shows_how_far_each_consumer_is_behind(vera: Client, moodle: Xapi, counter: Counter) -> None:
    moodle.store(statement())

    said = words(look(vera, ADDRESS))

    assert counter.name in said
    assert "the beginning" in said
    assert "Run now" not in said


def test_run_now_hands_it_what_it_has_not_had(ingo: Client, moodle: Xapi, counter: Counter) -> None:
    moodle.store(statement())

    response = ingo.post(f"{ADDRESS}{counter.name}/run/", follow=True)

    assert "was given" in response.content.decode()
    assert counter.stores.count(moodle.store_id) == 1


def test_a_consumer_that_fails_is_shown_with_its_error(ingo: Client, moodle: Xapi, counter: Counter) -> None:
    moodle.store(statement())
    nothing_held_back()
    counter.fails = True

    page = ingo.post(f"{ADDRESS}{counter.name}/run/", follow=True).content.decode()

    assert "RuntimeError: the &lt;b&gt;disk&lt;/b&gt; is full" in page
    assert FeedCursor.objects.get(name=counter.name).last_error == "RuntimeError: the <b>disk</b> is full"


def test_a_superuser_sends_it_back_after_confirming(ada: Client, moodle: Xapi, counter: Counter) -> None:
    moodle.store(statement())
    fed(counter.name)
    address = f"{ADDRESS}{counter.name}/replay/"
    look(ada, address)

    refused = ada.post(address, {"since": "", "confirm": "something else"})
    wrong_time = ada.post(address, {"since": "yesterday", "confirm": counter.name})
    done = ada.post(address, {"since": "2020-01-01T00:00:00Z", "confirm": counter.name})
    fed(counter.name)

    assert (refused.status_code, wrong_time.status_code, done.status_code) == (400, 400, 302)
    assert counter.stores.count(moodle.store_id) == 2


def test_sending_the_statistics_back_counts_nothing_twice(ada: Client, moodle: Xapi) -> None:
    moodle.store(statement(), statement())
    fed("lrs.statistics")
    address = f"{ADDRESS}lrs.statistics/replay/"

    partly = ada.post(address, {"since": "2020-01-01T00:00:00Z", "confirm": "lrs.statistics"})
    ada.post(address, {"confirm": "lrs.statistics"})
    fed("lrs.statistics")

    source = Source.objects.get(store_id=moodle.store_id)
    assert partly.status_code == 400
    assert sum(SourceHour.objects.filter(source=source).values_list("statements", flat=True)) == 2


def test_only_a_superuser_sends_back_and_only_a_role_runs(
    ingo: Client, vera: Client, counter: Counter
) -> None:
    assert ingo.post(f"{ADDRESS}{counter.name}/replay/", {"confirm": counter.name}).status_code == 403
    assert vera.post(f"{ADDRESS}{counter.name}/run/").status_code == 403
    assert not FeedCursor.objects.filter(name=counter.name).exists()


def test_an_unknown_consumer_is_not_found(ada: Client) -> None:
    assert ada.post(f"{ADDRESS}nobody/run/").status_code == 404
