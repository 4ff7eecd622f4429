"""A copy of a statement that carries its context inside, for receivers that understand statements only.

In: a payload as stored, and its contexts. Out: JSON bytes of a copy with them under one IRI in
`context.extensions`. Every number stays as it was written. Never what is stored, which nobody changes.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

#: Under this IRI a context stands in `context.extensions` of copies the hub makes; never in what is stored.
EXTENSION = "https://w3id.org/lrshub/workforce-context"


def extended(payload: str, contexts: list[dict[str, Any]]) -> bytes:
    """Return the copy."""
    copy = json.loads(payload, parse_float=_as_written, parse_int=_as_written)
    context = copy.setdefault("context", {})
    context.setdefault("extensions", {})[EXTENSION] = contexts
    return orjson.dumps(copy)


def _as_written(number: str) -> orjson.Fragment:
    return orjson.Fragment(number.encode())
