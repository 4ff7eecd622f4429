"""Rule documents: what is wrong with one, and what a sound one means.

In: any JSON value. Out: problems with the place of each; or a `Rule`. What a document may say is described by
schema.json beside this file. Nothing in it is ever run as code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import orjson

from compliance.completions.facts import Fact, scaled

FORMAT = 1
PROBLEMS_MOST = 50

_ADL = "http://adlnet.gov/expapi/verbs/"
_CMI5 = "https://w3id.org/xapi/adl/verbs/"
VOIDED = f"{_ADL}voided"
#: cmi5 9.3: what the steps of moveOn are met by.
_MOVE_ON_STEPS: Mapping[str, Any] = {
    "launched": {"verbs": [f"{_ADL}launched"]},
    "initialized": {"verbs": [f"{_ADL}initialized"]},
    "completed": {"verbs": [f"{_ADL}completed"], "completion": "not false"},
    "passed": {"verbs": [f"{_ADL}passed"], "success": "not false"},
    "satisfied": {"verbs": [f"{_CMI5}satisfied"]},
    "waived": {"verbs": [f"{_CMI5}waived"]},
}
#: An LMS says satisfied of a block or course, and waived of what need not be done; both always count.
_BY_THE_LMS = (frozenset({"satisfied"}), frozenset({"waived"}))
#: cmi5 13.1.4 (moveOn): which steps each value needs.
MOVE_ON: Mapping[str, tuple[frozenset[str], ...]] = {
    "NotApplicable": tuple(frozenset({name}) for name in ("launched", "initialized", "completed", "passed")),
    "Passed": (frozenset({"passed"}),),
    "Completed": (frozenset({"completed"}),),
    "CompletedAndPassed": (frozenset({"completed", "passed"}),),
    "CompletedOrPassed": (frozenset({"completed"}), frozenset({"passed"})),
}
#: Being there again is no second completion.
ONCE = frozenset({"launched", "initialized"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document, and where (a JSON pointer)."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one statement may meet; None where nothing is asked."""

    verbs: frozenset[str]
    activity_types: frozenset[str] | None
    categories: frozenset[str] | None
    success: Any
    completion: Any
    scaled: tuple[float | None, float | None]
    raw: tuple[float | None, float | None]

    def is_met_by(self, fact: Fact) -> bool:
        """Tell whether a statement meets it."""
        said = fact.said
        return (
            fact.verb in self.verbs
            and (self.activity_types is None or said.get("type") in self.activity_types)
            and (self.categories is None or not self.categories.isdisjoint(said.get("category", ())))
            and _truth(self.success, said.get("success"))
            and _truth(self.completion, said.get("completion"))
            and _within(self.scaled, scaled(said) if self.scaled != _ANY else None)
            and _within(self.raw, said.get("raw"))
        )


