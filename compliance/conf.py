"""The only reader of `settings.COMPLIANCE_*`: one typed function each, default in its docstring.

Each setting has a heading in docs/operator/settings.md.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings


def same_within() -> timedelta:
    """`COMPLIANCE_SAME_COMPLETION_HOURS`: reports of one course version within so many hours are one
    completion, unless the course says otherwise; 24."""
    return timedelta(hours=int(getattr(settings, "COMPLIANCE_SAME_COMPLETION_HOURS", 24)))


def records_signed() -> bool:
    """`COMPLIANCE_RECORDS_SIGNED`: whether training told by hand becomes a statement only under an electronic
    signature; no."""
    return bool(getattr(settings, "COMPLIANCE_RECORDS_SIGNED", False))
