"""`manage.py prepare`: tables, static files, first administrator and first LMS key, as in `make serve`.

For installations that start their processes themselves (containers, systemd): run it once before each start
of a new version. Running it again changes nothing.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from hub.serve import ready


class Command(BaseCommand):
    help = "Applies migrations, collects static files, makes the first administrator and the first LMS key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--static", action="store_true", help="collect static files and do nothing else")

    def handle(self, *_arguments: Any, static: bool, **_options: Any) -> None:
        if static:
            ready.collect_static(Path(settings.STATIC_ROOT))
            return
        for line in ready.told(ready.prepare(), settings.HUB_PUBLIC_URL):
            self.stdout.write(line)
