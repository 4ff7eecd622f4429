"""Short ways to write statements in tests. In: names. Out: statements as an LMS sends them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

Json = dict[str, Any]

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def agent(name: str) -> Json:
    """Return a person by e-mail address."""
    return {"mbox": f"mailto:{name}@example.com"}


def verb(name: str) -> Json:
    """Return a verb."""
    return {"id": f"http://adlnet.gov/expapi/verbs/{name}"}


def activity(name: str) -> Json:
    """Return an activity."""
    return {"id": f"http://example.com/activities/{name}"}


def reference(statement_id: str) -> Json:
    """Return a reference to a statement."""
    return {"objectType": "StatementRef", "id": statement_id}


def statement(who: str = "ann", did: str = "passed", what: str = "forklift-safety", **more: Any) -> Json:
    """Return "Ann passed Forklift safety" with an id of its own; `more` are further properties."""
    return {"id": str(uuid4()), "actor": agent(who), "verb": verb(did), "object": activity(what), **more}


def voiding(statement_id: str, **more: Any) -> Json:
    """Return a statement that voids another."""
    return statement("bob") | {"verb": {"id": VOIDED}, "object": reference(statement_id)} | more
