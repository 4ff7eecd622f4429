"""What the record store counts and measures, for Prometheus.

In: calls from the request path and from consumers. Out: series of `prometheus_client`. Counting never fails a
request and never asks the database. With several processes, PROMETHEUS_MULTIPROC_DIR makes them add up.
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

STATEMENTS_STORED = Counter("lrs_statements_stored", "Statements stored, by source.", ["source"])
BATCHES_STORED = Counter("lrs_batches_stored", "Requests that stored at least one statement.")
REQUESTS_REFUSED = Counter(
    "lrs_requests_refused", "xAPI requests refused, by resource and status.", ["resource", "status"]
)
REQUEST_SECONDS = Histogram(
    "lrs_request_seconds",
    "Seconds an xAPI request took, by resource and method.",
    ["resource", "method"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
#: The resources by name; anything else is counted as "other", so that no client can invent series.
_RESOURCES = frozenset(
    {
        "statements",
        "statements/more",
        "activities",
        "activities/state",
        "activities/profile",
        "agents",
        "agents/profile",
        "about",
    }
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
_timers: dict[tuple[str, str], Histogram] = {}
_stored: dict[int, Counter] = {}


def observe_request(*, method: str, path: str, status: int, seconds: float) -> None:
    """Count one answered xAPI request; `path` begins with /xapi/."""
    resource = path[6:].rstrip("/")
    if resource not in _RESOURCES:
        resource = "statements/more" if resource.startswith("statements/more") else "other"
    if method not in _METHODS:
        method = "other"
    timer = _timers.get((resource, method))
    if timer is None:
        timer = _timers[resource, method] = REQUEST_SECONDS.labels(resource, method)
    timer.observe(seconds)
    if status >= 400:
        REQUESTS_REFUSED.labels(resource, str(status)).inc()


def count_stored(*, source_id: int, statements: int) -> None:
    """Count the statements of one acknowledged request."""
    counter = _stored.get(source_id)
    if counter is None:
        counter = _stored[source_id] = STATEMENTS_STORED.labels(str(source_id))
    counter.inc(statements)
    BATCHES_STORED.inc()
