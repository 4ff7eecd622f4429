"""Which scopes open which resource: the one table, as code (docs/integrator/authentication.md shows it).

In: an Access and what it wants to do. Out: nothing, or Forbidden. Never a query. `all` opens everything
and is therefore named nowhere. Scopes: xAPI 1.0.3, Communication 4.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from lrs.auth.access import BESIDE_ALL, Access

Action = Literal["read", "write"]

READ_ALL = "all/read"

#: (resource, action) → the scopes of which one is enough; an empty tuple asks for no credential at all.
SCOPES_FOR: Mapping[tuple[str, Action], tuple[str, ...]] = {
    ("statements", "write"): ("statements/write",),
    ("statements", "read"): ("statements/read", "statements/read/mine", READ_ALL),
    ("activities/state", "write"): ("state",),
    ("activities/state", "read"): ("state", READ_ALL),
    ("activities/profile", "write"): ("profile",),
    ("activities/profile", "read"): ("profile", READ_ALL),
    ("agents/profile", "write"): ("profile",),
    ("agents/profile", "read"): ("profile", READ_ALL),
    ("activities", "read"): ("statements/read", "define", "profile", "state", READ_ALL),
    ("agents", "read"): ("statements/read", "define", "profile", READ_ALL),
    ("about", "read"): (),
}

#: What each scope includes beside itself.
INCLUDES: Mapping[str, frozenset[str]] = {
    "statements/read": frozenset({"statements/read/mine"}),
    READ_ALL: frozenset({"statements/read", "statements/read/mine"}),
}


def action_of(method: str) -> Action:
    """Return what an HTTP method does."""
    return "read" if method in {"GET", "HEAD"} else "write"


def permit(access: Access, resource: str, action: Action) -> None:
    """Raise Forbidden unless `access` may do `action` on `resource`."""
    scopes = SCOPES_FOR[resource, action]
    if scopes:
        access.require(*scopes)


def only_own_statements(access: Access) -> bool:
    """Whether it may read only statements with the authority it would itself be given."""
    return not access.may("statements/read", READ_ALL)


def may_define(access: Access) -> bool:
    """Whether the definitions and names in its statements change what the store knows.

    Without the scope `define` statements are stored as they came, and activities and agents stay as they are.
    """
    return access.may("define")


def both_grant(one: frozenset[str], other: frozenset[str], *, every: frozenset[str]) -> frozenset[str]:
    """Return the scopes of `every` that `one` and `other` both grant, directly or inside a wider scope."""
    return _closure(one, every) & _closure(other, every)


def _closure(scopes: frozenset[str], every: frozenset[str]) -> frozenset[str]:
    if "all" in scopes:
        return (every - BESIDE_ALL) | scopes
    return scopes.union(*(INCLUDES.get(scope, frozenset()) for scope in scopes))
