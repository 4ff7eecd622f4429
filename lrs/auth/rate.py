"""Requests a minute for each credential, whichever process they reach.

In: an Access. Out: nothing, or RateLimited with the seconds to wait. The minute slides: what was used in the
minute before counts for the part of it that still overlaps. A process takes a small share of the minute's
requests at a time, so that a busy credential costs one round trip to the cache for many requests. No
limit costs nothing. While the cache is away each process counts for itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from lrs.auth.access import Access
from lrs.auth.counters import COUNTERS, Counters
from lrs.errors import RateLimited

WINDOW_SECONDS = 60
#: A process takes this part of the limit at a time: what it does not use is lost to the others.
SHARES = 120
#: Of one request: so that the second named to a refused caller is the second it is let in.
TOLERANCE = 0.01


@dataclass(kw_only=True)
class _Share:
    window: int
    allowed: int
    previous: int
    requests: int = 0
    refused_until: float = 0.0


class RateLimiter:
    """A sliding minute over two fixed ones, counted in the cache; safe for threads."""

    def __init__(self, *, counters: Counters = COUNTERS, clock: Callable[[], float] = time.time) -> None:
        self._counters = counters
        self._clock = clock
        self._lock = threading.Lock()
        self._shares: dict[int, _Share] = {}

    def limit(self, access: Access) -> None:
        """Count one request; RateLimited where it is one too many."""
        if access.requests_per_minute <= 0:
            return
        now = self._clock()
        share = self._share(access, now)
        with self._lock:
            if share.requests > 0:
                share.requests -= 1
                return
            refused_for = share.refused_until - now
        if refused_for <= 0:
            refused_for = self._take(access.credential_id, share, now)
        if refused_for > 0:
            raise RateLimited(
                f"The credential may make {share.allowed} requests a minute.",
                retry_after_seconds=max(1, math.ceil(refused_for)),
            )

    def _share(self, access: Access, now: float) -> _Share:
        window = int(now // WINDOW_SECONDS)
        share = self._shares.get(access.credential_id)
        if share is None or share.window != window or share.allowed != access.requests_per_minute:
            before = _name(access.credential_id, window - 1)
            share = _Share(
                window=window,
                allowed=access.requests_per_minute,
                previous=self._counters.read([before]).get(before, 0),
            )
            self._shares[access.credential_id] = share
        return share

    def _take(self, credential_id: int, share: _Share, now: float) -> float:
        """Take some of the minute for this process, one request for now; return the seconds to wait."""
        name = _name(credential_id, share.window)
        elapsed = now % WINDOW_SECONDS / WINDOW_SECONDS
        used = 0
        for wanted in sorted({max(1, share.allowed // SHARES), 1}, reverse=True):
            used = self._counters.add(name, wanted, seconds=3 * WINDOW_SECONDS)
            if share.previous * (1 - elapsed) + used <= share.allowed + TOLERANCE:
                with self._lock:
                    share.requests += wanted - 1
                return 0.0
            # Given back: a refused request must not push the next one further off.
            used = self._counters.add(name, -wanted, seconds=3 * WINDOW_SECONDS)
        wait = max(0.001, _wait(share, used, elapsed))
        with self._lock:
            share.refused_until = now + wait
        return wait


def _wait(share: _Share, used: int, elapsed: float) -> float:
    """Return the seconds until one more request fits."""
    room = share.allowed - used - 1
    if room >= 0 and share.previous > 0:
        return (1 - room / share.previous - elapsed) * WINDOW_SECONDS
    # Only in the next minute, when this one's requests fade.
    faded = 1 - (share.allowed - 1) / used if used > 0 else 0.0
    return (1 - elapsed + max(0.0, faded)) * WINDOW_SECONDS


def _name(credential_id: int, window: int) -> str:
    return f"lrs:rate:{credential_id}:{window}"


#: The limiter of this process.
LIMITER = RateLimiter()
