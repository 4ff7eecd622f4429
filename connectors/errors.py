"""What goes wrong in the connectors.

ConnectorError
├── Refused               one record cannot be taken: field, rule, reason, suggestion
├── CannotConnect         the system does not answer, or not us; the run is tried again later
│   ├── NotAuthorized     it refuses our credentials; trying again does not help
│   └── Throttled         it asks us to wait; `retry_after` seconds
├── SourceChanged         what it sends is not what its adapter understands
├── Incomplete            an extract is truncated, empty or half-written
├── Forbidden             an address the hub may not call (connectors.outbound)
└── Stopped               the run was cancelled or asks for approval
"""

from __future__ import annotations

from typing import Any


class ConnectorError(Exception):
    """Something went wrong between the hub and another system."""

    def __init__(self, reason: str, *, suggestion: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


class Refused(ConnectorError):
    """One record cannot be taken."""

    def __init__(
        self, reason: str, *, rule: str, field: str = "", value: Any = None, suggestion: str = ""
    ) -> None:
        super().__init__(reason, suggestion=suggestion)
        self.rule = rule
        #: JSON pointer into the raw record.
        self.field = field
        self.value = value


class CannotConnect(ConnectorError):
    """The system does not answer as it should; later it may."""


class NotAuthorized(CannotConnect):
    """The system refuses our credentials."""


class Throttled(CannotConnect):
    """The system asks for a pause."""

    def __init__(self, reason: str, *, retry_after: float = 60.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class SourceChanged(ConnectorError):
    """What the system sends is not what its adapter understands."""


class Incomplete(ConnectorError):
    """An extract is truncated, empty or still being written."""


class Forbidden(ConnectorError):
    """The hub may not call this address."""


class Stopped(ConnectorError):
    """The run ends here: somebody cancelled it, or it asks for approval."""
