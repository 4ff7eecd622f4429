"""`manage.py load_templates --store NAME [--regime OSHA]`: drafts from the ready-made requirements."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.requirements import library


class Command(BaseCommand):
    """Make drafts from templates; what a store has already is left as it is."""

    help = "Make drafts of requirements from the templates a store has not used yet, or list the templates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--store", help="name of the store; nothing: only list the templates")
        parser.add_argument("--regime", default="", help="only templates of this regime, as OSHA")

    def handle(self, *_: Any, **options: Any) -> None:
        if not options["store"]:
            for each in library.templates().values():
                mark = "verified" if each.verified else "NOT VERIFIED"
                self.stdout.write(f"{each.code:40} {each.section:45} {mark}, {each.checked}")
            return
        store = apps.get_model("lrs", "Store").objects.filter(name=options["store"]).first()
        if store is None:
            raise CommandError(f"There is no store {options['store']!r}.")
        made = library.load(store.pk, regime=options["regime"])
        self.stdout.write(
            json.dumps({"store": store.name, "drafts": [each.requirement.code for each in made]})
        )
