"""Reminders: made once for each stage, sent once, to whom the policy says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from compliance import reminders
from compliance.models import Reminder, ReminderPolicy
from compliance.status import keep
from connectors.errors import CannotConnect
from connectors.watch import mail as channel_mail
from tests.compliance.requirements.people import Hospital, ago, today
from tests.fixtures import at_once

pytestmark = pytest.mark.usefixtures("database")


def overdue(days: int = 5) -> Hospital:
    """Return a hospital in which Ann has been overdue for so many days."""
    hospital = Hospital()
    hospital.course()
    version = hospital.required(since=ago(30 + days))
    assert version.requirement_id
    keep.rebuild(hospital.store_id)
    return hospital


def policy(hospital: Hospital, days: int, to: str, **fields: Any) -> ReminderPolicy:
    return ReminderPolicy.objects.create(
        store_id=hospital.store_id, name=f"{days} {to}", days=days, to=to, **fields
    )


def of(hospital: Hospital) -> list[Reminder]:
    return list(Reminder.objects.filter(store_id=hospital.store_id).order_by("pk"))


def sent_to() -> list[str]:
    return sorted(address for message in mail.outbox for address in message.to)


def test_each_stage_is_sent_once_however_often_it_is_queued(settings: Any) -> None:
    hospital = overdue()
    policy(hospital, 5, "person")
    policy(hospital, 5, "manager")
    policy(hospital, 30, "managers_manager")
    mail.outbox.clear()
    for _ in range(3):
        reminders.queue_due()
        reminders.send_due()
    assert sent_to() == ["ann.1@example.com", "ann.2@example.com"]
    assert [each.sent is not None for each in of(hospital)] == [True, True]
    assert "has been overdue for 5 days" in mail.outbox[0].subject


def test_processes_that_queue_and_send_at_once_send_once() -> None:
    hospital = overdue()
    policy(hospital, 5, "person")
    mail.outbox.clear()

    def both() -> None:
        reminders.queue_due()
        reminders.send_due()

    at_once([both] * 4)
    assert sent_to() == ["ann.2@example.com"]
    assert len(of(hospital)) == 1


def test_a_mail_server_that_refuses_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    hospital = overdue()
    policy(hospital, 5, "person")
    mail.outbox.clear()
    reminders.queue_due()

    def refuses(*_: Any) -> None:
        raise CannotConnect("The mail server did not take the message.")

    with monkeypatch.context() as patched:
        patched.setattr(channel_mail, "send_to", refuses)
        reminders.send_due()
    [reminder] = of(hospital)
    assert (reminder.sent, reminder.given_up, reminder.attempts) == (None, None, 1)
    assert "did not take" in reminder.last_error
    reminders.send_due(timezone.now() + timedelta(minutes=2))
    assert sent_to() == ["ann.2@example.com"]


def test_a_mail_that_was_under_way_when_the_hub_stopped_is_never_sent_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hospital = overdue()
    policy(hospital, 5, "person")
    mail.outbox.clear()
    reminders.queue_due()
    real = channel_mail.send_to

    def sends_and_dies(*said: Any) -> None:
        real(*said)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(channel_mail, "send_to", sends_and_dies)
        with pytest.raises(KeyboardInterrupt):
            reminders.send_due()
    reminders.send_due(timezone.now() + timedelta(hours=1))
    [reminder] = of(hospital)
    assert sent_to() == ["ann.2@example.com"]
    assert reminder.given_up is not None
    assert "may have arrived" in reminder.last_error
    assert reminders.again([reminder]) == 1
    reminders.send_due()
    assert len(mail.outbox) == 2


def test_who_was_trained_since_it_was_queued_is_not_reminded() -> None:
    hospital = overdue()
    policy(hospital, 5, "person")
    mail.outbox.clear()
    reminders.queue_due()
    hospital.completed(hospital.ann, today())
    keep.rebuild(hospital.store_id)
    reminders.send_due()
    [reminder] = of(hospital)
    assert mail.outbox == []
    assert reminder.last_error == "It is not due any more."


def test_a_next_due_day_is_reminded_of_again_and_an_old_one_is_not_dug_up() -> None:
    hospital = overdue(days=40)
    policy(hospital, 5, "person")
    reminders.queue_due()
    assert of(hospital) == []
    hospital.completed(hospital.ann, ago(371))
    keep.rebuild(hospital.store_id)
    reminders.queue_due()
    assert [(each.stage, each.due >= ago(6)) for each in of(hospital)] == [("+5 person", True)]


def test_somebody_without_an_address_is_told_of_as_such() -> None:
    hospital = overdue()
    policy(hospital, 5, "managers_manager")
    reminders.queue_due()
    reminders.send_due()
    [reminder] = of(hospital)
    assert reminder.given_up is not None
    assert "No address is known" in reminder.last_error
