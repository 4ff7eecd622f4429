"""/healthz and /readyz: is the process alive, and are the parts it needs there?

In: a probe's GET. Out: JSON, 200 or 503. /healthz asks nothing of anybody; /readyz asks the database (also
whether the migrations are applied and the feed is in order) and the broker, each within a second or so.
Never cached, never behind a login.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection

from lrs import feed

#: Set once the migrations were seen applied; they do not become unapplied under a running process.
_migrated = False


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"alive": True, "version": settings.HUB_VERSION})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The process can do its work.

    `?without=broker` leaves the broker out: the xAPI goes on storing while the broker is away, so a load
    balancer that only has the xAPI behind it should not take every process out for that.
    """
    left_out = set(request.GET.get("without", "").split(","))
    parts: dict[str, dict[str, object]] = {}
    for name, look in _PARTS.items():
        if name not in left_out:
            problem = look()
            parts[name] = {"ok": True} if problem is None else {"ok": False, "problem": problem}
    ready = all(part["ok"] for part in parts.values())
    return JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)


def database_problem() -> str | None:
    """One sentence, or None where the database answers."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connection.close()
        return "The database does not answer."
    return None


def migrations_problem() -> str | None:
    """One sentence, or None where every migration is applied."""
    global _migrated  # noqa: PLW0603  remembered for the life of the process
    if _migrated:
        return None
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return "The database does not answer."
    if waiting:
        return f"{len(waiting)} migrations are not applied: run manage.py migrate."
    _migrated = True
    return None


def feed_problem() -> str | None:
    """One sentence, or None where new statements come after old ones in the feed."""
    try:
        behind = feed.transactions_behind()
    except Error:
        return "The database does not answer."
    if behind:
        return "The database was restored into another cluster: run manage.py prepare first."
    return None


def broker_problem() -> str | None:
    """One sentence, or None where the broker takes connections."""
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=1) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
    except Exception:  # noqa: BLE001  every transport has errors of its own, and all mean the same here
        return "The broker does not answer."
    return None


_PARTS: dict[str, Callable[[], str | None]] = {
    "database": database_problem,
    "migrations": migrations_problem,
    "feed": feed_problem,
    "broker": broker_problem,
}
