"""One rule of a mapping: from a path, through transformations, to a canonical field.

In: a RULE of a document (`{"from": …}` or `{"const": …}`) and the field it fills. Out: a function of
(element, root) that gives the field's value, None where there is none, or raises Fault with the pointer of
the source field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.mapping import paths, transforms
from connectors.mapping.fault import Fault, Wrong
from connectors.mapping.targets import Coerce, Target
from connectors.mapping.transforms import Made, Surroundings

Evaluate = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, compiled."""

    #: JSON pointer into the document.
    pointer: str
    spec: Mapping[str, Any]
    evaluate: Evaluate
    #: The path of `from`; None for a constant.
    source: paths.Path | None
    #: Every path it reads, that of `from` first.
    reads: tuple[paths.Path, ...] = ()
    #: Source values it knows, where an unknown one is refused or falls to a default.
    known: frozenset[str] = frozenset()

    @property
    def constant(self) -> bool:
        """Whether it reads nothing."""
        return not self.reads


def make(spec: Mapping[str, Any], pointer: str, target: Target | None, around: Tables) -> Rule:
    """Return the rule; Wrong where the document asks for something that cannot be."""
    coerce = target.coerce if target is not None else _as_it_is
    required = bool(spec.get("required")) or (target is not None and _always(target))
    surroundings = Surroundings(around, lambda inner: _inner(inner, around))
    if "const" in spec:
        return _constant(spec, pointer, coerce)
    source = paths.parse(spec["from"])
    made = [transforms.make(each, surroundings) for each in spec.get("transform", ())]
    evaluate = _evaluation(source, made, coerce, required=required)
    reads = (source, *(path for each in made for path in each.reads))
    known = made[0].known if made and not source.many else frozenset[str]()
    return Rule(pointer, spec, evaluate, source, reads, known)


Tables = Mapping[str, Mapping[str, Any]]


def _always(target: Target) -> bool:
    """Whether an empty value is a fault even where the rule does not say so. Parts and records that are told
    of in passing are left out instead (connectors.mapping.program)."""
    return target.required and target.title in {"worker.key", "relationship.hire_date"}


def _as_it_is(value: Any) -> Any:
    return value


def _constant(spec: Mapping[str, Any], pointer: str, coerce: Coerce) -> Rule:
    try:
        constant = None if spec["const"] is None else coerce(spec["const"])
    except Fault as fault:
        raise Wrong(fault.reason) from fault
    return Rule(pointer, spec, lambda _, __: constant, None)


def _evaluation(source: paths.Path, made: list[Made], coerce: Coerce, *, required: bool) -> Evaluate:
    read = paths.reader(source)
    steps = [(each.step, each.blank) for each in made]

    def evaluate(element: Any, root: Any) -> Any:
        try:
            value = read(element, root)
            if value == "":
                value = None
            for step, blank in steps:
                if value is not None or blank:
                    value = step(value, element, root)
            if value is not None:
                value = coerce(value)
            if required and (value is None or value in ("", ())):
                raise _absent()
        except Fault as fault:
            if fault.pointer is None:
                fault.pointer = paths.pointer(source, element, root)
                fault.absolute = source.rooted
            raise
        return value

    return evaluate


def _absent() -> Fault:
    return Fault(
        "mapping.required",
        "There must be a value here.",
        suggestion="Fill it in the source, or give the rule a default.",
    )


def _inner(spec: Mapping[str, Any], around: Tables) -> Made:
    """Return a rule within a conditional, as a transformation."""
    if "const" not in spec and "from" not in spec:
        raise Wrong("A branch is a rule (from or const) or a plain value.")
    rule = make(spec, "", None, around)
    evaluate = rule.evaluate
    return Made(lambda _, element, root: evaluate(element, root), blank=True, reads=rule.reads)
