"""What names a document: its store and resource, the activity, agent and registration, and its own id.

In: parts that were checked already. Out: the digests the table is searched by. Never a query.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

import orjson

from lrs.models import DocumentKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """Where a document stands: everything that names it but its own id."""

    store_id: int
    kind: DocumentKind
    activity_id: str = ""
    #: The agent's identifier as compact JSON (`lrs.identity.agent_identifier`).
    agent: str = ""
    registration: UUID | None = None

    def scope(self) -> UUID:
        """Return the digest shared by the documents of this context under every registration."""
        return _digest(self.store_id, int(self.kind), self.activity_id, self.agent)

    def key(self, document_id: str) -> UUID:
        """Return the digest of the one document; without a registration is a document of its own."""
        registration = "" if self.registration is None else str(self.registration)
        return _digest(self.store_id, int(self.kind), self.activity_id, self.agent, registration, document_id)


def _digest(*parts: int | str) -> UUID:
    # A JSON list keeps ("a", "bc") apart from ("ab", "c").
    return UUID(bytes=blake2b(orjson.dumps(parts), digest_size=16).digest())
