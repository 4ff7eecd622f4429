"""Logging: a JSON object a line (or coloured text on a terminal), with the request's id, without secrets.

In: `settings.LOGGING` (level, format). Out: a configured root logger and `lines`, fast and for request lines.
Never logged: Authorization and Cookie headers, secrets, tokens, passwords, bodies, query strings.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import orjson
import structlog
from structlog.contextvars import merge_contextvars
from structlog.typing import FilteringBoundLogger, Processor

REDACTED = "[redacted]"

_SECRET_NAME = re.compile(
    r"authorization|cookie|secret|password|passwd|passphrase|token|pepper|private_?key|api_?key|signature|^body$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"(?i:(?P<scheme>\b(?:basic|bearer)\s+)[A-Za-z0-9+/=._~-]{8,})"
    r"|(?P<url>://[^\s:/@]*:)[^\s/@]+(?=@)"
    r"|(?i:(?P<pair>\b(?:password|secret|token|client_secret|secret_key)\"?\s*[=:]\s*\"?)[^\s\"&,;]+)"
)
#: How deep redaction looks into values; deeper ones are dropped whole.
_DEPTH = 6


def redacted_text(text: str) -> str:
    """Return `text` without what looks like a credential."""
    return _SECRET_TEXT.sub(_keep_name, text)


def redacted(value: object, *, depth: int = _DEPTH) -> object:
    """Return `value` without secrets: values under telling names, and credentials inside text."""
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, Mapping):
        if depth == 0:
            return REDACTED
        return {
            str(name): REDACTED if _SECRET_NAME.search(str(name)) else redacted(item, depth=depth - 1)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return REDACTED if depth == 0 else [redacted(item, depth=depth - 1) for item in value]
    return value


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor that runs last before rendering."""
    for name, value in event.items():
        if _SECRET_NAME.search(name):
            event[name] = REDACTED
        elif not name.startswith("_"):
            event[name] = redacted(value)
    return event


def _keep_name(match: re.Match[str]) -> str:
    kept = match.group("scheme") or match.group("url") or match.group("pair")
    return f"{kept}{REDACTED}"


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is now, as test runners and servers exchange it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        """The base class sets it; there is nothing to keep."""


class _Crashes(logging.Filter):
    """Lets through what carries an exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


def _without_request(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop the request object Django hands along: its text holds the query string."""
    event.pop("request", None)
    return event


class _Lines:
    """The end of the request logger: one write a line, so that lines of several threads do not mix."""

    def msg(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")

    debug = info = warning = error = critical = msg


def _json(value: object, **_options: object) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _renderer(form: str) -> Processor:
    if form == "console" or (form == "auto" and sys.stderr.isatty()):
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(serializer=_json)


def configure(settings: Mapping[str, str]) -> None:
    """Configure logging; Django calls this with `settings.LOGGING`, Celery and `serve` through Django."""
    level, renderer = settings["level"], _renderer(settings["format"])
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
    foreign: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_request,
        stamp,
    ]
    tail: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if isinstance(renderer, structlog.processors.JSONRenderer):
        tail.append(structlog.processors.format_exc_info)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": foreign,
        "processors": [*tail, redact, renderer],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"structured": formatter},
            "handlers": {"stderr": {"()": _Stderr, "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level},
            "filters": {"crashes": {"()": _Crashes}},
            "loggers": {
                "django": {"handlers": [], "level": "INFO", "propagate": True},
                # Refusals are in the request line; only crashes are worth another.
                "django.request": {
                    "handlers": [],
                    "level": "ERROR",
                    "propagate": True,
                    "filters": ["crashes"],
                },
                "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
                "axes": {"level": "WARNING"},
                "celery": {"level": level},
                # The sweeps of every few seconds would bury everything else.
                "celery.beat": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "amqp": {"level": "WARNING"},
                "kombu": {"level": "WARNING"},
                # Addresses it would log may hold whom is asked about.
                "httpx": {"level": "WARNING"},
                "httpcore": {"level": "WARNING"},
                "asyncssh": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *foreign[:3],
            stamp,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    global _lines  # noqa: PLW0603  one logger for each process, made when the level is known
    _lines = structlog.wrap_logger(
        _Lines(),
        processors=[structlog.processors.add_log_level, stamp, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
    )


_lines: FilteringBoundLogger = structlog.wrap_logger(
    _Lines(), wrapper_class=structlog.make_filtering_bound_logger(20)
)


def lines() -> FilteringBoundLogger:
    """The logger of request lines; it redacts nothing, so callers hand it no header, query or body."""
    return _lines
