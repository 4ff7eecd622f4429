"""The Celery tasks: each does what its name says, and may run twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model

from lrs import feed, inbox, tasks
from lrs.feed import FeedStatement
from lrs.models import InboxEntry
from tests.lrs.documents.lms import Lms
from tests.lrs.inbox.test_record import entries, refusal


@pytest.fixture
def seen() -> Iterator[list[FeedStatement]]:
    """What a consumer of the tests has been given."""
    given: list[FeedStatement] = []

    @feed.consumer("tests.seen", batch=10)
    def see(statements: Sequence[FeedStatement]) -> None:
        given.extend(statements)

    yield given
    feed.forget("tests.seen")


@pytest.mark.django_db
def test_it_runs_a_consumer_by_name(seen: list[FeedStatement]) -> None:
    assert tasks.run_consumer("tests.seen") == len(seen)


@pytest.mark.django_db
def test_the_sweep_wakes_every_consumer(seen: list[FeedStatement], monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr(tasks.run_consumer, "apply_async", lambda arguments, **_: woken.append(arguments[0]))
    assert tasks.sweep_consumers() == len(feed.names())
    assert sorted(woken) == feed.names()
    assert "lrs.statistics" in woken


def test_it_trims_the_inbox(berlin: Lms) -> None:
    inbox.record(refusal(berlin))
    InboxEntry.objects.filter(source=berlin.source).update(received=timezone.now() - timedelta(days=31))
    assert tasks.trim_inbox() >= 1
    assert tasks.trim_inbox() == 0
    assert entries(berlin) == []


def test_it_clears_tokens_that_have_expired(ann: User) -> None:
    application = get_application_model().objects.create(
        client_type="confidential", authorization_grant_type="client-credentials"
    )
    tokens = get_access_token_model().objects.filter(application=application)
    for name, expires in (("old", timedelta(days=-40)), ("live", timedelta(hours=1))):
        tokens.create(token=name, application=application, user=ann, expires=timezone.now() + expires)
    tasks.clear_expired()
    assert tokens.count() == 1
    tasks.clear_expired()
    assert tokens.count() == 1
