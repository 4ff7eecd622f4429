"""That the process of a run is alive: a thread says so every few seconds.

In: a run and the number of its attempt. Out: `SyncRun.heartbeat`. A source may take minutes for one page, and
a run whose heart is silent is taken over; so the beat does not wait for pages. The thread ends with the
block, and dies with the process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import Error, connections
from django.db.models.functions import Now

from connectors.models import RunState, SyncRun

logger = structlog.get_logger(__name__)

#: Seconds between two beats.
BEAT = 10.0


@contextmanager
def beating(run_id: int, attempt: int) -> Iterator[None]:
    """Keep a run's heartbeat going while the block runs."""
    ended = threading.Event()
    thread = threading.Thread(
        target=_beat, args=(run_id, attempt, ended), name=f"sync-heartbeat-{run_id}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=BEAT)


def _beat(run_id: int, attempt: int, ended: threading.Event) -> None:
    while not ended.wait(BEAT):
        try:
            SyncRun.objects.filter(pk=run_id, attempts=attempt, state=RunState.RUNNING).update(
                heartbeat=Now()
            )
        except Error as error:
            # The next beat may get through; where none does, another process takes the run over.
            logger.warning("sync_heartbeat_missed", run=run_id, reason=type(error).__name__)
        finally:
            connections.close_all()
