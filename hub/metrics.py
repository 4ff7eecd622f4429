"""/metrics: the numbers of all processes of this hub, in Prometheus' text format.

In: a scrape, with `Authorization: Bearer <HUB_METRICS_TOKEN>` where that is set. Out: text. What the database
knows (feed lag, connections) is asked at most every five seconds; without a database the rest still comes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from compliance.proof import metrics as proof
from connectors.identity import coverage
from connectors.sync import metrics as sync
from connectors.watch import metrics as watch
from lrs import feed

#: Seconds for which what the database said is good.
FRESH_SECONDS = 5.0


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Every series of every process."""
    token = settings.HUB_METRICS_TOKEN
    if token and not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return HttpResponse(
            "A token is needed: Authorization: Bearer …\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
        )
    shared = CollectorRegistry()
    shared.register(DATABASE)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
        body = generate_latest(shared)
    else:
        body = generate_latest(REGISTRY) + generate_latest(shared)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


class DatabaseNumbers(Collector):
    """What only the database knows."""

    def __init__(self) -> None:
        self._read = 0.0
        self._families: list[GaugeMetricFamily] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the numbers, asking the database when the last answer is stale."""
        if time.monotonic() - self._read > FRESH_SECONDS or not self._families:
            self._families = self._ask()
            self._read = time.monotonic()
        yield from self._families

    def _ask(self) -> list[GaugeMetricFamily]:
        up = GaugeMetricFamily("hub_database_up", "1 while the database answers.")
        try:
            families = [
                _connections(),
                *_feed_lag(),
                *sync.families(),
                *watch.families(),
                *coverage.families(),
                *proof.families(),
            ]
        except Error:
            connection.close()
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *families]


DATABASE = DatabaseNumbers()


def _connections() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "hub_database_connections", "Connections of the hub's role, by state.", labels=["state"]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'starting'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user GROUP BY 1"
        )
        for state, count in cursor.fetchall():
            family.add_metric([state], count)
    return family


def _feed_lag() -> list[GaugeMetricFamily]:
    statements = GaugeMetricFamily(
        "lrs_feed_lag_statements", "Statements a consumer has still to deal with.", labels=["consumer"]
    )
    seconds = GaugeMetricFamily(
        "lrs_feed_lag_seconds",
        "Age of the oldest statement a consumer has yet to handle.",
        labels=["consumer"],
    )
    for name in feed.names():
        lag = feed.lag(name)
        statements.add_metric([name], lag.statements)
        seconds.add_metric([name], lag.seconds)
    return [statements, seconds]
