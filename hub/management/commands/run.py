"""`manage.py run web|worker|long-worker|beat`: one part of the hub, in the foreground.

For containers and systemd. Becomes granian or Celery with the arguments `make serve` uses too; signals reach
it directly.
"""

from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from hub.serve import processes

_PARTS = {
    "web": processes.web,
    "worker": processes.worker,
    "long-worker": processes.long_worker,
    "beat": processes.beat,
}


class Command(BaseCommand):
    help = "Runs one part of the hub in the foreground."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", choices=sorted(_PARTS))

    def handle(self, *_arguments: Any, part: str, **_options: Any) -> None:
        # Several web processes add up their numbers through files in a folder of this start.
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="lrs-hub-metrics-"))
        command = _PARTS[part]().command
        os.execv(command[0], command)  # noqa: S606  becoming it, without a shell, is the point
