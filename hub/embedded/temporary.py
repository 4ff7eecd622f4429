"""A throw-away PostgreSQL for as long as one command, or one test run, takes.

In: nothing. Out: a server in a folder of its own under /tmp; afterwards no trace of it. Fast rather than
durable. Run as a program it hands the address to another: `python -m hub.embedded.temporary COMMAND…`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hub.embedded import child, folders
from hub.embedded.postgres import Postgres


def start() -> Postgres:
    """Start a throw-away server with the hub's database in it."""
    place = Path(tempfile.mkdtemp(prefix="lrs-hub-test-", dir="/tmp"))  # short, for the socket's path
    account = child.account()
    socket = folders.prepare_run_folder(place, owner=account.owner if account else None)
    server = Postgres(data=place / "postgresql", socket=socket, throw_away=True)
    server.start()
    server.ensure_database()
    return server


def end(server: Postgres) -> None:
    """Stop the server and remove everything of it."""
    server.stop()
    shutil.rmtree(server.data.parent, ignore_errors=True)


def main(command: list[str]) -> int:
    """Run `command` with DATABASE_URL naming a throw-away server; return its exit code."""
    server = start()
    try:
        environment = os.environ | {"DATABASE_URL": server.url()}
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
    finally:
        end(server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
