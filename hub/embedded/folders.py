"""Where things lie in the data folder, and the addresses that follow from it.

In: the data folder. Out: paths and URLs. Only `prepare_run_folder` and `make_secret_key` write.

    HUB_DATA_DIR/
        postgresql/   the embedded database         valkey/     the embedded broker
        run/          sockets (a link where the path would be too long for a socket)
        files/        attachments                   static/     collected static files
        log/          the published proof log       log-lock/   what it published last
        secret_key    made once, mode 0600          hub.lock    held by the running hub
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis.backoff import NoBackoff
from redis.retry import Retry

#: The kernel allows 107 bytes for a socket's path; the longest name we put in the folder takes 18.
SOCKET_FOLDER_BYTES = 88
POSTGRES_PORT = 5432
#: The roles of the embedded database: who owns the tables, and whom the hub runs as.
OWNER_ROLE, APPLICATION_ROLE = "hub", "hub_application"


def run_folder(data: Path) -> Path:
    """The folder of the sockets, links resolved."""
    return (data / "run").resolve()


def database_url(data: Path, role: str = APPLICATION_ROLE) -> str:
    """The URL of the embedded database, as one of its roles."""
    return f"postgresql://{role}@/hub?host={quote(str(run_folder(data)))}&port={POSTGRES_PORT}"


def broker_url(data: Path) -> str:
    """The URL of the embedded broker, as Celery writes it."""
    return f"redis+socket://{run_folder(data) / 'valkey.sock'}"


def cache(url: str) -> dict[str, Any]:
    """Django's cache settings for a Redis or Valkey URL; without one, a cache in each process."""
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    # The scheme alone: the path of a socket may well hold the word valkey.
    scheme, separator, rest = url.partition("://")
    scheme = "unix" if scheme.endswith("+socket") else scheme.replace("valkey", "redis")
    location = f"{scheme}{separator}{rest}"
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": location,
        "KEY_PREFIX": "hub",
        # A second try for a connection that went stale, but no waiting: no request stands behind the cache.
        "OPTIONS": {
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            "retry": Retry(NoBackoff(), 1),
        },
    }


def secret_key(data: Path) -> str:
    """The generated secret key, or nothing when none was made yet (or it is not ours to read)."""
    try:
        return (data / "secret_key").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def public_url(data: Path) -> str:
    """The address the hub of this data folder was last served under, or nothing."""
    try:
        return (data / "public_url").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def note_public_url(data: Path, address: str) -> None:
    """Leave the address for commands that are run beside the hub (create_credential prints it)."""
    (data / "public_url").write_text(address, encoding="utf-8")


def make_secret_key(data: Path) -> None:
    """Make the secret key once; an existing one is never replaced, as every stored hash depends on it."""
    path = data / "secret_key"
    if path.exists():
        return
    # Written under another name first: a crash in between leaves no half key.
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def prepare_run_folder(data: Path, *, owner: tuple[int, int] | None) -> Path:
    """Make the private folder of the sockets and return it.

    Where the data folder lies too deep for a socket, `run` becomes a link to a short folder of its own.
    """
    link = data / "run"
    short_enough = len(os.fsencode(link.resolve() if not link.is_symlink() else data.resolve() / "run")) <= (
        SOCKET_FOLDER_BYTES
    )
    if link.is_symlink() and (short_enough or not _is_private(link.resolve(), owner)):
        link.unlink()
    if not link.exists() and not link.is_symlink():
        if short_enough:
            link.mkdir(mode=0o700)
        else:
            link.symlink_to(tempfile.mkdtemp(prefix="lrs-hub-", dir="/tmp"))  # short is the point
    folder = link.resolve()
    folder.chmod(0o700)
    if owner is not None:
        os.chown(folder, *owner)
    return folder


def _is_private(folder: Path, owner: tuple[int, int] | None) -> bool:
    """Whether the linked folder is still there and still ours alone."""
    try:
        status = folder.stat()
    except OSError:
        return False
    mine = {os.geteuid(), owner[0]} if owner else {os.geteuid()}
    return folder.is_dir() and status.st_uid in mine and status.st_mode & 0o077 == 0
