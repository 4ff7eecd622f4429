"""Where a Chromium is, and how one gets here: `python -m tests.browser.chromium` installs it where it may.

In: the environment ($CHROMIUM names one). Out: the path of an executable, or None. Never a failure: without a
browser the same tests drive the same pages without one, and the end of the test run says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell")
_SECONDS = 400
_APT = ("apt-get", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20", "-qq")


def find() -> str | None:
    """Return a Chromium: the one $CHROMIUM names, the system's, or the one playwright has installed."""
    if named := os.environ.get("CHROMIUM"):
        return named if Path(named).is_file() else None
    for name in NAMES:
        if found := shutil.which(name):
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    kept = [
        *cache.glob("chromium*/chrome-*/headless_shell"),
        *cache.glob("chromium*/chrome-*/chrome-headless-shell"),
    ]
    kept += cache.glob("chromium*/chrome-*/chrome")
    return str(max(kept)) if kept else None


def missing() -> str:
    """Return what the end of a test run says where there is none; empty where there is."""
    if find() is not None:
        return ""
    return (
        "NO CHROMIUM: the browser tests drove the pages without a browser; layout and scripts were not seen."
        " Install chromium, or set CHROMIUM to one."
    )


def install() -> None:
    """Install one, by the system's packages as root, else by playwright; say what came of it."""
    if find() is not None or os.environ.get("CHROMIUM"):
        return
    print("Installing Chromium for the browser tests (once)…", flush=True)  # noqa: T201
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run(*_APT, "update")
        _run(*_APT, "install", "-y", "--no-install-recommends", "chromium")
    if find() is None:
        _run(sys.executable, "-m", "playwright", "install", "chromium-headless-shell")
    if find() is None:
        print(missing(), flush=True)  # noqa: T201


def _run(*words: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(words, check=False, timeout=_SECONDS, capture_output=True, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return


if __name__ == "__main__":
    install()
