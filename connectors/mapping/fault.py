"""What can be wrong with a mapping, and with a record it meets.

`Problem` and `Malformed` are about the document; `Fault` is about one value of one record on its way, and
becomes `connectors.errors.Refused` at the door (connectors.mapping.compiled).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from connectors.errors import ConnectorError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a mapping document."""

    #: JSON pointer into the document.
    pointer: str
    reason: str


class Malformed(ConnectorError):
    """A mapping document that cannot be used."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{first.pointer or '/'}: {first.reason}{more}")
        self.problems = problems


class Wrong(ValueError):
    """A piece of a document that cannot be compiled; caught where its pointer is known."""


class Fault(Exception):
    """A value that a rule cannot take."""

    def __init__(self, rule: str, reason: str, *, value: Any = None, suggestion: str = "") -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason
        self.value = value
        self.suggestion = suggestion
        #: JSON pointer into the raw record; relative to the element at hand until every frame is left.
        self.pointer: str | None = None
        #: Whether `pointer` starts at the record already.
        self.absolute = False
        #: What could be held instead, of the canonical field it was to become.
        self.holds: frozenset[str] = frozenset()


def nearest(value: str, known: list[str]) -> str:
    """Return which known value was probably meant; empty where none is near."""
    folded = {each.casefold(): each for each in known}
    found = get_close_matches(value.strip().casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def shown(value: Any) -> str:
    """Return a value as it is quoted in a sentence."""
    text = value if isinstance(value, str) else repr(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
