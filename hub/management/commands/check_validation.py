"""`check_validation`: whether a report is as it was signed; exit code 1 and what is wrong where it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.proof import keys, note
from compliance.proof.errors import NoteRefused
from hub.validation import sealing


class Command(BaseCommand):
    help = "Check the signature and the hashes of a validation report; name what was changed."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="report.note, or the folder of the report")
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            metavar="VKEY",
            help="trust this key and no other, without asking a hub; may stand often",
        )

    def handle(self, *_: Any, file: str, key: list[str], **__: Any) -> None:
        place = Path(file)
        try:
            known = [note.verifier(each) for each in key] or keys.verifiers()
            found = sealing.faults(place, known)
        except (NoteRefused, sealing.NoReport) as error:
            raise CommandError(str(error)) from error
        for each in found:
            self.stdout.write(each)
        if found:
            raise SystemExit(1)
        self.stdout.write(f"The report is as it was signed. Its result: {sealing.result(place)}.")
