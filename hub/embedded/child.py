"""How the embedded servers are started: under which account, and so that they never outlive the hub.

In: a command. Out: a process. Never a shell.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LAUNCH = str(Path(__file__).with_name("launch.py"))
#: Accounts without rights that root may hand a server to, best first.
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account a server runs under."""

    name: str
    uid: int
    gid: int

    @property
    def owner(self) -> tuple[int, int]:
        return self.uid, self.gid


def account() -> Account | None:
    """The account to hand servers to; None where this process is an ordinary user and stays what it is."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    return Account(name="65534", uid=65_534, gid=65_534)


def command(
    program: Sequence[str | os.PathLike[str]],
    *,
    account: Account | None,
    death_signal: str = "SIGTERM",
    session: bool = True,
) -> list[str]:
    """Return the command that runs `program` under `account`, ending when this process ends."""
    # -I -S: nothing of the environment and no site packages, so that starting takes a few milliseconds.
    words = [sys.executable, "-I", "-S", _LAUNCH, "--parent", str(os.getpid()), "--signal", death_signal]
    if session:
        words.append("--session")
    if account is not None:
        words += ["--uid", str(account.uid), "--gid", str(account.gid)]
    return [*words, "--", *(os.fspath(word) for word in program)]


def start(
    program: Sequence[str | os.PathLike[str]],
    *,
    account: Account | None,
    output: IO[bytes] | int,
    folder: Path,
    death_signal: str = "SIGTERM",
) -> subprocess.Popen[bytes]:
    """Start a server that writes to `output` and ends with this process."""
    return subprocess.Popen(  # noqa: S603  the program is one of ours
        command(program, account=account, death_signal=death_signal),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        close_fds=True,
    )
