"""Query parameters: which there are, each once, and read as what it is.

In: the query string as received, and the names a resource takes. Out: text by name, and typed values;
BadRequest with the rule `parameter.<name>` for a value of the wrong form. Never a default: that is the
resource's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

from lrs.errors import BadRequest
from lrs.wire import identifiers, iri, strict_json, timestamps

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
#: Largest whole number read; larger ones mean nothing and would only strain what follows.
_MOST = 2**31 - 1
_AGENT_DEPTH = 20


def parse_query(query_string: str, *, allowed: frozenset[str]) -> dict[str, str]:
    """Return the parameters of `query_string` by name; each must be in `allowed` and stand once.

    Names are case-sensitive: "statementid" is unknown (xAPI 1.0.3, Data 2.2; XAPI-00156 and others).
    """
    found: dict[str, str] = {}
    for name, value in decode_pairs(query_string):
        if name not in allowed:
            raise BadRequest(
                f"This resource takes no parameter {name!r}, only {', '.join(sorted(allowed)) or 'none'}.",
                rule="parameter.unknown",
                value=name,
            )
        if name in found:
            raise BadRequest(f"The parameter {name} stands twice.", rule="parameter.repeated", value=name)
        found[name] = value
    return found


def decode_pairs(encoded: str) -> list[tuple[str, str]]:
    """Return the pairs of an application/x-www-form-urlencoded text, in order."""
    pairs = []
    for pair in encoded.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            pairs.append((_unquote(name), _unquote(value)))
    return pairs


def _unquote(text: str) -> str:
    if _BAD_ESCAPE.search(text):
        raise BadRequest(
            "A percent sign is not followed by two hexadecimal digits.", rule="parameter.encoding", value=text
        )
    try:
        decoded = unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeError:
        raise BadRequest("A parameter is not UTF-8.", rule="parameter.encoding", value=text) from None
    if "\0" in decoded:
        raise BadRequest("A parameter has a NUL character.", rule="parameter.encoding", value=text)
    return decoded


def boolean(parameters: Mapping[str, str], name: str) -> bool | None:
    """Return the parameter as a boolean; None when it is absent.

    Any case is taken: Python clients write `True`.
    """
    text = parameters.get(name)
    if text is None:
        return None
    if text.lower() not in {"true", "false"}:
        raise _refused(name, text, "must be true or false")
    return text.lower() == "true"


def whole_number(parameters: Mapping[str, str], name: str) -> int | None:
    """Return the parameter as a number of 0 and more; None when it is absent."""
    text = parameters.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]+", text):
        raise _refused(name, text, "must be a whole number of 0 and more")
    return min(int(text[:20]), _MOST) if len(text.lstrip("0")) <= 10 else _MOST


def timestamp(parameters: Mapping[str, str], name: str) -> datetime | None:
    """Return the parameter as a moment in UTC; None when it is absent."""
    text = parameters.get(name)
    if text is None:
        return None
    try:
        return timestamps.parse(text)
    except ValueError as error:
        raise _refused(name, text, f"must be an ISO 8601 timestamp. {error}") from None


def uuid(parameters: Mapping[str, str], name: str) -> UUID | None:
    """Return the parameter as a UUID; None when it is absent."""
    text = parameters.get(name)
    if text is None:
        return None
    try:
        return identifiers.parse_uuid(text)
    except ValueError:
        raise _refused(name, text, "must be a UUID") from None


def absolute_iri(parameters: Mapping[str, str], name: str) -> str | None:
    """Return the parameter when it is an IRI; None when it is absent."""
    text = parameters.get(name)
    if text is not None and not iri.is_iri(text):
        raise _refused(name, text, "must be an absolute IRI")
    return text


def one_of(parameters: Mapping[str, str], name: str, choices: frozenset[str]) -> str | None:
    """Return the parameter when it is one of `choices`; None when it is absent."""
    text = parameters.get(name)
    if text is not None and text not in choices:
        raise _refused(name, text, f"must be one of {', '.join(sorted(choices))}")
    return text


def agent(parameters: Mapping[str, str], name: str) -> dict[str, Any] | None:
    """Return the parameter as a JSON object; None when it is absent.

    Whether the object is a sound agent or group is `lrs.validation.statements.check_agent`'s to say.
    """
    text = parameters.get(name)
    if text is None:
        return None
    try:
        value = strict_json.parse(text.encode(), depth=_AGENT_DEPTH).value
    except BadRequest as error:
        raise _refused(name, text, f"must be JSON. {error.message}") from None
    if not isinstance(value, dict):
        raise _refused(name, text, "must be a JSON object")
    return value


def _refused(name: str, text: str, demand: str) -> BadRequest:
    return BadRequest(f"The parameter {name} {demand.rstrip('.')}.", rule=f"parameter.{name}", value=text)
