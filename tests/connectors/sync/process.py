"""A process that carries a run on, to be killed: `python -m tests.connectors.sync.process RUN`."""

from __future__ import annotations

import sys

import django


def main() -> None:
    """Carry on the run that is named."""
    django.setup()
    from connectors.sync import run
    from tests.connectors.sync import source  # noqa: F401  registers the adapter

    run.carry_on(int(sys.argv[1]))


if __name__ == "__main__":
    main()
