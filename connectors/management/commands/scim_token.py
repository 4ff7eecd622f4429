"""`scim_token`: issue a bearer token for a SCIM connection; it is shown this once."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from connectors.models import System
from connectors.scim import tokens


class Command(BaseCommand):
    help = (
        "Issue a token for a SCIM connection. Prints one JSON object with the address and the token for the "
        "identity provider; the token is shown this once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", required=True, metavar="NAME", help="The connection, by its name.")
        parser.add_argument("--store", metavar="NAME", help="Its record store, where several have the name.")
        parser.add_argument(
            "--overlap",
            type=float,
            metavar="HOURS",
            help="End the tokens there are after so many hours; if left out, they go on working.",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        system = named(options["system"], options["store"])
        overlap = None if options["overlap"] is None else timedelta(hours=max(0.0, options["overlap"]))
        token = tokens.issue(system, overlap=overlap)
        endpoint = f"{settings.HUB_PUBLIC_URL}/scim/v2"
        self.stdout.write(json.dumps({"endpoint": endpoint, "token": token}))


def named(name: str, store: str | None) -> System:
    """Return a SCIM connection; raise CommandError where there is none, or several."""
    found = System.objects.filter(name=name, adapter=tokens.ADAPTER)
    if store is not None:
        found = found.filter(store__name=store)
    if len(found) != 1:
        raise CommandError(f"{len(found)} SCIM connections are named {name!r}; name the store, too.")
    return found[0]
