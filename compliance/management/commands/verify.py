"""`verify`: check everything that was logged; exit code 1 where anything deviates."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.proof import note
from compliance.proof.errors import NoteRefused
from compliance.proof.verify.run import verify


class Command(BaseCommand):
    help = "Check every record, leaf, tile and checkpoint of the proof log; name and locate what deviates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--key", action="append", default=[], help="trust this key (vkey) and no other; may stand often"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            trusted = [note.verifier(each) for each in options["key"]]
        except NoteRefused as error:
            raise CommandError(str(error)) from error
        found = verify(trusted)
        if options["json"]:
            told = {
                "sound": found.sound,
                "size": found.size,
                "records": found.records,
                "waiting": found.waiting,
                "erased": found.erased,
                "checkpoints": found.checkpoints,
                "deviations": found.count,
                "found": [each.told() for each in found.deviations],
            }
            self.stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
        else:
            for each in found.deviations:
                self.stdout.write(str(each))
            self.stdout.write(
                f"{found.size:,} leaves, {found.records:,} records compared, {found.erased:,} erased,"
                f" {found.waiting:,} waiting, {found.checkpoints:,} checkpoints: "
                + ("nothing deviates." if found.sound else f"{found.count:,} deviations.")
            )
        if not found.sound:
            raise SystemExit(1)
