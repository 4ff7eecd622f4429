"""`make validate`: run the product's tests, start a whole hub, qualify it (IQ, OQ, PQ), write a signed report.

In: nothing, or words for pytest (VALIDATE_TESTS) and for `manage.py validate` (VALIDATE). Out:
build/validation/report/, checked once it is written; exit code 1 where a test or a step failed. The hub is a
whole one, started by `hub.serve` on a free port over a folder that is removed afterwards. What an earlier run
left is removed first: a report is never made of a test run that was not this one's.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conformance.run import ROOT, environment_of, whole_hub

FOLDER = ROOT / "build" / "validation"
JUNIT, REPORT = FOLDER / "junit.xml", FOLDER / "report"


def main() -> int:
    """Run everything; the test run's own failures are told by the OQ."""
    for left in (JUNIT, REPORT):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    tested = _tests()
    if not JUNIT.exists():
        sys.stderr.write("The tests wrote no report: there is nothing to qualify the hub by.\n")
        return 1
    with whole_hub("validation") as (folder, port):
        qualified = _manage(
            folder, port, "validate", "--iq", "--oq", str(JUNIT), "--pq", "--out", str(REPORT), *_more()
        )
        checked = _manage(folder, port, "check_validation", str(REPORT))
        _keep_keys(folder, port)
    return 1 if tested or qualified or checked else 0


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
    command = [sys.executable, "manage.py", "log_key", "--list"]
    told = subprocess.run(
        command, cwd=ROOT, check=True, env=environment_of(folder, port), capture_output=True, text=True
    )
    (FOLDER / "keys.txt").write_text(told.stdout, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
