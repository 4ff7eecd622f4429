"""Query parameters: one declaration from which they are read, refused and documented.

In: the parameters a resource takes, and a request's. Out: values by name; Problem with the name of the
parameter for one that is unknown, stands twice or has the wrong form. Never a default: those are the
resource's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime

from connectors.api.problems import wrong_parameter

#: The largest id there can be.
_MOST = 2**63 - 1
#: An offset whose plus sign came as a space, as it does where nobody escaped it.
_SPACED_OFFSET = re.compile(r" (\d\d:?\d\d)\Z")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter."""

    name: str
    description: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]


def text(name: str, description: str, *, most: int = 400) -> Parameter:
    """Return a parameter that is any text."""

    def read(value: str) -> str:
        if not value or len(value) > most or "\0" in value:
            raise ValueError(f"has 1 to {most} characters")
        return value

    return Parameter(name, description, read, {"type": "string", "minLength": 1, "maxLength": most})


def identity(name: str, description: str) -> Parameter:
    """Return a parameter that is the id of something."""
    return _whole(name, description, 1, _MOST)


def amount(name: str, description: str, *, most: int, default: int) -> Parameter:
    """Return a parameter that is how many of something."""
    made = _whole(name, description, 1, most)
    return Parameter(name, description, made.read, {**made.schema, "default": default})


def moment(name: str, description: str) -> Parameter:
    """Return a parameter that is a day, which means its beginning in UTC, or a moment with its offset."""
    schema = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
    return Parameter(name, description, _moment, schema)


def day(name: str, description: str) -> Parameter:
    """Return a parameter that is a day."""

    def read(value: str) -> date:
        found = parse_date(value)
        if found is None:
            raise ValueError("is a day, as 2026-02-01")
        return found

    return Parameter(name, description, read, {"type": "string", "format": "date"})


def choice(name: str, description: str, values: Sequence[str], *, default: str = "") -> Parameter:
    """Return a parameter that is one of some words."""

    def read(value: str) -> str:
        if value not in values:
            raise ValueError(f"is one of {', '.join(values)}")
        return value

    schema: dict[str, Any] = {"type": "string", "enum": list(values)}
    return Parameter(name, description, read, schema | ({"default": default} if default else {}))


def flag(name: str, description: str) -> Parameter:
    """Return a parameter that is true or false."""

    def read(value: str) -> bool:
        if value not in {"true", "false"}:
            raise ValueError("is true or false")
        return value == "true"

    return Parameter(name, description, read, {"type": "boolean", "default": False})


def given(query: QueryDict, allowed: Sequence[Parameter]) -> dict[str, str]:
    """Return the text of each parameter of a request; Problem for one that is unknown or stands twice."""
    names = sorted(each.name for each in allowed)
    found: dict[str, str] = {}
    for name, values in query.lists():
        if name not in names:
            raise wrong_parameter(
                name,
                f"There is no parameter {name!r} here, only {', '.join(names) or 'none'}.",
                rule="parameter.unknown",
            )
        if len(values) > 1:
            raise wrong_parameter(name, f"The parameter {name} stands twice.", rule="parameter.repeated")
        found[name] = values[0]
    return found


def values(texts: Mapping[str, str], allowed: Sequence[Parameter]) -> dict[str, Any]:
    """Return the value of each parameter; Problem for one of the wrong form."""
    found = {}
    for each in allowed:
        if each.name in texts:
            try:
                found[each.name] = each.read(texts[each.name])
            except (ValueError, OverflowError) as error:
                raise wrong_parameter(
                    each.name, f"The parameter {each.name} {error}.", value=texts[each.name]
                ) from error
    return found


def _whole(name: str, description: str, least: int, most: int) -> Parameter:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdigit() or len(value) > 19 or not least <= int(value) <= most:
            raise ValueError(f"is a whole number from {least} to {most}")
        return int(value)

    schema = {"type": "integer", "minimum": least, "maximum": most, "format": "int64"}
    return Parameter(name, description, read, schema)


def _moment(value: str) -> datetime:
    try:
        day = parse_date(value)
        if day is not None:
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        found = parse_datetime(_SPACED_OFFSET.sub(r"+\1", value))
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("is a day (2026-02-01) or a moment with its offset (2026-02-01T08:00:00+01:00)")
