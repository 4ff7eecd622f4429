"""`rebuild_completions`: derive every completion again (compliance.completions.rework)."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from compliance.completions import rework


class Command(BaseCommand):
    help = (
        "Read every statement again, find everybody anew and derive every completion. What is right stays as "
        "it is. Prints one JSON object with how many completions were otherwise."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        changed = rework.rebuild(self.stderr.write)
        self.stdout.write(json.dumps({"changed": changed}))
