"""What a `next` link carries: a signed, stateless continuation of a list.

In and out: `Continuation` ↔ text fit for an address. Never anything kept on the server. What was not signed
by this hub, for this list and this store, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing

from connectors.api.problems import wrong_parameter

_SALT = "connectors.api.cursor"


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where a page ended."""

    #: Which list it continues.
    resource: str
    store_id: int
    #: The parameters of the first page, as they were given.
    parameters: Mapping[str, str]
    #: When the first page was asked for: what "now" means on every page.
    began: datetime
    #: What the last line is ordered by.
    last: Sequence[Any]


def sign(continuation: Continuation) -> str:
    """Return the token of a continuation."""
    return signing.dumps(
        [
            continuation.resource,
            continuation.store_id,
            dict(continuation.parameters),
            continuation.began.isoformat(),
            list(continuation.last),
        ],
        salt=_SALT,
        compress=True,
    )


def read(token: str, resource: str, store_id: int) -> Continuation:
    """Return what `token` says; Problem where it is not ours, or for another list or store."""
    try:
        of, owner, parameters, began, last = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise wrong_parameter("cursor", "This hub gave out no such cursor.", rule="cursor") from error
    if of != resource or owner != store_id:
        raise wrong_parameter("cursor", "This cursor belongs to another list or store.", rule="cursor")
    return Continuation(of, owner, parameters, datetime.fromisoformat(began), last)
