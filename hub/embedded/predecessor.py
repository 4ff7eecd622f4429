"""Servers that a killed hub left behind: waits until they are gone.

In: a file with a process id and words its command line must contain. Out: nothing, once that process is gone.
Never touches a process whose command line is not that of our own server over our own folder.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def end(pid_file: Path, *, marker: str, number: signal.Signals, seconds: float) -> None:
    """Ask the process `pid_file` names to end, once, and wait for it."""
    until = time.monotonic() + seconds
    asked = False
    while (pid := _alive(pid_file, marker=marker)) is not None and time.monotonic() < until:
        if not asked:
            os.kill(pid, number)
            asked = True
        time.sleep(0.1)


def _alive(pid_file: Path, *, marker: str) -> int | None:
    try:
        pid = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(marker) in command else None
