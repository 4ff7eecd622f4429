"""A process that carries a run on, to be killed: `python -m tests.connectors.sync.process RUN`."""

from __future__ import annotations

import os
import sys

import django


def environment() -> dict[str, str]:
    """Return what makes a process of its own work over the test's database."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    address = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    if database["PORT"]:
        address += f"&port={database['PORT']}"
    return os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "hub.settings_test"}


def main() -> None:
    """Carry on the run that is named."""
    django.setup()
    from connectors.sync import run
    from tests.connectors.sync import source  # noqa: F401  registers the adapter

    run.carry_on(int(sys.argv[1]))


if __name__ == "__main__":
    main()
