"""Trying a connection to another SCIM server without changing anything.

In: a `Reading`. Out: findings in the order a person would check: what the server can do, whether users may
be read, and whether it is asked for changes.
"""

from __future__ import annotations

from connectors.adapters import Finding, Reading
from connectors.adapters.scim_client.peer import Peer
from connectors.errors import ConnectorError


def tried(reading: Reading) -> list[Finding]:
    """Return what was tried and how it went."""
    found: list[Finding] = []
    try:
        with Peer(reading) as peer:
            can = peer.abilities()
            said = [name for name, there in (("filters", can.filters), ("sorts", can.sorts)) if there]
            found.append(
                Finding("Read what the server can do", ok=True, detail=", ".join(said) or "It says nothing.")
            )
            part = peer.users(1, 1, sorts=can.sorts)
            found.append(Finding("Read users", ok=True, detail=f"{part.total:,} users."))
            if can.filters:
                recent = peer.users(1, 1, sorts=can.sorts, since=reading.as_of.isoformat())
                found.append(Finding("Ask for changes", ok=True, detail=f"{recent.total:,} since now."))
    except ConnectorError as error:
        found.append(
            Finding(
                "Connect" if not found else "Go on",
                ok=False,
                detail=f"{error.reason} {error.suggestion}".strip(),
            )
        )
    return found
