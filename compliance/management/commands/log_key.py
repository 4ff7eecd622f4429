"""`log_key`: show the keys of the log, rotate them, or make one to keep in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.proof import keys, publish, stored
from compliance.proof.errors import ProofError


class Command(BaseCommand):
    help = "Show the keys the proof log signs with; --rotate makes a new one, --file one to keep in a file."

    def add_arguments(self, parser: CommandParser) -> None:
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--rotate", action="store_true", help="sign with a new key from now on")
        ways.add_argument("--file", type=Path, help="write a new private key into this file, mode 0600")

    def handle(self, *_: Any, **options: Any) -> None:
        origin = stored.head().origin
        try:
            if options["rotate"]:
                made = publish.rotate_key()
                self.stdout.write(f"A new key signs; the old ones vouched for it at {made.size:,} leaves.")
            elif options["file"] is not None:
                self._write(options["file"], origin)
                return
            else:
                keys.signers(origin)
        except (ProofError, OSError) as error:
            raise CommandError(str(error)) from error
        for each in keys.verifiers():
            self.stdout.write(each.vkey)

    def _write(self, path: Path, origin: str) -> None:
        made = keys.new_signer(origin)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            target.write(made.written + "\n")
        self.stdout.write(made.verifier.vkey)
