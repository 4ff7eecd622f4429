"""A process that logs and publishes until it kills itself: `python -m tests.compliance.proof.killed STEP`.

STEP is one of STEPS: the process ends just after it, as it would when the power goes.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

STEPS = (
    "before the leaves are committed",
    "leaves are committed",
    "some files are written",
    "all files are written",
    "the lock is half written",
    "the lock is moved",
    "the checkpoint is kept",
    "nothing",
)


def _dying(call: Callable[..., Any], *, after: int = 1) -> Callable[..., Any]:
    """Return a function that kills its process when it has been called so often."""
    left = [after]

    def called(*given: Any, **named: Any) -> Any:
        found = call(*given, **named)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    return called


def main(step: str) -> None:
    """Log and publish everything, up to a step."""
    from pathlib import Path

    from django.conf import settings

    settings.COMPLIANCE_LOG_ORIGIN = os.environ["LOG_ORIGIN"]
    settings.COMPLIANCE_LOG_DIR = Path(os.environ["LOG_DIR"])
    settings.COMPLIANCE_LOG_LOCK = Path(os.environ["LOG_LOCK"])
    django.setup()
    from compliance.proof import folder, lock, publish, sequence

    if step == STEPS[0]:
        sequence._add = _dying(sequence._add)
    elif step == STEPS[1]:
        sequence.sequence = _dying(sequence.sequence)
    elif step == STEPS[2]:
        folder._put = _dying(folder._put, after=2)
    elif step == STEPS[3]:
        folder.write_tiles = _dying(folder.write_tiles)
    elif step == STEPS[4]:
        write = folder.write

        def half(path: Path, content: bytes, *, mode: int = 0o644) -> None:
            if path == settings.COMPLIANCE_LOG_LOCK:
                path.with_name("published.json.1.new").write_bytes(content[: len(content) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            write(path, content, mode=mode)

        folder.write = half
    elif step == STEPS[5]:
        lock.advance = _dying(lock.advance)
    elif step == STEPS[6]:
        folder.write_checkpoint = lambda note: os.kill(os.getpid(), signal.SIGKILL)
    sequence.run()
    publish.publish(now=True)


if __name__ == "__main__":
    main(sys.argv[1])
