"""A step of a qualification: what was expected, what was seen, what it came to.

In: functions that look. Out: steps. A function that breaks has failed its step; it never ends the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

_SEEN_MOST = 2_000


class Result(StrEnum):
    """What a step came to."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    #: Seen and written down; nobody said what it should be.
    NOTED = "noted"


class Unmet(Exception):
    """What was expected is not so; the text says what was seen."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen, and what that comes to."""

    text: str
    result: Result = Result.PASSED


@dataclass(frozen=True, slots=True)
class Check:
    """A step before it was taken."""

    id: str
    title: str
    expected: str
    look: Callable[[], Seen]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step that was taken."""

    id: str
    title: str
    expected: str
    seen: str
    result: Result
    risk: str = ""
    #: Tests and how they ended, of a step that stands on a test run.
    tests: tuple[str, ...] = ()
    #: Pages of the documentation that belong to it.
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """IQ, OQ or PQ."""

    name: str
    title: str
    steps: tuple[Step, ...]

    def count(self, result: Result) -> int:
        """Return how many steps came to this."""
        return sum(each.result == result for each in self.steps)


def taken(checks: Iterable[Check]) -> tuple[Step, ...]:
    """Take each step, in order."""
    return tuple(_taken(each) for each in checks)


def _taken(check: Check) -> Step:
    try:
        seen = check.look()
    except Unmet as unmet:
        seen = Seen(str(unmet), Result.FAILED)
    except Exception as error:  # noqa: BLE001  whatever breaks a step has failed it, and the report says how
        seen = Seen(f"{type(error).__name__}: {error}", Result.FAILED)
    return Step(
        id=check.id,
        title=check.title,
        expected=check.expected,
        seen=printable(seen.text)[:_SEEN_MOST],
        result=seen.result,
    )


def printable(text: str) -> str:
    """Return a text in one line, without what no report can hold."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def worst(parts: Sequence[Part]) -> Result:
    """Return what all of it came to: failed where anything failed, or where nothing was done."""
    steps = [each for part in parts for each in part.steps]
    if not steps or any(each.result == Result.FAILED for each in steps):
        return Result.FAILED
    return Result.PASSED
