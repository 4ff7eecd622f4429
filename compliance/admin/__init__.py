"""Compliance in the administration: a module for each area, found by being there.

A module registers its pages when it is imported and says in `MENU` what the menu shows of it: (title, icon,
URL name, permission). Adding an area edits nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil

#: title, symbol, URL name, permission
Entry = tuple[str, str, str, str]


def menu() -> list[Entry]:
    """Return the entries of every area, in the order of their modules' names."""
    found: list[Entry] = []
    for area in sorted(each.name for each in pkgutil.iter_modules(__path__)):
        found.extend(getattr(importlib.import_module(f"{__name__}.{area}"), "MENU", ()))
    return found


menu()
