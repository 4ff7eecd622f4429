"""A rule document tried on sample statements, before anybody relies on it.

In: a document and statements. Out: what each step says of each statement, and whether they make a completion.
Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from compliance.completions.document import read
from compliance.completions.evaluate import CourseOf, Standing, Wanted, completions
from compliance.completions.facts import Fact, about, digest, said_in
from compliance.errors import ComplianceError

STATEMENTS_MOST = 50


@dataclass(frozen=True, slots=True)
class Tried:
    """One statement, as a rule sees it."""

    verb: str
    #: The activity it reports about; empty where it is about something else.
    activity: str
    applies: bool
    #: Steps it meets.
    steps: tuple[str, ...]
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule makes of statements."""

    statements: Sequence[Tried]
    completions: Sequence[Wanted]


def attempt(document: Mapping[str, Any], statements: Any, *, course: str = "", source: str = "") -> Trial:
    """Try a sound document on one statement or a list of them, of one person at one course."""
    rows = statements if isinstance(statements, list) else [statements]
    if not rows or len(rows) > STATEMENTS_MOST:
        raise ComplianceError(f"Give 1 to {STATEMENTS_MOST} statements.")
    rule = read(document)
    tried: list[Tried] = []
    facts: list[Fact] = []
    for seq, statement in enumerate(rows, start=1):
        try:
            verb, iri, said = str(statement["verb"]["id"]), about(statement), said_in(statement)
            registration = (statement.get("context") or {}).get("registration")
            fact = Fact(
                seq=seq,
                source_id=1,
                moment=_moment(statement, seq),
                verb=verb,
                activity=digest(iri or ""),
                registration=None if registration is None else UUID(registration),
                said=said,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ComplianceError(f"Statement {seq} is no xAPI statement.") from error
        applies = iri is not None and rule.applies.to(fact, course, source)
        met = tuple(sorted(name for name, step in rule.steps.items() if step.is_met_by(fact)))
        tried.append(Tried(verb, iri or "", applies, met, said))
        if iri is not None:
            facts.append(fact)
    of = CourseOf(id=0, code=course, kind="online", credit_hours=None, same_within=timedelta(hours=24))
    standing = Standing(0, ((0, None, None, rule),))
    return Trial(tried, completions(facts, [standing], of, {1: source}))


def _moment(statement: Mapping[str, Any], seq: int) -> datetime:
    text = statement.get("timestamp")
    found = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=seq) if text is None else None
    if found is None:
        found = datetime.fromisoformat(str(text))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
