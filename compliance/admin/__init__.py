"""Compliance in the administration: a module for each area, found by being there.

A module registers its pages when it is imported and says in `MENU` what the menu shows of it: (title, icon,
URL name, permission), and in `GROUP` under which heading. Adding an area edits nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil

#: title, symbol, URL name, permission
Entry = tuple[str, str, str, str]
#: The headings in the order of the work; what names no group, or another one, comes last.
GROUPS = ("Training", "Requirements", "Signatures", "Retention", "Audit", "Access")
_OTHER = "Compliance"


def menu() -> dict[str, list[Entry]]:
    """Return heading → the entries of its areas, in the order of their modules' names."""
    found: dict[str, list[Entry]] = {group: [] for group in GROUPS}
    for area in sorted(each.name for each in pkgutil.iter_modules(__path__)):
        module = importlib.import_module(f"{__name__}.{area}")
        found.setdefault(getattr(module, "GROUP", _OTHER), []).extend(getattr(module, "MENU", ()))
    return {group: entries for group, entries in found.items() if entries}


menu()
