#!/usr/bin/env python3
"""Django's command line for LRS Hub."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    from django.core.management import execute_from_command_line

    from hub.command_line import acting_command

    with acting_command(sys.argv):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
