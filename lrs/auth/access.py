"""What an authenticated caller is and may do: the value every resource is handed.

In: nothing (built by `lrs.auth.basic` and `lrs.auth.oauth`). Out: `Access`. Never a database query.
Scopes: xAPI 1.0.3, Communication 4.2 (OAuth 1.0 scope table), kept by 2.0.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lrs.errors import Forbidden

SCOPES = {
    "statements/write": "Write statements",
    "statements/read/mine": "Read statements it wrote itself",
    "statements/read": "Read any statement",
    "state": "Read and write activity state",
    "define": "(Re)define activities and actors",
    "profile": "Read and write activity and agent profiles",
    "all/read": "Read everything",
    "all": "Everything of the xAPI",
    "workforce/read": "Read people, and statements with the workforce context of their time",
    "workforce/write": "Keep people no HR system knows",
    "log/read": "Read the proof log and what proves that a statement is in it",
    "log/write": "Bring co-signatures of witnesses to the proof log",
    "audit/read": "Read the audit trail",
    "compliance/read": "Read courses, completions and training records",
    "compliance/write": "Keep courses, and record training",
}

#: Scopes that `all`, a word of the xAPI, does not include: an LMS that may do everything there reads and
#: writes no HR data, says of nobody that they are trained, and has no business with the proof log or the
#: audit trail.
BESIDE_ALL = frozenset(
    scope for scope in SCOPES if scope.partition("/")[0] in {"workforce", "log", "audit", "compliance"}
)


@dataclass(frozen=True, kw_only=True)
class Access:
    """A credential at the moment of one request."""

    store_id: int
    source_id: int
    credential_id: int
    #: xAPI Agent, or a Group of two Agents for three-legged OAuth.
    authority: dict[str, Any]
    scopes: frozenset[str]
    may_void: bool = True
    #: Largest body in bytes.
    body_bytes: int
    #: Requests a minute; 0 is no limit.
    requests_per_minute: int

    def may(self, *scopes: str) -> bool:
        """Whether any of `scopes` (or `all`, for those it includes) was granted."""
        if any(scope in self.scopes for scope in scopes):
            return True
        return "all" in self.scopes and not BESIDE_ALL.issuperset(scopes)

    def require(self, *scopes: str) -> None:
        """Raise Forbidden unless any of `scopes` (or `all`) was granted."""
        if not self.may(*scopes):
            held = ", ".join(sorted(self.scopes)) or "none"
            raise Forbidden(
                f"This needs the scope {' or '.join(scopes)}; the credential has {held}.", rule="scope"
            )
