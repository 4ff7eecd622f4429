"""The door of validation: whether statements, agents and activities keep every rule of their version.

In: parsed JSON (`lrs.wire.strict_json`). Out: nothing, or a refusal with each broken rule, its place and
its value. Never a change to what is checked, and never a partial verdict: one bad statement refuses the batch
(xAPI 1.0.3, Communication 2.1.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lrs.errors import BadRequest, Rejection, StatementsRejected, shortened
from lrs.validation import explain, schema, semantics
from lrs.validation.semantics import Fault
from lrs.wire.strict_json import pointer_of
from lrs.wire.version import Version

#: Most rejections that one answer lists.
MOST_REJECTIONS = 100


def check_batch(statements: Sequence[Any], version: Version, *, single: bool = False) -> None:
    """Raise StatementsRejected with the broken rules of `statements`, at most MOST_REJECTIONS.

    `single` says that the caller was sent one statement, not an array of one: rejections then have no index.
    """
    if schema.quick(version, "statements").is_valid(statements):
        rejections = _semantic_rejections(statements, single)
    else:
        rejections = _first(_schema_rejections(statements, version, single))
    if rejections:
        raise StatementsRejected(rejections)


def check_agent(value: Any, version: Version) -> None:
    """Raise BadRequest unless `value` is an agent or an identified group.

    An anonymous group is refused: it is never the same as another (Data 2.4.2.2), so nothing is its.
    """
    _check(value, version, "actor")
    if not any(name in value for name in explain.IDENTIFIERS):
        raise BadRequest(
            f"A group must have one of {', '.join(explain.IDENTIFIERS)} to be looked up.",
            rule="actor.anonymous-group",
            value=explain.text_of(value),
        )


def check_activity(value: Any, version: Version) -> None:
    """Raise BadRequest unless `value` is an activity."""
    _check(value, version, "activity")
    for fault in semantics.activity_faults(value):
        raise _bad_request(fault)


def _check(value: Any, version: Version, subject: schema.Subject) -> None:
    if not schema.quick(version, subject).is_valid(value):
        raise _bad_request(next(_schema_faults(value, version, subject)))


def _semantic_rejections(statements: Sequence[dict[str, Any]], single: bool) -> list[Rejection]:
    rejections: list[Rejection] = []
    ids: set[str] = set()
    for index, statement in enumerate(statements):
        faults = semantics.statement_faults(statement)
        if "id" in statement:
            statement_id = statement["id"].lower()
            if statement_id in ids:
                faults.append(_duplicate(statement["id"]))
            ids.add(statement_id)
        if faults:
            rejections.extend(_rejection(fault, index, single) for fault in faults)
            if len(rejections) >= MOST_REJECTIONS:
                break
    return rejections[:MOST_REJECTIONS]


def _schema_rejections(statements: Sequence[Any], version: Version, single: bool) -> Iterator[Rejection]:
    """The slow way: every statement on its own, with its reasons."""
    verdict = schema.quick(version, "statement")
    ids: set[str] = set()
    for index, statement in enumerate(statements):
        faults: Iterable[Fault]
        if not verdict.is_valid(statement):
            faults = _schema_faults(statement, version, "statement")
        else:
            faults = semantics.statement_faults(statement)
        for fault in faults:
            yield _rejection(fault, index, single)
        if isinstance(statement, dict) and isinstance(statement.get("id"), str):
            if statement["id"].lower() in ids:
                yield _rejection(_duplicate(statement["id"]), index, single)
            ids.add(statement["id"].lower())


def _schema_faults(value: Any, version: Version, subject: schema.Subject) -> Iterator[Fault]:
    explained = False
    for fault in explain.faults(value, schema.explaining(version, subject)):
        explained = True
        yield fault
    if not explained:
        # A differential test holds the two validators to one verdict; if not, the quick one rules.
        for error in schema.quick(version, subject).iter_errors(value):
            yield Fault("schema", error.message, pointer_of(list(error.instance_path)), error.instance)


def _duplicate(statement_id: str) -> Fault:
    return Fault("batch.duplicate-id", "Another statement of the batch has the same id.", "/id", statement_id)


def _rejection(fault: Fault, index: int, single: bool) -> Rejection:
    return Rejection(
        rule=fault.rule,
        message=fault.message,
        pointer=fault.pointer,
        value=shortened(explain.text_of(fault.value)),
        index=None if single else index,
    )


def _bad_request(fault: Fault) -> BadRequest:
    return BadRequest(
        fault.message, rule=fault.rule, pointer=fault.pointer, value=explain.text_of(fault.value)
    )


def _first(rejections: Iterator[Rejection]) -> list[Rejection]:
    return [rejection for rejection, _ in zip(rejections, range(MOST_REJECTIONS), strict=False)]
