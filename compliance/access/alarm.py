"""Alerts to security and management when access is misused (21 CFR 11.300(d): immediately and urgently).

In: the access events of the last day. Out: findings for the hub's alerts, in every store, whose channels
(e-mail, webhook) carry them on. Evaluated the moment something happens, and with all other alerts after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.apps import apps
from django.db.models import Count, Max

from compliance.models import AccessEvent, EventKind
from connectors.models import AlertKind
from connectors.watch import alerts
from connectors.watch.alerts import Finding

#: For how long an alert stands after what it is about.
_STANDS = timedelta(hours=24)
_SAID = {
    EventKind.LOCKED: "Sign-in of {name} is locked after repeated failures.",
    EventKind.LOSS: "All access of {name} was taken away after a loss.",
}


def misuse(now: datetime) -> Iterator[Finding]:
    """Accounts locked or reported lost within the last day."""
    found = (
        AccessEvent.objects.filter(kind__in=_SAID, at__gt=now - _STANDS)
        .order_by()
        .values("kind", "user_name")
        .annotate(times=Count("pk"), last=Max("at"))
    )
    stores = list(apps.get_model("lrs", "Store").objects.order_by("pk").values_list("pk", flat=True))
    for each in found:
        kind, name = EventKind(each["kind"]), each["user_name"]
        for store in stores:
            yield Finding(
                store_id=store,
                kind=AlertKind.SECURITY,
                key=f"{kind}:{name}"[:200],
                text=_SAID[kind].format(name=name or "somebody"),
                detail={"times": each["times"], "last": each["last"].isoformat()},
            )


def evaluate() -> None:
    """Bring these alerts up to date now."""
    alerts.evaluate({AlertKind.SECURITY: misuse})
