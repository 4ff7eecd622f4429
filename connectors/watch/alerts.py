"""Alerts: raised once while what they are about lasts, cleared when it is over, acknowledged by a person.

In: what the evaluators find now (connectors.watch.findings). Out: `Alert` rows, and a delivery for each
channel that wants the kind, made in the same transaction. Evaluating again, or twice at once, changes
nothing: one open alert for each store, kind and key is a unique constraint. An evaluator that fails clears
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from connectors.models import Alert
from connectors.watch import deliveries
from lrs import database

logger = structlog.get_logger(__name__)

#: Key of the advisory lock under which alerts are evaluated.
_LOCK = 0x414C5254

RAISED, CLEARED = "raised", "cleared"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that needs somebody now."""

    store_id: int
    #: One of AlertKind.
    kind: str
    #: What it is about; one open alert for each.
    key: str
    text: str
    system_id: int | None = None
    source_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


Evaluator = Callable[[datetime], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one evaluation did."""

    raised: int
    lasting: int
    cleared: int


_RAISE = """
    INSERT INTO connectors_alert AS known
        (store_id, kind, system_id, source_id, key, text, detail, raised, last_seen)
    SELECT u.store, u.kind, u.system, u.source, u.key, u.text, u.detail::jsonb, %(now)s, %(now)s
    FROM unnest(%(store)b::bigint[], %(kind)b::text[], %(system)b::bigint[], %(source)b::bigint[],
                %(key)b::text[], %(text)b::text[], %(detail)b::text[])
         AS u (store, kind, system, source, key, text, detail)
    ON CONFLICT (store_id, kind, key) WHERE cleared IS NULL DO UPDATE SET
        last_seen = excluded.last_seen, text = excluded.text, detail = excluded.detail
    RETURNING id, raised = %(now)s
"""
_CLEAR = """
    UPDATE connectors_alert a SET cleared = %(now)s
    WHERE a.cleared IS NULL AND a.kind = ANY (%(kinds)b::text[]) AND a.last_seen < %(now)s
    RETURNING id
"""


def evaluate(
    evaluators: dict[str, Evaluator], now: datetime | None = None, *, stores: Iterable[int] | None = None
) -> Evaluated:
    """Bring the alerts up to date with what the evaluators, by the kind of their findings, say now.

    With `stores`, only alerts of these are raised or cleared. Where another process is at it, nothing is
    done: what that one finds is as new.
    """
    with _alone() as alone:
        return _evaluate(evaluators, now, stores) if alone else Evaluated(0, 0, 0)


def _evaluate(
    evaluators: dict[str, Evaluator], now: datetime | None, stores: Iterable[int] | None
) -> Evaluated:
    at = now or timezone.now()
    wanted = None if stores is None else sorted(set(stores))
    found, kinds = _found(evaluators, at)
    if wanted is not None:
        found = [each for each in found if each.store_id in wanted]
    with transaction.atomic():
        lasting, raised = _raise(found, at)
        cleared = _clear(kinds, at, wanted)
        deliveries.queue(raised, RAISED, at)
        deliveries.queue(cleared, CLEARED, at)
    if raised or cleared:
        logger.info("alerts_evaluated", raised=len(raised), lasting=lasting, cleared=len(cleared))
    return Evaluated(len(raised), lasting, len(cleared))


def acknowledge(alerts: Iterable[Alert], *, by: AbstractBaseUser) -> int:
    """Say that somebody has seen these and takes care; return how many that was new for."""
    return Alert.objects.filter(pk__in=[each.pk for each in alerts], acknowledged=None).update(
        acknowledged=timezone.now(), acknowledged_by_id=by.pk
    )


@contextmanager
def _alone() -> Iterator[bool]:
    """Tell whether this process is the only one that evaluates; it stays so while the block runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [_LOCK])
        row = cursor.fetchone()
    if row is None or not row[0]:
        yield False
        return
    try:
        yield True
    finally:
        # A process that dies lets go of it with its connection.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [_LOCK])


def _found(evaluators: dict[str, Evaluator], at: datetime) -> tuple[list[Finding], list[str]]:
    """Return every finding, and the kinds that could be evaluated."""
    found: dict[tuple[int, str, str], Finding] = {}
    kinds = []
    for kind, evaluator in evaluators.items():
        try:
            of_kind = list(evaluator(at))
        except Exception as error:  # noqa: BLE001  one that fails must not keep the others from being told
            logger.error("alert_evaluator_failed", kind=kind, reason=type(error).__name__)  # noqa: TRY400  no values in logs
            continue
        kinds.append(kind)
        found |= {(each.store_id, each.kind, each.key): each for each in of_kind}
    return [found[name] for name in sorted(found)], kinds


def _raise(found: Sequence[Finding], at: datetime) -> tuple[int, list[int]]:
    """Return how many lasted before, and the ids of those that are new."""
    if not found:
        return 0, []
    with database.binary_cursor() as cursor:
        cursor.execute(
            _RAISE,
            {
                "now": at,
                "store": [each.store_id for each in found],
                "kind": [each.kind for each in found],
                "system": [each.system_id for each in found],
                "source": [each.source_id for each in found],
                "key": [each.key[:200] for each in found],
                "text": [each.text for each in found],
                "detail": [orjson.dumps(each.detail, default=str).decode() for each in found],
            },
        )
        rows = cursor.fetchall()
    raised = [row[0] for row in rows if row[1]]
    return len(rows) - len(raised), raised


def _clear(kinds: Sequence[str], at: datetime, stores: Sequence[int] | None) -> list[int]:
    with database.binary_cursor() as cursor:
        text = _CLEAR
        values: dict[str, Any] = {"now": at, "kinds": list(kinds)}
        if stores is not None:
            text = _CLEAR.replace("RETURNING", "AND a.store_id = ANY (%(stores)b::bigint[]) RETURNING")
            values["stores"] = list(stores)
        cursor.execute(text, values)
        return [row[0] for row in cursor]
