"""What the benchmark ran on, and how quiet it was.

In: /proc and the benchmark's folder. Out: facts for people. A ratio on a machine that others use is worth
what its spread says; processor time stolen by neighbours and the load before the start are shown for
that.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path

_SYNCS = 100


def facts(folder: Path) -> dict[str, str]:
    """Return what the machine is, before anything runs."""
    return {
        "processors": f"{os.cpu_count()} × {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "load at start": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "fdatasync of 8 KiB": f"{_sync_milliseconds(folder):.2f} ms",
    }


def processor_ticks() -> Mapping[str, int]:
    """Return the machine's processor time so far, busy and stolen by others on the same host."""
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    except OSError:
        return {"all": 0, "stolen": 0}
    numbers = [int(word) for word in words[1:9]]
    return {"all": sum(numbers), "stolen": numbers[7]}


def stolen_since(before: Mapping[str, int]) -> str:
    """Return the share of processor time others took since `before`."""
    now = processor_ticks()
    every = now["all"] - before["all"]
    return f"{(now['stolen'] - before['stolen']) / every:.1%}" if every else "unknown"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.machine()


def _sync_milliseconds(folder: Path) -> float:
    """What a commit must at least wait for."""
    path = folder / "sync.probe"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        block = os.urandom(8192)
        took = []
        for number in range(_SYNCS):
            os.pwrite(descriptor, block, (number % 16) * 8192)
            began = time.perf_counter()
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
        path.unlink()
    return sorted(took)[_SYNCS // 2] * 1_000
