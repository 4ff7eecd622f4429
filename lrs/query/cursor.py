"""What a `more` address carries: a signed, stateless continuation of a query.

In and out: `Continuation` ↔ text fit for a path. Never anything kept on the server. A token that was not
signed by this hub, or for another store, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core import signing

from lrs.errors import BadRequest

_SALT = "lrs.query.cursor"


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where a page ended."""

    store_id: int
    #: The request parameters of the first page.
    parameters: Mapping[str, str]
    #: Key of the last statement given.
    last_seq: int
    #: The snapshot of the first page.
    snapshot: str
    #: The Accept-Language of the first page, for canonical format.
    accept_language: str = ""


def sign(continuation: Continuation) -> str:
    """Return the token of a continuation."""
    return signing.dumps(
        [
            continuation.store_id,
            dict(continuation.parameters),
            continuation.last_seq,
            continuation.snapshot,
            continuation.accept_language,
        ],
        salt=_SALT,
        compress=True,
    )


def read(token: str, store_id: int) -> Continuation:
    """Return what `token` says. Raises BadRequest where it is not ours or for another store."""
    try:
        owner, parameters, last_seq, snapshot, accept_language = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise BadRequest("This is not an address the record store gave out.", rule="more.token") from error
    if owner != store_id:
        raise BadRequest("This address belongs to another store.", rule="more.token")
    return Continuation(owner, parameters, last_seq, snapshot, accept_language)
