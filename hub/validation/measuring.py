"""PQ: how fast the hub was, noted, and held against limits where the organization gives some.

In: a caller, how long to post, limits. Out: what was seen. Figures are of this client over this network: they
say what the hub did at least, not what it can do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hub.validation.caller import Caller, Json
from hub.validation.steps import Result, Seen

BATCH, CONNECTIONS = 50, 4
_SINGLES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the organization demands; nothing where it is None."""

    #: Statements a second, in batches.
    least_per_second: float | None = None
    #: Milliseconds within which 95 of 100 single posts are answered, and queries.
    most_post_ms: float | None = None
    most_query_ms: float | None = None


def throughput(caller: Caller, made: Callable[[], Json], *, seconds: float, least: float | None) -> Seen:
    """Post batches over several connections for a while."""
    until = time.monotonic() + seconds

    def post(_: int) -> int:
        count = 0
        while time.monotonic() < until:
            count += len(caller.post([made() for _ in range(BATCH)]))
        return count

    began = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        stored = sum(pool.map(post, range(CONNECTIONS)))
    rate = stored / max(time.monotonic() - began, 0.001)
    said = f"{stored:,} statements in batches of {BATCH} over {CONNECTIONS} connections: {rate:,.0f} a second"
    return _held(said, None if least is None else rate >= least, f"at least {least} a second")


def latency(what: str, call: Callable[[], object], *, most: float | None) -> Seen:
    """Ask one after the other; return the middle and the 95th of 100."""
    taken = []
    for _ in range(_SINGLES):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    middle, late = _share(taken, 0.5), _share(taken, 0.95)
    said = f"{_SINGLES} {what}: p50 {middle:.1f} ms, p95 {late:.1f} ms"
    return _held(said, None if most is None else late <= most, f"p95 of at most {most} ms")


def _held(said: str, kept: bool | None, limit: str) -> Seen:
    if kept is None:
        return Seen(f"{said}; no limit was given", Result.NOTED)
    return Seen(f"{said}; limit: {limit}", Result.PASSED if kept else Result.FAILED)


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
