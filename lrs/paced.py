"""Writes that come too often for one key are put off and united, so that a quarrel costs little.

In: values by key. Out: those to be written at once, and now and then, from a thread of this process, the
others united. A crash loses what was put off, at most some seconds of it: only for what is told again and
again anyway.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

import structlog

logger = structlog.get_logger(__name__)

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

#: Keys whose pace is watched before all are forgotten.
_WATCHED_MOST = 50_000


class Paced(Generic[Key, Value]):
    """At most `most` writes at once for one key in `seconds`; the rest every `pause_seconds`."""

    def __init__(
        self,
        *,
        write: Callable[[Mapping[Key, Value]], None],
        unite: Callable[[Value | None, Value], Value],
        most: int,
        seconds: float,
        pause_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._unite = unite
        self._most = most
        self._seconds = seconds
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._writes: dict[Key, tuple[float, int]] = {}
        self._put_off: dict[Key, Value] = {}
        # Guards both dictionaries and the timer.
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def split(self, values: Mapping[Key, Value]) -> tuple[dict[Key, Value], dict[Key, Value]]:
        """Return what to write at once and what to put off, counting this as a write of each."""
        now = self._clock()
        at_once: dict[Key, Value] = {}
        later: dict[Key, Value] = {}
        with self._lock:
            if len(self._writes) > _WATCHED_MOST:
                self._writes.clear()
            for key, value in values.items():
                since, count = self._writes.get(key, (now, 0))
                if now - since > self._seconds:
                    since, count = now, 0
                self._writes[key] = (since, count + 1)
                # Once a value is put off, newer ones must not overtake it.
                (later if count >= self._most or key in self._put_off else at_once)[key] = value
        return at_once, later

    def put_off(self, values: Mapping[Key, Value]) -> None:
        """Have `values` written before long, united with what is waiting."""
        with self._lock:
            for key, value in values.items():
                self._put_off[key] = self._unite(self._put_off.get(key), value)
            if self._timer is None:
                self._timer = threading.Timer(self._pause_seconds, self._flush_from_timer)
                self._timer.daemon = True
                self._timer.start()

    def is_waiting(self) -> bool:
        """Whether anything is put off."""
        return bool(self._put_off)

    def flush(self) -> None:
        """Write what is waiting, now."""
        with self._lock:
            waiting, self._put_off = self._put_off, {}
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if waiting:
            self._write(waiting)

    def forget(self) -> None:
        """Drop what is waiting and every count."""
        with self._lock:
            self._put_off.clear()
            self._writes.clear()

    def _flush_from_timer(self) -> None:
        try:
            self.flush()
        except Exception:
            logger.exception("put_off_write_failed")
