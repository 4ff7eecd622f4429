"""What is queued, sent: once.

A reminder is claimed before it is sent and noted afterwards. A mail server that refuses it has not sent it,
and is asked again later. Where the hub stopped in between, nobody knows whether a mail went out: it is given
up and says so, for a person to decide (`again`); a webhook gets it again under the same id, by which the
receiver tells. Who was trained, or freed, since it was queued is not reminded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from compliance.models import Recipient, Reminder, Status
from connectors.api import names
from connectors.errors import CannotConnect, ConnectorError, Forbidden
from connectors.watch import mail, webhook
from connectors.workforce import addresses, as_of

logger = structlog.get_logger(__name__)

#: Minutes before each attempt after the first; after the last one it is given up.
SCHEDULE = (1, 5, 30, 120, 600)
#: For how long a sending may take.
CLAIM = timedelta(minutes=10)
#: Reminders tried in one go.
AT_ONCE = 200


class Nobody(ConnectorError):
    """There is nobody to write to."""


def send_due(now: datetime | None = None, *, most: int = AT_ONCE) -> int:
    """Send what is due; return how many were tried."""
    _give_up_lost(now or timezone.now())
    tried = 0
    while tried < most:
        reminder = _claim(now or timezone.now())
        if reminder is None:
            break
        _try(reminder)
        tried += 1
    return tried


def again(reminders: Iterable[Reminder]) -> int:
    """Send again what was given up: somebody decided so; return how many."""
    return Reminder.objects.filter(
        pk__in=[each.pk for each in reminders], sent=None, given_up__isnull=False
    ).update(given_up=None, attempts=0, claimed=None, next_attempt=timezone.now(), last_error="")


def text_of(reminder: Reminder, at: datetime) -> tuple[str, str, dict[str, Any]]:
    """Return subject, text and the values a webhook is told."""
    name = names.people([reminder.person_id], at, at).get(reminder.person_id, f"Person {reminder.person_id}")
    late = (at.date() - reminder.due).days
    when = f"is due on {reminder.due:%Y-%m-%d}" if late <= 0 else f"has been overdue for {late} days"
    mine = reminder.policy.to == Recipient.PERSON
    who = "Your training" if mine else f"The training of {name}"
    subject = f"{who}: {reminder.requirement.title} {when}"
    text = (
        f"{who} “{reminder.requirement.title}” ({reminder.requirement.code}) {when}.\n\n"
        f"To be done by: {reminder.due:%Y-%m-%d}\n"
    )
    values = {
        "person": reminder.person_id,
        "name": name,
        "requirement": reminder.requirement.code,
        "title": reminder.requirement.title,
        "due": reminder.due.isoformat(),
        "days_late": late,
        "stage": reminder.stage,
        "text": subject,
    }
    return subject, text, values


@transaction.atomic
def _claim(now: datetime) -> Reminder | None:
    found = (
        Reminder.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(next_attempt__lte=now, sent=None, given_up=None, claimed=None)
        .order_by("next_attempt", "pk")
        .values_list("pk", flat=True)
        .first()
    )
    if found is None:
        return None
    Reminder.objects.filter(pk=found).update(attempts=F("attempts") + 1, claimed=now)
    return Reminder.objects.select_related("policy__channel", "requirement").get(pk=found)


def _give_up_lost(now: datetime) -> None:
    """End claims of processes that are gone: a webhook is told again, a mail is not."""
    lost = Reminder.objects.filter(claimed__lt=now - CLAIM, sent=None, given_up=None)
    to_webhook = Q(policy__to=Recipient.WEBHOOK)
    lost.filter(to_webhook).update(claimed=None)
    lost.exclude(to_webhook).update(
        claimed=None,
        given_up=now,
        last_error="The hub stopped while it was being sent: it may have arrived. Send it again by hand.",
    )


def _try(reminder: Reminder) -> None:
    mine = Reminder.objects.filter(pk=reminder.pk, attempts=reminder.attempts, claimed__isnull=False)
    now = timezone.now()
    if not Status.objects.filter(
        person_id=reminder.person_id, requirement_id=reminder.requirement_id, due=reminder.due
    ).exists():
        mine.update(claimed=None, given_up=now, last_error="It is not due any more.")
        return
    try:
        _send(reminder, now)
    except Exception as error:  # noqa: BLE001  whatever it is, the reminder says so
        mine.update(**_failed(reminder, error, now))
        logger.warning("reminder_not_sent", reminder=reminder.pk, attempt=reminder.attempts)
        return
    mine.update(claimed=None, sent=timezone.now(), last_error="")


def _send(reminder: Reminder, now: datetime) -> None:
    subject, text, values = text_of(reminder, now)
    policy = reminder.policy
    if policy.to == Recipient.WEBHOOK and policy.channel is not None:
        content = webhook.body("training.reminder", values, reminder.created)
        webhook.send(policy.channel, reminder.message_id, content)
        return
    mail.send_to(_addresses(reminder, now), reminder.message_id, subject, text)


def _addresses(reminder: Reminder, now: datetime) -> list[str]:
    """Return to whom a reminder goes. Raises Nobody."""
    to, channel = reminder.policy.to, reminder.policy.channel
    if to == Recipient.COMPLIANCE:
        found = [] if channel is None else mail.addresses(channel)
    else:
        who: int | None = reminder.person_id
        for _ in range(
            {Recipient.PERSON: 0, Recipient.MANAGER: 1, Recipient.MANAGERS_MANAGER: 2}[Recipient(to)]
        ):
            context = None if who is None else as_of.person_at(who, now)
            who = None if context is None else context.manager_id
        found = [] if who is None else list(addresses.emails([who]).values())
    if not found:
        raise Nobody(f"No address is known of {Recipient(to).label.lower()}.")
    return found


def _failed(reminder: Reminder, error: Exception, now: datetime) -> dict[str, Any]:
    reason = (
        error.reason
        if isinstance(error, ConnectorError)
        else f"Something unexpected went wrong: {type(error).__name__}."
    )
    changed: dict[str, Any] = {"claimed": None, "last_error": reason[:500]}
    # What is no answer of a server that refused it may have gone out.
    certain = isinstance(error, CannotConnect) or reminder.policy.to == Recipient.WEBHOOK
    if reminder.attempts > len(SCHEDULE) or isinstance(error, Nobody | Forbidden) or not certain:
        return changed | {"given_up": now}
    return changed | {"next_attempt": now + timedelta(minutes=SCHEDULE[reminder.attempts - 1])}
