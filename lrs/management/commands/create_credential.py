"""`create_credential`: a key for an LMS, printed once as one JSON object."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from lrs import conf
from lrs.auth.access import SCOPES
from lrs.auth.issue import issue, issue_application
from lrs.errors import LrsError
from lrs.models.tenancy import SourceKind


class Command(BaseCommand):
    help = (
        "Make a credential, with its store and source where they are new, and print one JSON object with "
        "endpoint, key and secret. The secret is shown this once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--source", required=True, help="The system that will use it, such as 'Moodle Berlin'."
        )
        parser.add_argument("--store", default="default", help="The record store it belongs to.")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            metavar="SCOPE",
            help=f"What it may do; repeat it, or separate with commas: {', '.join(SCOPES)}.",
        )
        parser.add_argument("--label", default="", help="A name to tell the source's credentials apart.")
        parser.add_argument(
            "--kind", default=SourceKind.OTHER, choices=SourceKind.values, help="What a new source is."
        )
        parser.add_argument("--expires", type=moment, help="A date (its end counts) or a time, ISO 8601.")
        parser.add_argument(
            "--oauth",
            action="store_true",
            help="Make an OAuth 2 application; key and secret are its client's.",
        )
        parser.add_argument(
            "--redirect-uri",
            action="append",
            default=[],
            metavar="URI",
            help="With --oauth: where users come back to. Without one the application acts for itself.",
        )
        parser.add_argument(
            "--public", action="store_true", help="With --oauth: an application that keeps no secret."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        asked = {
            "store": options["store"],
            "source": options["source"],
            "scopes": [
                scope.strip() for given in options["scope"] for scope in given.split(",") if scope.strip()
            ],
            "label": options["label"],
            "kind": options["kind"],
            "expires": options["expires"],
        }
        if not options["oauth"] and (options["redirect_uri"] or options["public"]):
            raise CommandError("--redirect-uri and --public go with --oauth.")
        try:
            if options["oauth"]:
                issued = issue_application(
                    **asked, redirect_uris=options["redirect_uri"], public=options["public"]
                )
            else:
                issued = issue(**asked)
        except LrsError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            json.dumps({"endpoint": conf.endpoint(), "key": issued.key, "secret": issued.secret})
        )


def moment(text: str) -> datetime:
    """Return `text` as an aware time; a date means its end in the hub's time zone."""
    try:
        day = parse_date(text)
        found = datetime.combine(day, time.max) if day is not None else parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text} is neither a date nor a time in ISO 8601.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
