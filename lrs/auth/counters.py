"""Counts that all web processes share through the cache, and that survive its absence.

In: names and numbers. Out: numbers. While the cache is away each process counts for itself, which refuses
nobody who would not have been refused anyway; the log says so once for each absence. Never an exception of
the cache's, and never a wait for it on every request.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

log = logging.getLogger(__name__)
T = TypeVar("T")

#: How long a cache that failed is left alone.
AWAY_SECONDS = 5.0


class Counters:
    """Named counts in the default cache, or in this process while that is away."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._away_until = float("-inf")
        self._own = LocMemCache(f"lrs-auth-counters-{id(self)}", {"max_entries": 10_000})

    def read(self, names: Sequence[str]) -> dict[str, int]:
        """Return the counts among `names` that are not zero; one round trip."""
        return self._do(lambda cache: cache.get_many(names))

    def add(self, name: str, by: int, *, seconds: int) -> int:
        """Add to a count and return it; it goes `seconds` after it began."""

        def act(cache: BaseCache) -> int:
            try:
                return int(cache.incr(name, by))
            except ValueError:  # There is none yet.
                if cache.add(name, by, timeout=seconds):
                    return by
                return int(cache.incr(name, by))

        return self._do(act)

    def put(self, name: str, value: int, *, seconds: int) -> None:
        """Set a count."""
        self._do(lambda cache: cache.set(name, value, timeout=seconds))

    def _do(self, act: Callable[[BaseCache], T]) -> T:
        if self._clock() >= self._away_until:
            try:
                return act(caches["default"])
            except Exception as error:  # noqa: BLE001  each cache backend raises exceptions of its own
                self._away_until = self._clock() + AWAY_SECONDS
                log.warning(
                    "The cache is away (%s); limits are counted in each process by itself.",
                    type(error).__name__,
                )
        return act(self._own)


#: The counts of this process.
COUNTERS = Counters()
