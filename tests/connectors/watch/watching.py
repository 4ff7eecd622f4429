"""What the tests of what is watched share: stores with systems in trouble, and evaluation of theirs alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.utils import timezone

from connectors import vault
from connectors.models import Alert, AlertChannel, RunMode, RunState, SyncRun, System
from connectors.watch import alerts, findings, webhook
from connectors.watch.alerts import Evaluated, Evaluator, Finding


def ran(system: System, *, ago: timedelta, state: str = RunState.SUCCEEDED, **fields: Any) -> SyncRun:
    """Return a run of a system that ended so long ago, after ten minutes."""
    ended = timezone.now() - ago
    begun = ended - timedelta(minutes=10)
    standing: dict[str, Any] = {"as_of": begun, "started": begun, "ended": ended, "mode": RunMode.FULL}
    return SyncRun.objects.create(system=system, state=state, **(standing | fields))


def looked_at(store: Any, *, now: datetime | None = None) -> Evaluated:
    """Evaluate every kind of alert for one store."""
    return alerts.evaluate(findings.EVALUATORS, now, stores=[store.pk])


def open_alerts(store: Any, kind: str | None = None) -> list[Alert]:
    """Return the alerts of a store that last, oldest first.

    What concerns the whole hub, as accounts that are guessed at, is told to every store, and where asked.
    """
    found = Alert.objects.filter(store=store, cleared=None).order_by("pk")
    if kind is None:
        found = found.exclude(kind__in=["security", "proof"])
    return list(found if kind is None else found.filter(kind=kind))


def saying(store: Any, *texts: str, kind: str = "stale") -> dict[str, Evaluator]:
    """Return evaluators that find just these."""

    def found(_: datetime) -> Iterable[Finding]:
        return [Finding(store.pk, kind, f"system:{text}", text) for text in texts]

    return {kind: found}


def channel(store: Any, url: str, **fields: Any) -> tuple[AlertChannel, str]:
    """Return a webhook channel that may call private addresses, and its secret."""
    secret = webhook.new_secret()
    standing: dict[str, Any] = {"name": "Pager", "kind": "webhook", "allow_private": True}
    made = AlertChannel.objects.create(
        store=store, target=url, encrypted_secret=vault.encrypt(secret), **(standing | fields)
    )
    return made, secret


def new_source(store: Any, name: str = "Moodle Berlin") -> Any:
    """Return an LMS of a store."""
    return apps.get_model("lrs", "Source").objects.create(store=store, name=name)


def posted(source: Any, hours: dict[datetime, int], *, refused: int = 0) -> None:
    """Have the statistics say that an LMS posted so many statements in these hours."""
    model = apps.get_model("lrs", "SourceHour")
    model.objects.bulk_create(
        model(
            source=source,
            hour=hour,
            statements=count,
            last_seen=hour + timedelta(minutes=30),
            refused=refused,
        )
        for hour, count in hours.items()
    )
