"""`adopt_log`: take the last checkpoint of the database for what was published last, where that file is lost.

Only after comparing with what witnesses, auditors or a copy of the log have: this gives up the protection
against a log that was rolled back, for what happened until now.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.proof import lock, publish, stored, tree
from compliance.proof.errors import LogRefused
from compliance.proof.lock import Published


class Command(BaseCommand):
    help = "Write the file that says what the log published last anew, where it is lost."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--root", required=True, help="root of the last checkpoint, hexadecimal, as known"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        last = publish.latest()
        if last is None:
            raise CommandError("The log has published nothing.")
        root = bytes(last.root)
        if root.hex() != options["root"].lower():
            raise CommandError(
                f"The last checkpoint of the database has another root, at {last.size:,} leaves."
            )
        try:
            if lock.read() is not None:
                raise CommandError("The file is there; it is not replaced.")
            if tree.root_at(last.size, stored.nodes()) != root:
                raise CommandError("The tree in the database is not the one of its last checkpoint.")
            lock.advance(None, Published(stored.head().origin, last.size, root, last.note))
        except LogRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The log goes on from {last.size:,} leaves.")
