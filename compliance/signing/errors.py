"""Why something was not signed. Nothing of Django.

SigningError
    UnknownRecord      there is no such kind, or no such record
    NotReady           the organization or the signer has not done what comes first
    NotAllowed         this person may not sign this now
    RecordChanged      what was shown is not what stands there now
    WrongComponents    the signer did not show to be who they say
"""

from __future__ import annotations


class SigningError(Exception):
    """Refused: `rule` names why for programs, the text says it to people."""

    def __init__(self, text: str, *, rule: str) -> None:
        super().__init__(text)
        self.rule = rule


class UnknownRecord(SigningError):
    """There is nothing to sign."""


class NotReady(SigningError):
    """Something has to come first; `rule` is letter, policy, identity, password or training."""


class NotAllowed(SigningError):
    """Authority, order, one's own record, twice, or somebody else's hands."""


class RecordChanged(SigningError):
    """What the signer saw is not what the record says now."""


class WrongComponents(SigningError):
    """Too few identification components, or wrong ones."""
