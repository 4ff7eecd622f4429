"""`log_cosign`: keep the co-signatures of known witnesses that a checkpoint carries, brought as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.proof import witnesses
from compliance.proof.errors import NoteRefused


class Command(BaseCommand):
    help = "Keep the co-signatures of witnesses (COMPLIANCE_LOG_WITNESSES) that a checkpoint carries."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("note", type=Path, help="file with the checkpoint and its signatures")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            kept = witnesses.record(options["note"].read_text(encoding="utf-8"))
        except (NoteRefused, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        if not kept:
            raise CommandError("No witness this log knows of co-signed it.")
        for each in kept:
            self.stdout.write(f"{each.witness} {each.moment.isoformat()}")
