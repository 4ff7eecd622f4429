"""Records that are written until they are signed, and stay as they are from then on: which version is shown.

In: what a record says, and the position of the signature it rests on, once there is one. Out: its version,
and what was signed of it. Until the last signature each change makes another version, so that signatures of
an earlier draft are of that draft and not invalid; afterwards the version is the signed one, so that any
change shows as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar

import orjson
import rfc8785
from django.db import connection
from django.db.models import Model, QuerySet

from compliance.models import Signature

Row = TypeVar("Row", bound=Model)


def version_of(content: Mapping[str, Any], position: int | None) -> str:
    """Return the version of a record; `position` is that of the signature it rests on."""
    found = None if position is None else Signature.objects.filter(position=position).first()
    return sha256(rfc8785.dumps(dict(content))).hexdigest()[:16] if found is None else found.version


def signed_content(position: int | None) -> dict[str, Any]:
    """Return what was shown when the signature at a position was given; nothing where there is none."""
    found = None if position is None else Signature.objects.filter(position=position).first()
    shown: dict[str, Any] = {} if found is None or not found.shown else orjson.loads(found.shown)["content"]
    return shown


def key_of(record_key: str) -> int:
    """Return the number a record key is. Raises LookupError for what is none."""
    if not (record_key.isascii() and record_key.isdecimal() and len(record_key) < 19):
        raise LookupError(record_key)
    return int(record_key)


def row_of(rows: QuerySet[Row], record_key: str) -> Row:
    """Return the row a record key names, locked where a transaction is open: what is signed must not change
    while it is. Raises LookupError where it is not among `rows`."""
    if connection.in_atomic_block:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=key_of(record_key)).first()
    if found is None:
        raise LookupError(record_key)
    return found
