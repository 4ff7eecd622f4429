"""Reads the process environment: one typed reader for each kind of value, each failing loudly.

In: names of variables. Out: typed values. A value that cannot be understood raises `Misconfigured` with one
sentence that names the variable; nothing is ever guessed. Every reader takes `<NAME>_FILE` too: the
path of a file with the value, as Docker and Kubernetes hand secrets over.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


class Misconfigured(ImproperlyConfigured):
    """A variable of the environment has a value the hub cannot use."""


def text(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file `<NAME>_FILE` names, or `default`."""
    value = os.environ.get(name, "")
    if value:
        return value
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"{name}_FILE={path} cannot be read: {error.strerror}.") from None


def flag(name: str, *, default: bool) -> bool:
    """Return a truth value; only True and False (any case) are understood."""
    value = text(name)
    if not value:
        return default
    if value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise Misconfigured(f"Unexpected value {name}={value}, use True or False.")


def whole(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Return a whole number between `least` and `most`."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise Misconfigured(f"Unexpected value {name}={value}, use a whole number.") from None
    if number < least or (most is not None and number > most):
        span = f"of {least} or more" if most is None else f"from {least} to {most}"
        raise Misconfigured(f"Unexpected value {name}={value}, use a whole number {span}.")
    return number


def listed(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return a comma-separated list, without blanks."""
    value = text(name)
    if not value:
        return list(default)
    return [item.strip() for item in value.split(",") if item.strip()]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return one of `allowed`."""
    value = text(name) or default
    if value not in allowed:
        raise Misconfigured(f"Unexpected value {name}={value}, use {' or '.join(allowed)}.")
    return value


def folder(name: str, default: Path) -> Path:
    """Return an absolute path; a relative one is taken from the current folder."""
    value = text(name)
    return Path(value).expanduser().absolute() if value else default.absolute()


def database(name: str) -> dict[str, object] | None:
    """Return Django's database settings from a URL such as `postgresql://user:secret@host:5432/name?sslmode=require`.

    A unix socket is given as `postgresql://user@/name?host=/folder`. None where the variable is not set.
    """
    url = text(name)
    return database_from_url(url, name=name) if url else None


def database_from_url(url: str, *, name: str = "DATABASE_URL") -> dict[str, object]:
    """Return Django's database settings for a PostgreSQL URL; `name` is what an error calls it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Misconfigured(f"{name} is not a URL.") from None
    if parts.scheme not in {"postgres", "postgresql"}:
        raise Misconfigured(f"{name} has the scheme {parts.scheme or '(none)'}, use postgresql://.")
    database_name = unquote(parts.path.lstrip("/"))
    if not database_name:
        raise Misconfigured(f"{name} names no database: postgresql://user:password@host:5432/NAME.")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    socket_port = options.pop("port", "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or socket_port),
        "OPTIONS": dict(options),
    }


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server; without a host there is none."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    #: TLS from the first byte, or after STARTTLS.
    tls: bool = False
    start_tls: bool = False


def mail_from_url(url: str, *, name: str = "EMAIL_URL") -> Mail:
    """Return the mail server of a URL: `smtp://user:password@host:587` (STARTTLS), `smtps://…` (TLS), or
    `smtp+plain://…` (neither)."""
    if not url:
        return Mail()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Misconfigured(f"{name} is not a URL.") from None
    usual = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
    if parts.scheme not in usual:
        raise Misconfigured(
            f"{name} has the scheme {parts.scheme or '(none)'}, use smtp://, smtps:// or smtp+plain://."
        )
    if not parts.hostname:
        raise Misconfigured(f"{name} names no host: smtp://user:password@HOST:587.")
    return Mail(
        host=parts.hostname,
        port=port or usual[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtps",
        start_tls=parts.scheme == "smtp",
    )
