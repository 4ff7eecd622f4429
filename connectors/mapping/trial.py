"""A mapping tried on samples: field by field for the editor, as a whole for the test before it is used.

In: a document or a compiled mapping, and raw records. Out: what each rule gives or why it cannot; which
samples do not become valid canonical records. Nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import Refused
from connectors.mapping import compiled, paths
from connectors.mapping.document import problems
from connectors.mapping.fault import Fault, Malformed, Problem
from connectors.mapping.parts import Field, Part
from connectors.mapping.rules import Rule
from connectors.mapping.targets import PREFIXES, is_true
from connectors.workforce import canonical
from connectors.workforce.canonical import Worker
from connectors.workforce.worker import check

Samples = Mapping[str, Sequence[Mapping[str, Any]]]

#: Elements of a list shown in a preview.
_ELEMENTS_MOST = 5
_FAILURES_MOST = 50


@dataclass(frozen=True, slots=True)
class Tried:
    """What one rule made of the sample."""

    #: JSON pointer of the rule in the document.
    pointer: str
    target: str
    #: JSON pointer into the raw record.
    field: str = ""
    value: Any = None
    error: str = ""
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a document makes of one raw record."""

    problems: tuple[Problem, ...] = ()
    tried: tuple[Tried, ...] = ()
    #: Canonical records as JSON.
    records: tuple[dict[str, Any], ...] = ()
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A sample that does not become valid canonical records."""

    kind: str
    place: int
    refused: Refused


def preview(document: Any, kind: str, raw: Mapping[str, Any]) -> Preview:
    """Return what a document makes of one raw record, rule by rule and as a whole."""
    try:
        mapping = compiled.compile(document)
    except Malformed as error:
        return Preview(problems=tuple(error.problems))
    tried = tuple(explain(mapping, kind, raw))
    try:
        found = records(mapping, kind, raw)
    except Refused as error:
        return Preview(tried=tried, refused=error)
    return Preview(tried=tried, records=tuple(canonical.to_json(each) for each in found))


def records(mapping: compiled.Mapping, kind: str, raw: Mapping[str, Any]) -> list[canonical.Record]:
    """Return the canonical records of a sample; raise Refused also where a record contradicts itself."""
    found = mapping.apply(kind, raw)
    for each in found:
        if isinstance(each, Worker):
            check(each)
    return found


def failures(mapping: compiled.Mapping, samples: Samples) -> Iterator[Failure]:
    """Yield every sample that is refused."""
    for kind, raws in samples.items():
        for place, raw in enumerate(raws):
            try:
                records(mapping, kind, raw)
            except Refused as error:
                yield Failure(kind, place, error)


def try_out(document: Any, samples: Samples, *, today: compiled.Mapping | None = None) -> dict[str, Any]:
    """Return whether a document can be used, as JSON: it must be sound, there must be samples, and every one
    must become valid records. A sample that the mapping in use `today` refuses for the same reason is told
    of and does not count against the new one."""
    found = problems(document)
    if found:
        told = [{"pointer": each.pointer, "reason": each.reason} for each in found]
        return {"passed": False, "tried": 0, "problems": told, "failures": [], "refused_today": []}
    mapping = compiled.compile(document)
    tried = sum(len(raws) for raws in samples.values())
    known = (
        {(f.kind, f.place, f.refused.rule, f.refused.field) for f in failures(today, samples)}
        if today
        else set()
    )
    failed: list[dict[str, Any]] = []
    before: list[dict[str, Any]] = []
    for each in failures(mapping, samples):
        name = (each.kind, each.place, each.refused.rule, each.refused.field)
        (before if name in known else failed).append(_told(each))
    worked = tried - len(failed) - len(before)
    missing = [] if worked else [{"pointer": "", "reason": "There is no sample it could be tried on."}]
    return {
        "passed": not failed and worked > 0,
        "tried": tried,
        "problems": missing if not failed else [],
        "failures": failed[:_FAILURES_MOST],
        "refused_today": before[:_FAILURES_MOST],
    }


def _told(each: Failure) -> dict[str, Any]:
    refused = each.refused
    return {
        "kind": each.kind,
        "sample": each.place + 1,
        "field": refused.field,
        "rule": refused.rule,
        "reason": refused.reason,
        "suggestion": refused.suggestion,
    }


def explain(mapping: compiled.Mapping, kind: str, raw: Mapping[str, Any]) -> Iterator[Tried]:
    """Yield what each rule for a kind gives for this record."""
    root = dict(raw)
    for part in mapping.kinds.get(kind, ()):
        yield from _part(part, root, root, "")


def _part(part: Part, element: Any, root: Any, before: str) -> Iterator[Tried]:
    if part.each is None:
        yield from _element(part, element, root, before)
        return
    at = f"{part.pointer.removesuffix('/fields')}/each"
    title = f"{PREFIXES[part.owner]} (each)"
    here = "" if part.each.rooted else before
    try:
        elements = paths.listed(paths.read(part.each, element, root))
    except Fault as fault:
        yield Tried(at, title, error=fault.reason, suggestion=fault.suggestion)
        return
    pointer = here + paths.pointer(part.each, element, root)
    yield Tried(at, title, field=pointer, value=f"{len(elements)} found")
    for place, inner in enumerate(elements[:_ELEMENTS_MOST]):
        yield from _element(part, inner, root, f"{pointer}/{place}")


def _element(part: Part, element: Any, root: Any, before: str) -> Iterator[Tried]:
    if part.when is not None:
        tried = _tried(part.when, f"{PREFIXES[part.owner]} (only if)", element, root, before)
        yield tried
        if tried.error or not is_true(tried.value):
            return
    for each in part.fields:
        yield _tried_field(each, element, root, before)
    for within in part.lists.values():
        for inner in within:
            yield from _part(inner, element, root, before)


def _tried_field(each: Field, element: Any, root: Any, before: str) -> Tried:
    tried = _tried(each.rule, each.target.title, element, root, before)
    missing = tried.value is None and not tried.error and each.target.title in _ALWAYS
    return (
        tried
        if not missing
        else Tried(tried.pointer, tried.target, tried.field, error="There must be a value here.")
    )


_ALWAYS = {"worker.key", "relationship.hire_date", "ended.key", "rescinded.key"}


def _tried(rule: Rule, target: str, element: Any, root: Any, before: str) -> Tried:
    field = ""
    if rule.source is not None:
        here = "" if rule.source.rooted else before
        field = here + paths.pointer(rule.source, element, root)
    try:
        value = rule.evaluate(element, root)
    except Fault as fault:
        return Tried(rule.pointer, target, field, error=fault.reason, suggestion=fault.suggestion)
    return Tried(rule.pointer, target, field, value=_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | list) else str(value)
