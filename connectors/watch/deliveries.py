"""Deliveries: each alert to each channel that wants it, tried until it arrived or was given up.

    queue(alert ids, event)     a row for each channel, in the transaction that raised or cleared the alerts
    deliver_due()               send what is due
    replay(deliveries)          try again what was given up, under the same id
    send_test(channel)           send a message that is about nothing

A delivery is claimed by putting its next attempt off before it is sent, and noted afterwards. A crash in
between leaves it claimed: when that time is over it is sent again, with the same id, by which the receiver
tells that it had it. What is over is told after what began, in every channel.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils import timezone

from connectors.errors import ConnectorError, Forbidden, Throttled
from connectors.models import AlertChannel, AlertDelivery
from connectors.watch import mail, webhook
from lrs import database

logger = structlog.get_logger(__name__)

#: Seconds before each attempt: Standard Webhooks' schedule. After the last one it is given up.
SCHEDULE = (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
#: For how long a delivery belongs to the process that claimed it.
CLAIM = timedelta(minutes=2)
#: Deliveries tried in one go.
AT_ONCE = 50

_QUEUE = """
    INSERT INTO connectors_alert_delivery
        (alert_id, channel_id, event, webhook_id, attempts, created, next_attempt, last_error)
    SELECT a.id, c.id, %(event)s::text, 'msg_' || replace(gen_random_uuid()::text, '-', ''), 0, %(now)s,
           %(now)s, ''
    FROM connectors_alert a
    JOIN connectors_alert_channel c ON c.store_id = a.store_id AND c.active
        AND (c.kinds = '[]'::jsonb OR c.kinds @> to_jsonb(a.kind))
    WHERE a.id = ANY (%(alerts)b::bigint[])
      AND (%(event)s::text = 'raised' OR EXISTS (
          SELECT FROM connectors_alert_delivery d
          WHERE d.alert_id = a.id AND d.channel_id = c.id AND d.event = 'raised'))
    ON CONFLICT DO NOTHING
"""


def queue(alert_ids: Collection[int], event: str, now: datetime) -> int:
    """Have alerts told to every channel that wants them; return how many deliveries that makes."""
    if not alert_ids:
        return 0
    with database.binary_cursor() as cursor:
        cursor.execute(_QUEUE, {"event": event, "now": now, "alerts": sorted(alert_ids)})
        return cursor.rowcount


def deliver_due(now: datetime | None = None, *, most: int = AT_ONCE) -> int:
    """Send what is due; return how many deliveries were tried."""
    tried = 0
    # One at a time: a receiver that takes its time must not use up the claims of others.
    while tried < most:
        at = now or timezone.now()
        delivery = _claim(at)
        if delivery is None:
            break
        _try(delivery, at)
        tried += 1
    return tried


def replay(deliveries: Iterable[AlertDelivery]) -> int:
    """Try again from the beginning what was given up; return how many deliveries that are."""
    ids = [each.pk for each in deliveries]
    return AlertDelivery.objects.filter(pk__in=ids, delivered=None, given_up__isnull=False).update(
        given_up=None, attempts=0, next_attempt=timezone.now()
    )


def send_test(channel: AlertChannel) -> None:
    """Send a message that is about nothing. Raises why it did not arrive."""
    now = timezone.now()
    values = {"text": f"This is a test of the channel “{channel}”.", "store": str(channel.store)}
    message_id = f"msg_{uuid4().hex}"
    if channel.kind == "webhook":
        webhook.send(channel, message_id, webhook.body("alert.test", values, now))
    else:
        mail.send(channel, message_id, "[LRS Hub] Test of an alert channel", values["text"])


def values_of(delivery: AlertDelivery) -> dict[str, Any]:
    """Return what a receiver is told of the alert of a delivery."""
    alert = delivery.alert
    return {
        "id": alert.pk,
        "kind": alert.kind,
        "key": alert.key,
        "text": alert.text,
        "store": str(alert.store),
        "system": None if alert.system is None else alert.system.name,
        "source": alert.source_id,
        "raised": alert.raised.isoformat(),
        "cleared": None if alert.cleared is None else alert.cleared.isoformat(),
        "url": f"{settings.HUB_PUBLIC_URL}{reverse('admin:connectors_alert_page', args=[alert.pk])}",
        "detail": alert.detail,
    }


@transaction.atomic
def _claim(now: datetime) -> AlertDelivery | None:
    """Return a delivery that is due and now this process's; None where there is none."""
    earlier = AlertDelivery.objects.filter(
        alert=OuterRef("alert"), channel=OuterRef("channel"), event="raised", delivered=None, given_up=None
    )
    due = (
        AlertDelivery.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(next_attempt__lte=now, delivered=None, given_up=None, channel__active=True)
        .exclude(Exists(earlier), event="cleared")
        .order_by("next_attempt", "pk")
        .values_list("pk", flat=True)
        .first()
    )
    if due is None:
        return None
    AlertDelivery.objects.filter(pk=due).update(attempts=F("attempts") + 1, next_attempt=now + CLAIM)
    # A crash from here on leaves it claimed, and sent again when the claim is over.
    return AlertDelivery.objects.select_related("alert__store", "alert__system", "channel__store").get(pk=due)


def _try(delivery: AlertDelivery, now: datetime) -> None:
    """Send one, and note what became of it."""
    mine = AlertDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts)
    try:
        _send(delivery)
    except webhook.Gone as gone:
        AlertChannel.objects.filter(pk=delivery.channel_id).update(active=False, stopped=gone.reason[:300])
        mine.update(given_up=now, last_error=gone.reason[:500])
    except Exception as error:  # noqa: BLE001  whatever it is, the delivery says so and is tried again
        _failed(delivery, error, now)
    else:
        # A crash before this sends it once more, with the same id.
        mine.update(delivered=timezone.now(), last_error="")
        return
    logger.warning("alert_not_delivered", delivery=delivery.pk, attempt=delivery.attempts)


def _send(delivery: AlertDelivery) -> None:
    values = values_of(delivery)
    if delivery.channel.kind == "webhook":
        # The moment is the event's, not the attempt's.
        content = webhook.body(f"alert.{delivery.event}", values, delivery.created)
        webhook.send(delivery.channel, delivery.webhook_id, content)
        return
    over = "Over: " if delivery.event == "cleared" else ""
    text = (
        f"{over}{values['text']}\n\n{values['url']}\n\nStore: {values['store']}\nSince: {values['raised']}\n"
    )
    subject = f"[LRS Hub] {over}{delivery.alert.get_kind_display()}"
    if delivery.alert.system is not None:
        subject += f": {delivery.alert.system.name}"
    mail.send(delivery.channel, delivery.webhook_id, subject, text)


def _failed(delivery: AlertDelivery, error: Exception, now: datetime) -> None:
    reason = (
        f"{error.reason} {error.suggestion}".strip()
        if isinstance(error, ConnectorError)
        else f"Something unexpected went wrong: {type(error).__name__}."
    )
    changed: dict[str, Any] = {"last_error": reason[:500]}
    # Where the hub may not go, it may not go later either.
    if delivery.attempts >= len(SCHEDULE) or isinstance(error, Forbidden):
        changed["given_up"] = now
    else:
        pause = SCHEDULE[delivery.attempts] * random.uniform(1.0, 1.1)  # noqa: S311  jitter
        if isinstance(error, Throttled):
            pause = max(pause, min(error.retry_after, SCHEDULE[-1]))
        changed["next_attempt"] = now + timedelta(seconds=pause)
    AlertDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts).update(**changed)
