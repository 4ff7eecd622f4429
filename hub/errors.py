"""What can keep the hub from starting, each with an exit code a script can tell apart.

    CannotStart   one sentence for the terminal, and a code of `Exit`

Nothing here knows Django.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of `manage.py serve`; docs/operator/troubleshooting.md lists them."""

    OTHER = 1
    MISCONFIGURED = 10
    PORT_IN_USE = 11
    OTHER_VERSION = 12
    FOLDER_IN_USE = 13
    DATABASE_AWAY = 14
    BROKER_AWAY = 15
    FOLDER_NOT_WRITABLE = 16


class CannotStart(Exception):
    """The hub cannot start; the message is one clear sentence."""

    def __init__(self, message: str, *, code: Exit = Exit.OTHER) -> None:
        super().__init__(message)
        self.code = code
