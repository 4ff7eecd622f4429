"""Why something about requirements is refused.

RequirementError
  InvalidDefinition   the document is not as the schema says
  NotAllowed          that step is not allowed from here, or not by this person
"""

from __future__ import annotations

from collections.abc import Sequence


class RequirementError(Exception):
    """Something about a requirement is refused."""


class NotAllowed(RequirementError):
    """That step is not allowed from here, or not by this person."""


class InvalidDefinition(RequirementError):
    """The definition is not as the schema says."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        #: (JSON pointer, what is wrong there)
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{pointer or '/'}: {said}" for pointer, said in faults))
