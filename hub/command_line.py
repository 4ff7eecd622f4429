"""Who runs a command, for the audit trail: the account of this machine, and the command's name.

In: the words of the command line. Out: a block in which what is written is told as theirs. Never the words
themselves beyond the first: they may hold secrets.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lrs.acting import Acting, Actor, on_behalf_of


@contextmanager
def acting_command(words: Sequence[str]) -> Iterator[None]:
    """Tell what the block writes as done by a command."""
    name = words[1] if len(words) > 1 else "manage.py"
    with on_behalf_of(
        Acting(actor=Actor(kind="command", id=name, name=_account()), process=f"command {name}")
    ):
        yield


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown account"
