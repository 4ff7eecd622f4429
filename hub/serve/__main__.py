"""`python -m hub.serve`: the hub in the foreground, until Ctrl-C."""

from __future__ import annotations

import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.core.exceptions import ImproperlyConfigured

from hub import environment as env
from hub.embedded import child, folders
from hub.errors import CannotStart, Exit
from hub.serve.folder import DataFolder
from hub.serve.supervise import Supervisor

if TYPE_CHECKING:
    from hub.serve.ready import Prepared

BASE_DIR = Path(__file__).resolve().parent.parent.parent
#: How long a port may stay taken after a hub was killed rather than stopped.
PATIENCE_SECONDS = 15.0


def main() -> int:
    """Run the hub; return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    # Said, so that the address of an earlier start, noted in the data folder, is not taken for this one's.
    os.environ.setdefault("PORT", "8000")
    supervisor = Supervisor()
    try:
        with DataFolder(env.folder("HUB_DATA_DIR", Path.cwd() / "var")) as folder:
            supervisor.listen()
            try:
                _serve(supervisor, folder)
            finally:
                supervisor.stop()
    except CannotStart as problem:
        return _refuse(str(problem), problem.code)
    except ImproperlyConfigured as problem:
        return _refuse(str(problem), Exit.MISCONFIGURED)
    _say("Stopped; all data is kept.")
    return 0


def _serve(supervisor: Supervisor, folder: DataFolder) -> None:
    began = time.monotonic()
    if not (env.text("DATABASE_URL") and env.text("CELERY_BROKER_URL")):
        # Before the settings are read: they ask where the sockets are.
        account = child.account()
        folders.prepare_run_folder(folder.path, owner=account.owner if account else None)
    from django.conf import settings

    from hub.serve import processes, reach

    _export(settings.HUB_DATA_DIR, Path(settings.STATIC_ROOT), Path(settings.MEDIA_ROOT))
    patience = PATIENCE_SECONDS if folder.left_behind else 0.0
    reach.require_free_port(settings.HUB_HOST, settings.HUB_PORT, patience=patience)
    _start_servers(supervisor, folder.path)
    # Loading the applications takes longest, so everything that can refuse comes before.
    django.setup()
    prepared = _prepare()
    folders.note_public_url(folder.path, settings.HUB_PUBLIC_URL)
    if supervisor.stopping:
        return
    # The web server alone at first: on few cores everything at once would keep whoever waits waiting longer.
    supervisor.start_program(processes.web(), folder=BASE_DIR)
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.HUB_HOST, settings.HUB_HOST)  # noqa: S104  compared
    supervisor.wait_for(
        lambda: _answers(f"http://{host}:{settings.HUB_PORT}/healthz"), what="web server", seconds=60
    )
    if not supervisor.stopping:
        for program in (*processes.workers(), processes.beat()):
            supervisor.start_program(program, folder=BASE_DIR)
        _say(f"\nLRS Hub is running ({time.monotonic() - began:.1f} s). Stop it with Ctrl-C.\n")
        from hub.serve import ready

        _say("\n".join([*ready.told(prepared, settings.HUB_PUBLIC_URL), ""]))
    supervisor.run()
    _say("Stopping…")


def _start_servers(supervisor: Supervisor, data: Path) -> None:
    from django.conf import settings

    from hub.database import upkeep
    from hub.embedded.postgres import Postgres
    from hub.embedded.valkey import Valkey
    from hub.serve import reach

    socket = folders.run_folder(data)
    if settings.HUB_EMBEDDED_DATABASE:
        server = Postgres(data=data / "postgresql", socket=socket)
        supervisor.start_server("database", server)
        server.ensure_database()
    else:
        if settings.HUB_DATABASE_OWNER is not None:
            reach.require_database(settings.HUB_DATABASE_OWNER, variable="DATABASE_OWNER_URL")
            upkeep.ensure()
        reach.require_database(settings.DATABASES["default"])
    if settings.HUB_EMBEDDED_BROKER:
        supervisor.start_server("broker", Valkey(data=data / "valkey", socket=socket))
    else:
        reach.require_broker(settings.CELERY_BROKER_URL)


def _prepare() -> Prepared:
    from django.core import checks
    from django.db import connections

    from hub.serve.ready import prepare

    errors = [found for found in checks.run_checks() if found.is_serious()]
    if errors:
        first = errors[0]
        raise CannotStart(f"{first.id}: {first.msg} {first.hint or ''}".strip(), code=Exit.MISCONFIGURED)
    try:
        return prepare()
    finally:
        connections.close_all()


def _export(data: Path, static: Path, files: Path) -> None:
    """Hand the children absolute folders, wherever they start, and a fresh one for their numbers."""
    numbers = data / "metrics"
    shutil.rmtree(numbers, ignore_errors=True)
    numbers.mkdir(mode=0o700)
    os.environ |= {
        "HUB_DATA_DIR": str(data),
        "HUB_STATIC_DIR": str(static),
        "HUB_FILES_DIR": str(files),
        "PROMETHEUS_MULTIPROC_DIR": str(numbers),
        "HUB_SUPERVISED": "1",
    }


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310  our own address
            return int(response.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  this is a program for a terminal


def _refuse(reason: str, code: int) -> int:
    print(f"LRS Hub cannot run: {' '.join(reason.split())}", file=sys.stderr, flush=True)  # noqa: T201
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
