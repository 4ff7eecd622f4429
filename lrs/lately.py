"""A small memory of one process: bounded, forgetful after some seconds, shared by its threads.

In: keys and values. Out: a dictionary of what was put in lately, for as many look-ups as a batch needs. Never
anything another process must see.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from itertools import islice
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Lately(Generic[Key, Value]):
    """At most `most` entries, none older than `seconds`.

    After its seconds everything goes at once, which needs no time beside each entry; when it is full, the
    older half goes.
    """

    def __init__(self, *, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._entries: dict[Key, Value] = {}
        self._until = clock() + seconds
        # Guards _entries against being shortened by two threads at once.
        self._lock = Lock()

    def entries(self) -> Mapping[Key, Value]:
        """Return what is remembered; look up in it now, do not keep it."""
        if self._clock() > self._until:
            self.clear()
        return self._entries

    def put_all(self, entries: Mapping[Key, Value]) -> None:
        """Remember `entries`."""
        with self._lock:
            for key in entries:
                self._entries.pop(key, None)
            self._entries.update(entries)
            if len(self._entries) > self._most:
                for key in list(islice(self._entries, len(self._entries) - self._most // 2)):
                    del self._entries[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries = {}
            self._until = self._clock() + self._seconds

    def __len__(self) -> int:
        return len(self._entries)
