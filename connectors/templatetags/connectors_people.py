"""How pages about people show shares."""

from __future__ import annotations

from django import template

from connectors.identity.coverage import Share

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """Show a share of one as a percentage."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{int(share * 1000) / 10:g} %"


@register.filter
def part(share: Share) -> str:
    """Show which part has a whole context."""
    return percent(share.with_context / share.total) if share.total else "–"
