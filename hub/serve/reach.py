"""Is everything within reach that the hub does not start itself? The port, a named database, a named broker.

In: settings. Out: nothing, or `CannotStart` with one sentence. Never shows a password.
"""

from __future__ import annotations

import socket
import time
from typing import Any
from urllib.parse import urlsplit

import psycopg
from kombu import Connection

from hub.errors import CannotStart, Exit

#: The oldest PostgreSQL the hub works with.
OLDEST_POSTGRESQL = 15


def require_free_port(host: str, port: int, *, patience: float) -> None:
    """Refuse a port somebody listens on; wait `patience` seconds where a killed hub may just let go of it."""
    until = time.monotonic() + patience
    while True:
        problem = _port_problem(host, port)
        if problem is None:
            return
        if time.monotonic() >= until:
            raise CannotStart(
                f"Port {port} on {host} is not free: {problem}; set PORT to another one.",
                code=Exit.PORT_IN_USE,
            )
        time.sleep(0.2)


def _port_problem(host: str, port: int) -> str | None:
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(address[0], socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address[4])
            listener.listen(1)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return None


def require_database(settings: dict[str, Any], *, variable: str = "DATABASE_URL") -> None:
    """Refuse a database that does not answer, or is too old."""
    where = f"{settings['NAME']} at {settings['HOST'] or 'the local socket'}:{settings['PORT'] or 5432}"
    options: dict[str, Any] = settings["OPTIONS"]
    try:
        with psycopg.connect(
            host=settings["HOST"] or None,
            port=settings["PORT"] or None,
            user=settings["USER"] or None,
            password=settings["PASSWORD"] or None,
            dbname=settings["NAME"],
            **options,
        ) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[-1].strip()
        raise CannotStart(
            f"The database {where} is out of reach: {reason.rstrip('.')}; see {variable}.",
            code=Exit.DATABASE_AWAY,
        ) from None
    if version < OLDEST_POSTGRESQL:
        raise CannotStart(
            f"The database {where} is PostgreSQL {version}; the hub needs {OLDEST_POSTGRESQL} or newer.",
            code=Exit.OTHER_VERSION,
        )


def require_broker(url: str) -> None:
    """Refuse a broker that does not answer."""
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    try:
        with Connection(url, connect_timeout=5) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=5)
    except Exception as error:  # noqa: BLE001  every transport has errors of its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise CannotStart(
            f"The broker {where} is out of reach: {reason.rstrip('.')}; see CELERY_BROKER_URL.",
            code=Exit.BROKER_AWAY,
        ) from None
