"""How long a statement waits for its workforce context while an LMS posts at a steady pace.

In: a hub with worker and beat running, a pace and a time. Out: percentiles of the seconds between `stored`
and the recording of the context, over every statement that was posted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from benchmarks import sample, system, wire
from benchmarks.hub import Hub

BATCH = 10
#: Seconds after the last statement until which every context must be there.
PATIENCE = 120.0

_WAITED = """
    SELECT count(*), count(c.seq), coalesce(percentile_cont(ARRAY[0.5, 0.95, 1.0]) WITHIN GROUP (
               ORDER BY extract(epoch FROM c.recorded_from - s.stored)::float8), '{0,0,0}')
    FROM lrs_statement s LEFT JOIN LATERAL (
        SELECT e.seq, min(e.recorded_from) AS recorded_from FROM connectors_statement_context e
        WHERE e.seq = s.seq GROUP BY e.seq
    ) c ON true
    WHERE s.seq > %s
"""


@dataclass(frozen=True, kw_only=True)
class Waited:
    """Seconds from stored to derived."""

    statements: int
    rate: float
    median: float
    p95: float
    most: float


def measure(hub: Hub, *, rate: int, seconds: float, first_session: int) -> Waited:
    """Post `rate` statements a second for `seconds`, and wait for their contexts."""
    with psycopg.connect(hub.dsns["hub"], autocommit=True) as connection:
        # The worker may only just have been started: one batch is waited for and not counted.
        last = _last(connection)
        _post(hub, rate=rate, seconds=BATCH / rate, first_session=first_session)
        _await(connection, last)
        last = _last(connection)
        reached = _post(hub, rate=rate, seconds=seconds, first_session=first_session + 1)
        found = _await(connection, last)
    median, p95, most = found[2]
    return Waited(statements=found[0], rate=reached, median=median, p95=p95, most=most)


def _last(connection: psycopg.Connection[tuple[Any, ...]]) -> int:
    """Return the key of the last statement."""
    row = connection.execute("SELECT coalesce(max(seq), 0) FROM lrs_statement").fetchone()
    return 0 if row is None else int(row[0])


def _await(connection: psycopg.Connection[tuple[Any, ...]], last: int) -> tuple[Any, ...]:
    """Wait until every statement behind a key has its context; return what was waited."""
    until = time.monotonic() + PATIENCE
    while True:
        found = connection.execute(_WAITED, (last,)).fetchone()
        if found is None or (found[0] != found[1] and time.monotonic() > until):
            raise SystemExit(f"Contexts are missing: {found}.")
        if found[0] == found[1]:
            return found
        time.sleep(1)


def _post(hub: Hub, *, rate: int, seconds: float, first_session: int) -> float:
    """Post in batches at even distances; return the rate that was reached."""
    count = int(rate * seconds) // BATCH * BATCH
    made = list(sample.statements(first_session, count))
    connection = wire.Connection(hub.host, hub.port)
    began = time.monotonic()
    for place in range(0, count, BATCH):
        time.sleep(max(0.0, began + place / rate - time.monotonic()))
        body = system.as_php_writes(made[place : place + BATCH])
        status, answer = connection.exchange(
            wire.request(
                "POST", "/xapi/statements", host=hub.host, authorization=hub.authorization, body=body
            )
        )
        if status != 200:
            raise SystemExit(f"The hub answered {status}: {orjson.loads(answer)}")
    return count / (time.monotonic() - began)
