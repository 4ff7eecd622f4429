"""`rotate_secrets`: encrypt every kept secret of connections and channels anew with the first vault key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors import vault
from connectors.errors import NotAuthorized


class Command(BaseCommand):
    help = "Encrypt the secrets of connections anew with the first key (CONNECTORS_VAULT_KEYS or SECRET_KEY)."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            count = vault.rotate()
        except NotAuthorized as error:
            raise CommandError(f"{error.reason} {error.suggestion}") from error
        self.stdout.write(f"{count} secrets are encrypted with the first key now.")
