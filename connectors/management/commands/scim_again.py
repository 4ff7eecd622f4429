"""`scim_again`: take every user of a SCIM connection once more, with the mapping and pilot in use now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from connectors.management.commands.scim_token import named
from connectors.scim import live
from connectors.scim.kept import Space


class Command(BaseCommand):
    help = (
        "Take every user of a SCIM connection once more: after its mapping changed or its pilot was lifted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", required=True, metavar="NAME", help="The connection, by its name.")
        parser.add_argument("--store", metavar="NAME", help="Its record store, where several have the name.")

    def handle(self, *_: Any, **options: Any) -> None:
        system = named(options["system"], options["store"])
        try:
            count = live.again(Space(system, f"{settings.HUB_PUBLIC_URL}/scim/v2"))
        except live.NotReady as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} users were taken.")
