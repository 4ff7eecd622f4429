"""Deliveries to a real receiver, which checks the signature as Standard Webhooks says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.test import override_settings
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from connectors.errors import CannotConnect
from connectors.models import AlertChannel, AlertDelivery
from connectors.watch import alerts, deliveries, webhook
from simulators.server import Answer, Request, Server
from tests.connectors.people import new_store
from tests.connectors.watch.watching import channel, saying


class Pager:
    """A receiver of webhooks: what it got, and what it answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.got: list[Request] = []
        self.answer = Answer(204)

    def take(self, request: Request) -> Answer:
        self.got.append(request)
        return self.answer

    def verified(self, secret: str) -> list[Any]:
        """Return what it got, each checked with the library."""
        return [Webhook(secret).verify(each.body, dict(each.headers)) for each in self.got]

    @property
    def ids(self) -> list[str]:
        return [each.headers["webhook-id"] for each in self.got]


@pytest.fixture
def pager(database: None) -> Iterator[Pager]:
    # Deliveries of other tests stay theirs.
    AlertDelivery.objects.filter(delivered=None, given_up=None).update(given_up=timezone.now())
    server = Server()
    found = Pager("")
    server.route("POST", "/hook")(found.take)
    with server:
        found.url = f"{server.url}/hook"
        yield found


@pytest.fixture
def store(pager: Pager) -> Any:
    return new_store()


def raised(store: Any, *texts: str) -> None:
    alerts.evaluate(saying(store, *(texts or ("Workday is stale.",))), stores=[store.pk])


def due(delivery: AlertDelivery) -> datetime:
    return AlertDelivery.objects.get(pk=delivery.pk).next_attempt


def only(store: Any, event: str = "raised") -> AlertDelivery:
    return AlertDelivery.objects.get(alert__store=store, event=event)


def test_an_alert_arrives_signed(pager: Pager, store: Any) -> None:
    _, secret = channel(store, pager.url)
    raised(store)
    assert deliveries.deliver_due() == 1
    [message] = pager.verified(secret)
    assert message["type"] == "alert.raised"
    assert message["data"]["text"] == "Workday is stale."
    assert message["data"]["store"] == store.name
    assert only(store).delivered is not None
    assert deliveries.deliver_due() == 0


def test_another_secret_does_not_verify(pager: Pager, store: Any) -> None:
    channel(store, pager.url)
    raised(store)
    deliveries.deliver_due()
    with pytest.raises(Exception, match="No matching signature"):
        pager.verified(webhook.new_secret())


def test_the_end_of_an_alert_is_told(pager: Pager, store: Any) -> None:
    _, secret = channel(store, pager.url)
    raised(store)
    deliveries.deliver_due()
    alerts.evaluate(saying(store), stores=[store.pk])
    deliveries.deliver_due()
    assert [each["type"] for each in pager.verified(secret)] == ["alert.raised", "alert.cleared"]


def test_the_end_is_told_after_the_beginning(pager: Pager, store: Any) -> None:
    channel(store, pager.url)
    raised(store)
    pager.answer = Answer(500)
    deliveries.deliver_due()
    alerts.evaluate(saying(store), stores=[store.pk])
    pager.answer = Answer(204)
    assert deliveries.deliver_due() == 0
    assert deliveries.deliver_due(timezone.now() + timedelta(seconds=10)) == 2
    assert [each.json()["type"] for each in pager.got[1:]] == ["alert.raised", "alert.cleared"]


def test_what_is_not_taken_is_sent_again_with_the_same_id(pager: Pager, store: Any) -> None:
    channel(store, pager.url)
    raised(store)
    pager.answer = Answer(500)
    deliveries.deliver_due()
    assert deliveries.deliver_due() == 0
    pager.answer = Answer(200)
    assert deliveries.deliver_due(timezone.now() + timedelta(seconds=6)) == 1
    assert len(set(pager.ids)) == 1
    assert len(pager.ids) == 2


def test_the_pauses_grow_until_it_is_given_up(pager: Pager, store: Any) -> None:
    channel(store, pager.url)
    raised(store)
    pager.answer = Answer(500)
    at = timezone.now()
    pauses = []
    while (delivery := only(store)).given_up is None:
        assert deliveries.deliver_due(at) == 1
        pauses.append((due(delivery) - at).total_seconds())
        at = due(delivery)
    assert len(pager.got) == 10
    wanted = deliveries.SCHEDULE[1:]
    assert all(plan <= pause <= plan * 1.1 + 1 for plan, pause in zip(wanted, pauses, strict=False))
    assert "status 500" in only(store).last_error


