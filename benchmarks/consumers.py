"""The consumers of the feed, each run alone over what is stored; the proof log reads it as one of them.

In: a filled store and no Celery worker. Out: statements a second for each consumer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping


def measure(*, most: int) -> Mapping[str, float]:
    """Send each consumer back to the start and hand it about `most` statements."""
    from django.db import connection

    from lrs import feed

    rates = {}
    for name in feed.names():
        feed.replay(name)
        handed, began = 0, time.perf_counter()
        while handed < most and (count := feed.run(name, batches=1)):
            handed += count
        if handed:
            rates[name] = handed / (time.perf_counter() - began)
    rates["compliance.proof"] = prove(most=most)
    connection.close()
    return rates


def prove(*, most: int) -> float:
    """Log about `most` statements and publish them under a checkpoint; return statements a second."""
    from compliance.proof import publish, sequence

    began = time.perf_counter()
    logged = sequence.run(batches=max(1, most // sequence.BATCH))
    publish.publish(now=True)
    return logged / (time.perf_counter() - began)


def follow_changes() -> float:
    """Have every consumer of workforce changes follow what the roster changed; return changes a second."""
    from django.db import connection

    from connectors import changes

    began = time.perf_counter()
    followed = sum(changes.run(name) for name in changes.names())
    connection.close()
    return followed / (time.perf_counter() - began)


def together(rates: Mapping[str, float]) -> float:
    """Return the rate of all consumers run one after the other."""
    return 1 / sum(1 / rate for rate in rates.values()) if rates else 0.0
