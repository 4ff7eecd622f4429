"""Why something of compliance cannot be done.

ComplianceError     one sentence for whoever asked; everything else is a subclass
"""

from __future__ import annotations


class ComplianceError(Exception):
    """It cannot be done; `reason` is a sentence for people, `field` what it is about."""

    def __init__(self, reason: str, *, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
