"""`prune`: delete alerts, deliveries, reconciliations and details of runs that were kept long enough."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from connectors import prune


class Command(BaseCommand):
    help = (
        "Delete what CONNECTORS_KEEP_… says was kept long enough, as happens every night. Prints one JSON "
        "object with how many of each."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count them, delete nothing.")

    def handle(self, *_: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(prune.prune(dry_run=options["dry_run"])))
