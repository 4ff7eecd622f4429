"""`manage.py rebuild_status [--store NAME]`: the table of everybody's status, found anew."""

from __future__ import annotations

import json
import time
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.status import keep


class Command(BaseCommand):
    """Find out anew how everybody stands; gives what following the changes gave."""

    help = "Find out anew how everybody stands under every requirement."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--store", help="name of the store; all of them where it is left out")

    def handle(self, *_: Any, **options: Any) -> None:
        stores = apps.get_model("lrs", "Store").objects.order_by("pk")
        if options["store"]:
            stores = stores.filter(name=options["store"])
            if not stores:
                raise CommandError(f"There is no store {options['store']!r}.")
        for store in stores:
            began = time.monotonic()
            rows = keep.rebuild(store.pk)
            self.stdout.write(
                json.dumps({"store": store.name, "rows": rows, "seconds": round(time.monotonic() - began, 3)})
            )
