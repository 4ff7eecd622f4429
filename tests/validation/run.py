"""`make validate`: run the product's tests, start a whole hub, qualify it, write a signed report.

In: nothing, or words for pytest (VALIDATE_TESTS) and for `manage.py validate` (VALIDATE). Out:
build/validation/ with the report, checked once it is written, and keys.txt, by which anybody checks it later;
exit code 1 where a test or a step failed. The hub is a whole one, started by `hub.serve` on a free port over
a folder that is removed afterwards. What an earlier run left is removed first: a report is never made of
another run's tests.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.conformance.run import ROOT, environment_of, whole_hub

FOLDER = ROOT / "build" / "validation"
JUNIT, REPORT = FOLDER / "junit.xml", FOLDER / "report"
_PATIENCE = 180.0


def main() -> int:
    """Run everything; the test run's own failures are told by the OQ."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    tested = _tests()
    if not JUNIT.exists():
        sys.stderr.write("The tests wrote no report: there is nothing to qualify the hub by.\n")
        return 1
    with whole_hub("validation") as (folder, port):
        _await_log(folder)
        words = ["--iq", "--oq", str(JUNIT), "--pq", "--out", str(REPORT), *_more()]
        qualified = _manage(folder, port, "validate", *words)
        checked = _manage(folder, port, "check_validation", str(REPORT))
        _keep_keys(folder, port)
    return 1 if tested or qualified or checked else 0


def _await_log(folder: Path) -> None:
    """Wait until the hub has published its log for the first time, as one has that has run for a minute."""
    until = time.monotonic() + _PATIENCE
    while not (folder / "log" / "checkpoint").exists() and time.monotonic() < until:
        time.sleep(0.5)


def _tests() -> int:
    words = shlex.split(os.environ.get("VALIDATE_TESTS", "")) or [
        "-n", os.environ.get("PYTEST_WORKERS", "2"), "--dist", "loadfile", "--no-loadscope-reorder",
    ]  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={JUNIT}", *words]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _more() -> list[str]:
    return shlex.split(os.environ.get("VALIDATE", ""))


def _manage(folder: Path, port: int, *words: str) -> int:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, check=False, env=environment_of(folder, port)).returncode


def _keep_keys(folder: Path, port: int) -> None:
    """Write down by which key the report is checked once the hub is gone."""
    command = [sys.executable, "manage.py", "log_key"]
    told = subprocess.run(
        command, cwd=ROOT, check=True, env=environment_of(folder, port), capture_output=True, text=True
    )
    (FOLDER / "keys.txt").write_text(told.stdout, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