@dataclass(frozen=True, slots=True)
class Applies:
    """Which statements a rule decides about."""

    courses: frozenset[str] | None
    sources: frozenset[str] | None
    verbs: frozenset[str] | None
    activity_types: frozenset[str] | None
    categories: frozenset[str] | None
    grouping: frozenset[str] | None
    platforms: frozenset[str] | None
    registration: bool | None

    def to(self, fact: Fact, course: str, source: str) -> bool:
        """Tell whether it decides about a statement at a course of this code, from a source of this name."""
        said = fact.said
        return (
            (self.courses is None or course in self.courses)
            and (self.sources is None or source in self.sources)
            and (self.verbs is None or fact.verb in self.verbs)
            and (self.activity_types is None or said.get("type") in self.activity_types)
            and (self.categories is None or not self.categories.isdisjoint(said.get("category", ())))
            and (self.grouping is None or not self.grouping.isdisjoint(said.get("grouping", ())))
            and (self.platforms is None or said.get("platform") in self.platforms)
            and (self.registration is None or (fact.registration is not None) == self.registration)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A sound document, ready to be asked."""

    applies: Applies
    steps: Mapping[str, Step]
    #: What makes a completion; None where moveOn is to be read from statements.
    needs: tuple[frozenset[str], ...] | None
    otherwise: tuple[frozenset[str], ...]
    by_course: bool
    takes_back: tuple[str, ...]

    @property
    def verbs(self) -> frozenset[str]:
        """Every verb it has to see."""
        return frozenset().union(*(step.verbs for step in self.steps.values()))

    def needs_of(self, move_on: str | None) -> tuple[frozenset[str], ...]:
        """Return what makes a completion where a launched statement said `move_on`."""
        if self.needs is not None:
            return self.needs
        if move_on is None or move_on not in MOVE_ON:
            return self.otherwise
        return (*MOVE_ON[move_on], *_BY_THE_LMS)


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of rule documents."""
    loaded: dict[str, Any] = orjson.loads(Path(__file__).with_name("schema.json").read_bytes())
    return loaded


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def problems(document: Any) -> list[Problem]:
    """Return what is wrong with a document; nothing where it can be used."""
    found = [
        Problem("".join(f"/{part}" for part in error.absolute_path), error.message)
        for error, _ in zip(_validator().iter_errors(document), range(PROBLEMS_MOST), strict=False)
    ]
    return found or _beyond_schema(document)


def _beyond_schema(document: Mapping[str, Any]) -> list[Problem]:
    steps = document.get("steps", {})
    found = [
        Problem(f"/{place}", f"There is no step {name!r}.")
        for place, names in (
            *((f"needs/{i}", names) for i, names in enumerate(document.get("needs", ()))),
            ("takes_back", document.get("takes_back", ())),
        )
        for name in names
        if name not in steps and not ("move_on" in document and name in _MOVE_ON_STEPS)
    ]
    if "move_on" in document and (reserved := sorted(_MOVE_ON_STEPS.keys() & steps.keys())):
        found.append(Problem("/steps", f"With move_on the steps {', '.join(reserved)} are cmi5's own."))
    if "otherwise" in document and document.get("move_on") != "stated":
        found.append(Problem("/otherwise", "This goes with move_on stated only."))
    found.extend(
        Problem(f"/steps/{name}/verbs", "A voiding statement is no step: what is voided is withdrawn anyway.")
        for name, step in steps.items()
        if VOIDED in step["verbs"]
    )
    return found


def read(document: Mapping[str, Any]) -> Rule:
    """Return what a sound document means."""
    move_on = document.get("move_on")
    steps = {**(_MOVE_ON_STEPS if move_on else {}), **document.get("steps", {})}
    needs: tuple[frozenset[str], ...] | None = None
    if move_on is None:
        needs = tuple(frozenset(names) for names in document["needs"])
    elif move_on != "stated":
        needs = (*MOVE_ON[move_on], *_BY_THE_LMS)
    return Rule(
        applies=_applies(document.get("applies", {})),
        steps={name: _step(step) for name, step in steps.items()},
        needs=needs,
        otherwise=(*MOVE_ON[document.get("otherwise", "CompletedOrPassed")], *_BY_THE_LMS),
        by_course=document.get("together") == "course",
        takes_back=tuple(document.get("takes_back", ())),
    )


_ANY: tuple[float | None, float | None] = (None, None)


def _applies(said: Mapping[str, Any]) -> Applies:
    words = {name: _words(said, name) for name in Applies.__dataclass_fields__ if name != "registration"}
    return Applies(**words, registration=said.get("registration"))


def _step(said: Mapping[str, Any]) -> Step:
    return Step(
        verbs=frozenset(said["verbs"]),
        activity_types=_words(said, "activity_types"),
        categories=_words(said, "categories"),
        success=said.get("success"),
        completion=said.get("completion"),
        scaled=_span(said.get("scaled")),
        raw=_span(said.get("raw")),
    )


def _words(said: Mapping[str, Any], name: str) -> frozenset[str] | None:
    return frozenset(said[name]) if name in said else None


def _span(said: Mapping[str, float] | None) -> tuple[float | None, float | None]:
    return _ANY if said is None else (said.get("at_least"), said.get("at_most"))


def _truth(asked: Any, stated: bool | None) -> bool:
    if asked is None:
        return True
    if isinstance(asked, bool):
        return stated is asked
    return stated is not (asked == "not true")


def _within(span: tuple[float | None, float | None], number: float | None) -> bool:
    if span == _ANY:
        return True
    least, most = span
    return number is not None and (least is None or number >= least) and (most is None or number <= most)
