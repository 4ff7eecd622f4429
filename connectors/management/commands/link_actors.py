"""`link_actors`: say by a CSV file who actors are (connectors.identity.bulk)."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from connectors.errors import ConnectorError
from connectors.identity import bulk


class Command(BaseCommand):
    help = (
        "Link actors of statements to people as a CSV file says. Prints one JSON object with the counts "
        "and, to stderr, each refused line with its reason; the exit code is 0 only where none was refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help=f"CSV with: {', '.join(bulk.COLUMNS)}.")
        parser.add_argument("--store", required=True, metavar="NAME", help="The record store.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Change nothing; report what would change."
        )
        parser.add_argument("--refusals", type=Path, metavar="FILE", help="Write refused lines here, as CSV.")

    def handle(self, *_: Any, **options: Any) -> None:
        store = apps.get_model("lrs", "Store").objects.filter(name=options["store"]).first()
        if store is None:
            raise CommandError(f"There is no store {options['store']!r}.")
        try:
            lines = bulk.read(options["file"].read_bytes())
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from error
        except ConnectorError as error:
            raise CommandError(f"{error.reason} {error.suggestion}".strip()) from error
        report = bulk.apply(store.pk, lines, dry=options["dry_run"])
        for each in report.refusals:
            self.stderr.write(f"line {each.line.number}: {each.reason}")
        if options["refusals"]:
            options["refusals"].write_text(bulk.refusals_csv(report), encoding="utf-8")
        self.stdout.write(json.dumps({"dry_run": options["dry_run"], **report.as_json()}))
        if report.refused:
            raise CommandError(f"{report.refused} of {report.lines} lines were refused.", returncode=2)
