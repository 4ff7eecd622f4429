"""What a stored payload says, as Python values.

In: the text of a stored statement. Out: dicts, lists, strings and numbers, for those that look into a
statement after it was stored. A payload keeps every number as it was written; here one that no float can hold
is infinite.
"""

from __future__ import annotations

from typing import Any

import orjson

from lrs.wire import strict_json


def values(payload: str) -> dict[str, Any]:
    """Return the statement a payload is the text of."""
    try:
        found: dict[str, Any] = orjson.loads(payload)
    except orjson.JSONDecodeError:
        found = strict_json.parse(payload.encode(), depth=strict_json.DEEPEST).value
    return found


def exact(payload: str) -> Any:
    """Return the statement with its numbers as they are written (lrs.wire.strict_json)."""
    return strict_json.parse(payload.encode(), depth=strict_json.DEEPEST).exact
