"""`reconcile`: compare a connection's source with the hub here, and print the report."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors.errors import ConnectorError
from connectors.management.commands.sync import system_named
from connectors.watch import reconciliation


class Command(BaseCommand):
    help = (
        "Read the source of a connection completely and compare it with what the hub knows, changing "
        "nothing. Prints one JSON object; the exit code is 0 only where it could be compared."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", required=True, metavar="NAME", help="The connection, by its name.")
        parser.add_argument("--store", metavar="NAME", help="Its record store, where several have the name.")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            made = reconciliation.start(system_named(options["system"], options["store"]), wake=False)
            found = reconciliation.carry_out(made.pk)
        except ConnectorError as error:
            raise CommandError(f"{error.reason} {error.suggestion}".strip()) from error
        told = {"reconciliation": found.pk, "state": found.state}
        told |= {each: getattr(found, each) for each in reconciliation.COUNTS}
        told |= {"things": found.things, "by_field": found.by_field}
        self.stdout.write(json.dumps(told | ({"message": found.message} if found.message else {})))
        if found.state != "succeeded":
            raise CommandError(f"Reconciliation {found.pk} failed. {found.message}".strip())
