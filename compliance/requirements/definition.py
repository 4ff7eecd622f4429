"""The document that says who must be trained in what by when: data, checked against our JSON Schema.

In: JSON. Out: nothing where it is sound; else InvalidDefinition with a JSON pointer for each fault. Readers
of its parts stand here too. Never a database, never code that comes out of a document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

from compliance.requirements.errors import InvalidDefinition

Document = Mapping[str, Any]

SCHEMA_PATH = Path(__file__).with_name("definition.schema.json")
#: Deeper than this nobody nests groups or rules.
DEEPEST = 12
#: Who is asked where a rule says nothing of it.
WORKING = ("active", "leave", "suspended")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One course or sign-off a definition asks for."""

    #: Its place among the leaves of the definition.
    number: int
    course: str
    signed_off: bool = False
    minimum_score: float | None = None
    #: For a sign-off, the requirement an evaluator must meet.
    evaluators: str = ""


def check(document: Any) -> None:
    """Raise InvalidDefinition where a document is not as the schema says."""
    if isinstance(document, Mapping) and (too_deep := _too_deep(document)):
        raise InvalidDefinition([(too_deep, f"is nested deeper than {DEEPEST}")])
    faults = [_said(error) for error in _validator().iter_errors(document)]
    if not faults:
        faults = list(_beyond_schema(document))
    if faults:
        raise InvalidDefinition(faults)


def check_rule(rule: Any) -> None:
    """Raise InvalidDefinition where a rule on its own (a waiver's group) is not as the schema says."""
    check({"what": {"course": "any"}, "for": rule, "when": {"within_days": 0}})


def check_what(what: Any) -> None:
    """Raise InvalidDefinition where what is asked for (a curriculum) is not as the schema says."""
    check({"what": what, "for": {"everybody": True}, "when": {"within_days": 0}})


def schema() -> dict[str, Any]:
    """Return the schema."""
    found: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    return found


def leaves(what: Document) -> list[Leaf]:
    """Return the courses and sign-offs a `what` asks for, in their order; curricula must be taken over."""
    return [
        Leaf(
            number,
            each.get("course") or each["sign_off"],
            signed_off="sign_off" in each,
            minimum_score=each.get("minimum_score"),
            evaluators=each.get("evaluators", ""),
        )
        for number, each in enumerate(_leaves(what))
    ]


def expanded(what: Document, curriculum: Callable[[str], Document]) -> dict[str, Any]:
    """Return a `what` with every curriculum replaced by what `curriculum` says it is."""
    if "curriculum" in what:
        code = what["curriculum"]
        return {"title": f"Curriculum {code}", "all": [expanded(curriculum(code), curriculum)]}
    name = _group(what)
    if name is None:
        return dict(what)
    return {**what, name: [expanded(each, curriculum) for each in what[name]]}


def curricula(what: Document) -> set[str]:
    """Return the codes of the curricula a `what` names."""
    if "curriculum" in what:
        return {what["curriculum"]}
    name = _group(what)
    return set() if name is None else {code for each in what[name] for code in curricula(each)}


def parts(what: Document) -> tuple[int, list[Document]]:
    """Return how many of which parts a group needs."""
    name = _group(what)
    if name is None:
        raise ValueError("It is no group.")
    inside = list(what[name])
    return {"all": len(inside), "any": 1, "of": what.get("at_least", 1)}[name], inside


def is_group(what: Document) -> bool:
    """Whether a `what` is a group of others."""
    return _group(what) is not None


def mentions_status(rule: Document) -> bool:
    """Whether a rule says anything of the status of an assignment."""
    if "statuses" in rule:
        return True
    inner = [*rule.get("all", ()), *rule.get("any", ()), *([rule["not"]] if "not" in rule else [])]
    return any(mentions_status(each) for each in inner)


def _group(what: Document) -> str | None:
    return next((name for name in ("all", "any", "of") if name in what), None)


def _leaves(what: Document) -> Iterator[Document]:
    name = _group(what)
    if name is None:
        yield what
        return
    for each in what[name]:
        yield from _leaves(each)


def _beyond_schema(document: Document) -> Iterator[tuple[str, str]]:
    yield from _impossible(document["what"], "/what")
    every = document["when"].get("every")
    if every and "early_days" in every and every.get("anchor") != "due":
        yield "/when/every/early_days", "only means something where the anchor is due"
    for name, text in _days(document):
        try:
            date.fromisoformat(text)
        except ValueError:
            yield name, "is no day"


def _impossible(what: Document, pointer: str) -> Iterator[tuple[str, str]]:
    name = _group(what)
    if name is None:
        return
    if name == "of" and what["at_least"] > len(what["of"]):
        yield f"{pointer}/at_least", f"asks for more than the {len(what['of'])} parts there are"
    for number, each in enumerate(what[name]):
        yield from _impossible(each, f"{pointer}/{name}/{number}")


def _days(document: Document) -> Iterator[tuple[str, str]]:
    if checked := document.get("citation", {}).get("checked"):
        yield "/citation/checked", checked
    yield from _days_of(document["for"], "/for")


def _days_of(rule: Document, pointer: str) -> Iterator[tuple[str, str]]:
    for name, text in rule.get("hired", {}).items():
        yield f"{pointer}/hired/{name}", text
    for name in ("all", "any"):
        for number, each in enumerate(rule.get(name, ())):
            yield from _days_of(each, f"{pointer}/{name}/{number}")
    if "not" in rule:
        yield from _days_of(rule["not"], f"{pointer}/not")


def _too_deep(document: Mapping[str, Any]) -> str:
    """Return where a document is nested too deep for what reads it; nothing where it is not."""
    waiting: list[tuple[Any, str, int]] = [(each, f"/{name}", 0) for name, each in document.items()]
    while waiting:
        value, pointer, depth = waiting.pop()
        if depth > 2 * DEEPEST:
            return pointer
        if isinstance(value, Mapping):
            waiting += [(each, f"{pointer}/{name}", depth + 1) for name, each in value.items()]
        elif isinstance(value, list):
            waiting += [(each, f"{pointer}/{number}", depth + 1) for number, each in enumerate(value)]
    return ""


def _said(error: ValidationError) -> tuple[str, str]:
    """Return where a fault is and what it is, of the alternative that comes nearest."""
    nearest = best_match([error]) or error
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in nearest.absolute_path)
    return pointer, nearest.message[:300]


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema(), format_checker=FormatChecker())
