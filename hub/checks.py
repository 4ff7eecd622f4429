"""System checks of the project: what is misconfigured, and how to put it right.

    hub.E001  there is no secret key
    hub.E002  the secret key is short enough to be guessed
    hub.E003  CELERY_BROKER_URL has a scheme Celery does not know
    hub.E004  the data folder is missing, or not writable
    hub.E005  the database is older than PostgreSQL 15 (with --database default)
    hub.W001  HUB_PUBLIC_URL names a host that ALLOWED_HOSTS leaves out
    hub.W002  DEBUG is on (with --deploy)
    hub.W003  HUB_METRICS_TOKEN is short enough to be guessed
    hub.W004  HUB_PUBLIC_URL is plain http beyond this machine (with --deploy)
    hub.W005  https is demanded, but nothing says that it is there
    hub.W006  the role the hub runs as owns its tables, or is a superuser (with --database default)

In: settings. Out: messages with stable ids. Connects to nothing but the database, and to that on request.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections
from django.http.request import validate_host

from hub.database import roles

#: 50 characters of a random text are beyond guessing; Django warns below that too.
SECRET_KEY_CHARACTERS = 50
METRICS_TOKEN_CHARACTERS = 16
BROKER_SCHEMES = frozenset(
    {
        "amqp",
        "amqps",
        "pyamqp",
        "redis",
        "rediss",
        "redis+socket",
        "valkey",
        "valkeys",
        "memory",
        "sqs",
        "sentinel",
    }
)
OLDEST_POSTGRESQL = 150_000
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@checks.register(checks.Tags.security)
def secret_key(**_options: object) -> list[checks.CheckMessage]:
    """hub.E001 and hub.E002."""
    if settings.SECRET_KEY == settings.INSECURE_SECRET_KEY:
        return [
            checks.Error(
                "There is no secret key.",
                hint="Set SECRET_KEY (or SECRET_KEY_FILE) to a long random text; `make serve` makes one.",
                id="hub.E001",
            )
        ]
    if len(settings.SECRET_KEY) < SECRET_KEY_CHARACTERS:
        return [
            checks.Error(
                f"The secret key has {len(settings.SECRET_KEY)} characters.",
                hint=f"Set SECRET_KEY to a random text of {SECRET_KEY_CHARACTERS} characters or more.",
                id="hub.E002",
            )
        ]
    return []


@checks.register(checks.Tags.compatibility)
def broker(**_options: object) -> list[checks.CheckMessage]:
    """hub.E003."""
    scheme = urlsplit(settings.CELERY_BROKER_URL).scheme
    if scheme in BROKER_SCHEMES:
        return []
    return [
        checks.Error(
            f"CELERY_BROKER_URL has the scheme {scheme or '(none)'}.",
            hint="Use amqp://user:password@host/vhost or redis://host:6379/0.",
            id="hub.E003",
        )
    ]


@checks.register(checks.Tags.files)
def data_folder(**_options: object) -> list[checks.CheckMessage]:
    """hub.E004: asked only where something of the hub lies there."""
    needs_it = settings.HUB_EMBEDDED_DATABASE or settings.HUB_EMBEDDED_BROKER
    folder = Path(settings.HUB_DATA_DIR)
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if not needs_it or (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        return []
    return [
        checks.Error(
            f"The data folder {folder} cannot be written.",
            hint="Set HUB_DATA_DIR to one this account may write, or DATABASE_URL and CELERY_BROKER_URL.",
            id="hub.E004",
        )
    ]


@checks.register(checks.Tags.database)
def database_version(databases: Sequence[str] | None = None, **_options: object) -> list[checks.CheckMessage]:
    """hub.E005: asked with `check --database default` and by `migrate`."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        connection.ensure_connection()
        version = connection.connection.info.server_version
        if version < OLDEST_POSTGRESQL:
            found.append(
                checks.Error(
                    f"The database {alias} is PostgreSQL {version // 10_000}.",
                    hint="The hub needs PostgreSQL 15 or newer; see docs/operator/backup.md for moving it.",
                    id="hub.E005",
                )
            )
    return found


@checks.register(checks.Tags.database)
def application_role(databases: Sequence[str] | None = None, **_options: object) -> list[checks.CheckMessage]:
    """hub.W006: asked with `check --database default`, of the role web, worker and beat run as."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or (why := roles.why_too_mighty()) is None:
        return []
    return [
        checks.Warning(
            f"The hub runs as the database role {why}: whoever gets hold of it can rewrite the audit trail.",
            hint="Give migrations a role of their own: DATABASE_OWNER_URL (docs/operator/install.md).",
            id="hub.W006",
        )
    ]


@checks.register(checks.Tags.urls)
def allowed_hosts(**_options: object) -> list[checks.CheckMessage]:
    """hub.W001."""
    try:
        host = urlsplit(settings.HUB_PUBLIC_URL).hostname or ""
    except ValueError:
        return []  # lrs.E001 tells of it
    if not host or validate_host(host, settings.ALLOWED_HOSTS):
        return []
    return [
        checks.Warning(
            f"HUB_PUBLIC_URL names {host}, which ALLOWED_HOSTS leaves out.",
            hint=f"Add {host} to ALLOWED_HOSTS, or nobody can sign in there.",
            id="hub.W001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def debugging(**_options: object) -> list[checks.CheckMessage]:
    """hub.W002."""
    if not settings.DEBUG:
        return []
    return [
        checks.Warning(
            "DEBUG is on: errors show settings and source to whoever causes them.",
            hint="Set DEBUG=False, or leave it out.",
            id="hub.W002",
        )
    ]


@checks.register(checks.Tags.security)
def metrics_token(**_options: object) -> list[checks.CheckMessage]:
    """hub.W003."""
    if not settings.HUB_METRICS_TOKEN or len(settings.HUB_METRICS_TOKEN) >= METRICS_TOKEN_CHARACTERS:
        return []
    return [
        checks.Warning(
            f"HUB_METRICS_TOKEN has {len(settings.HUB_METRICS_TOKEN)} characters.",
            hint=f"Set it to a random text of {METRICS_TOKEN_CHARACTERS} characters or more.",
            id="hub.W003",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def plain_http(**_options: object) -> list[checks.CheckMessage]:
    """hub.W004."""
    address = urlsplit(settings.HUB_PUBLIC_URL)
    if address.scheme != "http" or address.hostname in LOCAL_HOSTS:
        return []
    return [
        checks.Warning(
            f"HUB_PUBLIC_URL is {settings.HUB_PUBLIC_URL}: keys and learning records travel unencrypted.",
            hint="Put a TLS proxy in front, HUB_PUBLIC_URL to its https:// address, HUB_BEHIND_PROXY=True.",
            id="hub.W004",
        )
    ]


@checks.register(checks.Tags.security)
def nobody_speaks_tls(**_options: object) -> list[checks.CheckMessage]:
    """hub.W005."""
    speaks_tls = settings.HUB_BEHIND_PROXY or os.environ.get("GRANIAN_SSL_CERTIFICATE")
    if not settings.SECURE_SSL_REDIRECT or speaks_tls:
        return []
    return [
        checks.Warning(
            "Plain http is redirected to https, but the hub is not told of a proxy that speaks TLS.",
            hint="Set HUB_BEHIND_PROXY=True where it sends X-Forwarded-Proto, or SECURE_SSL_REDIRECT=False.",
            id="hub.W005",
        )
    ]
