"""How the pages of what is watched show shares, hours and names.

In: values. Out: text, which the templates escape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def share(value: float | None) -> str:
    """Show a share as a percentage."""
    if value is None:
        return "–"
    if 0 < value < 0.001:
        return "under 0.1 %"
    return f"{value:.1%}".replace("%", " %") if 0 < value < 1 else f"{value:.0%}".replace("%", " %")


@register.filter
def named(names: Mapping[Any, str], key: Any) -> str:
    """Show the name of a key."""
    return names.get(key, "")
