"""Turns: who has much to do does it for two seconds, and then lets the others go first.

In: a Celery task, its arguments, and what it does for some seconds. Out: how much that was. A task that used
its turn up is queued again behind those that wait, so that a consumer with hours of work before it keeps
none of the others from theirs. What takes long in one piece goes into the queue LONG, which has a
worker of its own. A broker that is away costs nothing: a sweep asks again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog

logger = structlog.get_logger(__name__)

#: Seconds of a turn; what began within them is finished.
SECONDS = 2.0
#: Seconds after which a queued turn is stale: the sweeps have asked again by then.
STALE_SECONDS = 30

#: The queue of wake-ups, each done within seconds, and of what takes minutes or hours.
SHORT, LONG = "hub", "hub.long"


def take(task: Any, arguments: Sequence[Any], work: Callable[[float], int]) -> int:
    """Have `work` go on for a turn, queue `task` again if that was used up; return what `work` returns."""
    began = time.monotonic()
    done = work(SECONDS)
    if time.monotonic() - began > SECONDS:
        ask(task, arguments)
    return done


def ask(task: Any, arguments: Sequence[Any] = ()) -> None:
    """Queue `task`, or leave it to the sweep where the broker is away."""
    try:
        task.apply_async(tuple(arguments), expires=STALE_SECONDS, retry=False)
    except Exception as error:  # noqa: BLE001  whatever a broker library raises, the sweep comes anyway
        logger.warning("turn_not_queued", task=task.name, reason=type(error).__name__)