def test_a_dead_letter_is_replayed_with_its_id(pager: Pager, store: Any) -> None:
    channel(store, pager.url)
    raised(store)
    AlertDelivery.objects.filter(alert__store=store).update(given_up=timezone.now(), attempts=10)
    assert deliveries.replay([only(store)]) == 1
    deliveries.deliver_due()
    assert pager.ids == [only(store).webhook_id]


def test_what_arrived_is_not_replayed(pager: Pager, store: Any) -> None:
    channel(store, pager.url)
    raised(store)
    deliveries.deliver_due()
    assert deliveries.replay([only(store)]) == 0


def test_a_receiver_that_asks_for_a_pause_gets_it(pager: Pager, store: Any) -> None:
    channel(store, pager.url)
    raised(store)
    pager.answer = Answer(429, headers={"Retry-After": "900"})
    at = timezone.now()
    deliveries.deliver_due(at)
    assert due(only(store)) == at + timedelta(seconds=900)


def test_a_receiver_that_is_gone_gets_nothing_more(pager: Pager, store: Any) -> None:
    made, _ = channel(store, pager.url)
    raised(store, "One", "Two")
    pager.answer = Answer(410)
    assert deliveries.deliver_due() == 1
    made.refresh_from_db()
    assert (made.active, "410" in made.stopped) == (False, True)


def test_a_private_address_is_not_called_unless_allowed(pager: Pager, store: Any) -> None:
    channel(store, pager.url, allow_private=False)
    raised(store)
    deliveries.deliver_due()
    assert pager.got == []
    assert only(store).given_up is not None
    assert "private network" in only(store).last_error


def test_killed_before_sending_it_is_sent_later(pager: Pager, store: Any) -> None:
    channel(store, pager.url)
    raised(store)
    deliveries._claim(timezone.now())  # the process dies here
    assert deliveries.deliver_due() == 0
    assert deliveries.deliver_due(timezone.now() + deliveries.CLAIM) == 1
    assert len(pager.got) == 1


def test_killed_after_sending_it_is_sent_again_with_the_same_id(
    pager: Pager, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel(store, pager.url)
    raised(store)

    def sent_and_killed(*given: Any) -> None:
        send(*given)
        raise KeyboardInterrupt

    send = webhook.send
    with monkeypatch.context() as patch:
        patch.setattr(webhook, "send", sent_and_killed)
        with pytest.raises(KeyboardInterrupt):
            deliveries.deliver_due()
    assert deliveries.deliver_due(timezone.now() + deliveries.CLAIM) == 1
    assert len(pager.got) == 2
    assert len(set(pager.ids)) == 1


def test_nobody_answering_is_tried_again(pager: Pager, store: Any) -> None:
    channel(store, "http://127.0.0.1:9/")
    raised(store)
    deliveries.deliver_due()
    assert "does not answer" in only(store).last_error
    assert only(store).given_up is None


def test_a_body_stays_small(pager: Pager, store: Any) -> None:
    _, secret = channel(store, pager.url)
    raised(store, "Ü" * 30_000)
    deliveries.deliver_due()
    assert len(pager.got[0].body) < webhook.BODY_MOST
    assert pager.verified(secret)[0]["data"]["text"].startswith("ÜÜÜ")


def test_a_test_message_is_signed_and_leaves_no_delivery(pager: Pager, store: Any) -> None:
    made, secret = channel(store, pager.url)
    deliveries.send_test(made)
    assert pager.verified(secret)[0]["type"] == "alert.test"
    assert not AlertDelivery.objects.filter(channel=made).exists()


def test_an_email_is_sent_once(pager: Pager, store: Any) -> None:
    AlertChannel.objects.create(
        store=store, name="HR", kind="email", target="ann@example.com, bob@example.com"
    )
    raised(store)
    assert deliveries.deliver_due() == 1
    [message] = outbox.outbox
    assert message.to == ["ann@example.com", "bob@example.com"]
    assert message.subject == "[LRS Hub] Data is stale"
    assert only(store).webhook_id in str(message.message()["Message-ID"])


@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="")
def test_without_a_mail_server_the_channel_says_so(pager: Pager, store: Any) -> None:
    made = AlertChannel.objects.create(store=store, name="HR", kind="email", target="ann@example.com")
    with pytest.raises(CannotConnect, match="no mail server"):
        deliveries.send_test(made)
