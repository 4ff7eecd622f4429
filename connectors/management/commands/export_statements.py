"""`export_statements`: a store's statements with their workforce context, into a folder of files."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from connectors.enrichment import log
from connectors.enrichment.log import Position
from connectors.errors import ConnectorError
from connectors.export.files import Plan, export
from connectors.export.formats import FORMATS


class Command(BaseCommand):
    help = (
        "Write a store's statements with their workforce context into files, and go on where the last run "
        "into the same folder stopped. Prints one JSON object for each file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--store", default="default", help="The name of the store.")
        parser.add_argument("--format", choices=sorted(FORMATS), default="ndjson")
        parser.add_argument(
            "--output", required=True, type=Path, metavar="FOLDER", help="One for each store and format."
        )
        parser.add_argument(
            "--since-position",
            type=position,
            metavar="POSITION",
            help="Where an export into an empty folder begins; the beginning where it is left out.",
        )
        parser.add_argument(
            "--extension",
            action="store_true",
            help="With ndjson: also a copy of each statement with the context in context.extensions.",
        )
        parser.add_argument(
            "--statements-a-file", type=whole, default=100_000, help="At most so many statements a file."
        )
        parser.add_argument(
            "--megabytes-a-file", type=whole, default=256, help="A file ends soon after it is so large."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        store = apps.get_model("lrs", "Store").objects.filter(name=options["store"]).first()
        if store is None:
            raise CommandError(f"There is no store {options['store']!r}.")
        if options["extension"] and options["format"] != "ndjson":
            raise CommandError("--extension goes with --format ndjson.")
        plan = Plan(
            store_id=store.pk,
            store=store.name,
            format=options["format"],
            folder=options["output"],
            extension=options["extension"],
            since=options["since_position"],
            statements_a_file=options["statements_a_file"],
            bytes_a_file=options["megabytes_a_file"] * 1024 * 1024,
        )
        try:
            for entry in export(plan):
                self.stdout.write(json.dumps(entry))
        except ConnectorError as error:
            raise CommandError(f"{error.reason} {error.suggestion}".strip()) from error
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from error


def position(text: str) -> Position:
    """Return a position."""
    try:
        return log.position(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} {error}") from error


def whole(text: str) -> int:
    """Return a whole number above zero."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)
