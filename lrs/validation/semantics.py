"""What a schema cannot say: rules that compare one part of a statement with another, and times.

In: a statement that fits its schema. Out: its faults, most often none. Never a change to it, and never a
look at another statement (`lrs.validation.statements` sees to duplicates within a batch).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lrs.wire import timestamps

VOIDED = "http://adlnet.gov/expapi/verbs/voided"

_CONTEXT_TYPES = ("parent", "grouping", "category", "other")
_COMPONENT_LISTS = ("choices", "scale", "source", "target", "steps")
#: Data 2.4.4.1, Interaction Components: the lists that each type of interaction has.
_LISTS_OF = {
    "choice": {"choices"},
    "sequencing": {"choices"},
    "likert": {"scale"},
    "matching": {"source", "target"},
    "performance": {"steps"},
}
_NO_LISTS: set[str] = set()


class Fault(NamedTuple):
    """One broken rule; `pointer` from the statement's root."""

    rule: str
    message: str
    pointer: str
    value: object


def statement_faults(statement: dict[str, Any]) -> list[Fault]:
    """Return the faults of a whole statement, its sub-statement included."""
    faults = list(_core_faults(statement, ""))
    if "stored" in statement:
        # Data 2.4.8: overwritten, but validated first.
        faults.extend(_timestamp_faults(statement["stored"], "/stored"))
    inner = statement["object"]
    if inner.get("objectType") == "SubStatement":
        faults.extend(_core_faults(inner, "/object"))
    if "attachments" in statement:
        faults.extend(_attachment_faults(statement["attachments"], "/attachments"))
    return faults


def activity_faults(activity: dict[str, Any], pointer: str = "") -> Iterator[Fault]:
    """Yield the faults of an activity's definition."""
    definition = activity.get("definition")
    if definition is not None and "interactionType" in definition:
        yield from _interaction_faults(definition, pointer + "/definition")


def _core_faults(statement: dict[str, Any], pointer: str) -> Iterator[Fault]:
    if "timestamp" in statement:
        yield from _timestamp_faults(statement["timestamp"], pointer + "/timestamp")
    inner = statement["object"]
    kind = inner.get("objectType", "Activity")
    if kind == "Activity":
        yield from activity_faults(inner, pointer + "/object")
    if statement["verb"]["id"] == VOIDED and kind != "StatementRef":
        # Data 2.3.2; XAPI-00017, XAPI-00020.
        yield Fault(
            "voiding.object",
            "A voiding statement must have a StatementRef as its object (XAPI-00017).",
            pointer + "/object/objectType",
            kind,
        )
    result = statement.get("result")
    if result is not None and "score" in result:
        yield from _score_faults(result["score"], pointer + "/result/score")
    context = statement.get("context")
    if context is not None:
        yield from _context_faults(context, kind, pointer + "/context")


def _timestamp_faults(text: str, pointer: str) -> Iterator[Fault]:
    """Data 4.5; XAPI-00022, XAPI-00123."""
    try:
        timestamps.parse(text)
    except ValueError as error:
        yield Fault("timestamp.form", f"{error} (XAPI-00123)", pointer, text)


def _score_faults(score: dict[str, Any], pointer: str) -> Iterator[Fault]:
    """Data 2.4.5.1; XAPI-00080 to XAPI-00082."""
    low, high, raw = score.get("min"), score.get("max"), score.get("raw")
    if low is not None and high is not None and low >= high:
        yield Fault("score.min-max", "min must be less than max (XAPI-00081).", pointer + "/min", low)
        return
    if raw is not None and low is not None and raw < low:
        yield Fault("score.raw", "raw must not be less than min (XAPI-00082).", pointer + "/raw", raw)
    if raw is not None and high is not None and raw > high:
        yield Fault("score.raw", "raw must not be more than max (XAPI-00082).", pointer + "/raw", raw)


def _context_faults(context: dict[str, Any], kind: str, pointer: str) -> Iterator[Fault]:
    if kind != "Activity":
        # Data 2.4.6; XAPI-00084, XAPI-00085.
        for name, source in (("revision", "XAPI-00084"), ("platform", "XAPI-00085")):
            if name in context:
                yield Fault(
                    f"context.{name}",
                    f"{name} may only be used when the object is an activity ({source}).",
                    f"{pointer}/{name}",
                    context[name],
                )
    activities = context.get("contextActivities")
    if activities:
        for name in _CONTEXT_TYPES:
            found = activities.get(name)
            if isinstance(found, list):
                for number, activity in enumerate(found):
                    if "definition" in activity:
                        yield from activity_faults(activity, f"{pointer}/contextActivities/{name}/{number}")
            elif found is not None:
                yield from activity_faults(found, f"{pointer}/contextActivities/{name}")


def _interaction_faults(definition: dict[str, Any], pointer: str) -> Iterator[Fault]:
    """Data 2.4.4.1, Interaction Activities; XAPI-00058."""
    kind = definition["interactionType"]
    supported = _LISTS_OF.get(kind, _NO_LISTS)
    for name in _COMPONENT_LISTS:
        components = definition.get(name)
        if components is None:
            continue
        if name not in supported:
            yield Fault(
                "interaction.component-list",
                f"An interaction of the type {kind} has no {name}"
                + (f", only {' and '.join(sorted(supported))}." if supported else ", nor other components."),
                f"{pointer}/{name}",
                kind,
            )
        seen = set()
        for number, component in enumerate(components):
            if component["id"] in seen:
                yield Fault(
                    "interaction.component-id",
                    "The id stands twice in one list of components (XAPI-00058).",
                    f"{pointer}/{name}/{number}/id",
                    component["id"],
                )
            seen.add(component["id"])


def _attachment_faults(attachments: list[dict[str, Any]], pointer: str) -> Iterator[Fault]:
    """Data 2.4.11: attachments of one hash are the same octets, so their lengths cannot differ."""
    lengths: dict[str, int] = {}
    for number, attachment in enumerate(attachments):
        length = attachment["length"]
        if lengths.setdefault(attachment["sha2"].lower(), length) != length:
            yield Fault(
                "attachment.duplicate",
                "Another attachment has the same sha2 but another length.",
                f"{pointer}/{number}/length",
                length,
            )
