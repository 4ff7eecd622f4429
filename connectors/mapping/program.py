"""Parts made into functions: the fast way from a raw record to canonical ones.

In: the parts of one raw kind and what is held. Out: a function of a raw record. Nothing is looked up by name
while records pass: what is held is left out when the function is made, once for each set of held fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.mapping import paths
from connectors.mapping.fault import Fault
from connectors.mapping.parts import Field, Part
from connectors.mapping.rules import Evaluate
from connectors.mapping.targets import EVERYTHING, is_true
from connectors.workforce.canonical import Ended, Identified, Named, Record, Rescinded, Worker

#: Appends the parts it makes of an element to a list.
Build = Callable[[Any, Any, list[Any]], None]


@dataclass(frozen=True, slots=True)
class AsKnown:
    """A worker a record is about, left as known altogether because of what is held."""

    key: str


Made = Record | AsKnown


def program(kind: str, parts: tuple[Part, ...], held: frozenset[str]) -> Callable[[Any], list[Made]]:
    """Return the function that makes a raw record of `kind` into canonical ones."""
    builds = [_record(part, held, told_of=_name(part.owner) != kind) for part in parts]

    def run(raw: Any) -> list[Made]:
        made: list[Made] = []
        for build in builds:
            build(raw, raw, made)
        return made

    return run


def _name(owner: type) -> str:
    return owner.__name__.lower()


def _record(part: Part, held: frozenset[str], *, told_of: bool) -> Build:
    """Return what makes a record; one that is told of in passing is left out where it has no key or name."""
    if part.owner is Worker:
        return _worker(part, held)
    if part.holds & held:
        return _when(part, _refuse if part.owner in (Ended, Rescinded) else _nothing)
    return _fill(part, held, needs="leave out" if told_of else "refuse")


def _nothing(_: Any, __: Any, ___: list[Any]) -> None:
    """Leave what is known of it as it is."""


def _refuse(_: Any, __: Any, ___: list[Any]) -> None:
    fault = Fault(
        "drift.held",
        "A field this record depends on has changed in the source.",
        suggestion="Repair the mapping or accept the change, then replay the record.",
    )
    fault.pointer, fault.absolute = "", True
    raise fault


def _worker(part: Part, held: frozenset[str]) -> Build:
    """Return what makes a worker; what is held of it is said in `held`, for connectors.workforce.

    Where the frame of an employment is held (its key, hire or end), the worker is left as known altogether: a
    record without its employments would end them. Whom it is about is told nevertheless: they have not left.
    """
    if "relationship" in held:
        return _when(part, _key_only(part))
    own = tuple(sorted(each for each in held if each.partition(".")[0] in _HELD and not each.endswith("?")))
    return _fill(part, held, needs="refuse", extra={"held": own} if own else {})


_HELD = EVERYTHING | {"assignment"}


def _key_only(part: Part) -> Build:
    """Return what says only whom a record is about."""
    rules = [
        (each.target.name, each.rule.evaluate, each) for each in part.fields if each.target.name == "key"
    ]

    def about(element: Any, root: Any, made: list[Any]) -> None:
        for _, evaluate, _ in rules:
            key = evaluate(element, root)
            if key is None:
                raise _missing(rules, "key", element, root)
            made.append(AsKnown(key))

    return about if part.each is None else _each(part.each, about)


def _when(part: Part, build: Build) -> Build:
    if part.when is None:
        return build
    holds = part.when.evaluate

    def conditional(element: Any, root: Any, made: list[Any]) -> None:
        if is_true(holds(element, root)):
            build(element, root, made)

    return conditional


def _fill(part: Part, held: frozenset[str], *, needs: str, extra: dict[str, Any] | None = None) -> Build:
    """Return what fills the fields of a part from one element, or from each."""
    owner, needed = part.owner, _needed(part.owner)
    constants, rules = _fields(part, held)
    constants |= extra or {}
    lists = [
        (name, [_part(inner, held) for inner in within])
        for name, within in part.lists.items()
        if not all(inner.holds & held for inner in within)
    ]

    def fill(element: Any, root: Any, made: list[Any]) -> None:
        values = constants.copy()
        for name, evaluate, each in rules:
            try:
                value = evaluate(element, root)
            except Fault as fault:
                fault.holds = fault.holds or each.holds
                raise
            if value is not None:
                values[name] = value
        if owner is Named and "formatted" not in values:
            _compose(values)
        for name in needed:
            if name not in values:
                if needs == "leave out":
                    return
                raise _missing(rules, name, element, root)
        for name, builds in lists:
            found: list[Any] = []
            for build in builds:
                build(element, root, found)
            values[name] = tuple(found)
        made.append(owner(**values))

    return _when(part, fill) if part.each is None else _each(part.each, _when(part, fill))


def _fields(part: Part, held: frozenset[str]) -> tuple[dict[str, Any], list[tuple[str, Evaluate, Field]]]:
    """Return the constants of a part and the rules to evaluate, without what is held."""
    constants: dict[str, Any] = {}
    rules: list[tuple[str, Evaluate, Field]] = []
    for each in part.fields:
        key = part.owner is Worker and each.target.name == "key"
        if each.holds & held and not key:
            continue
        if not each.rule.constant:
            rules.append((each.target.name, each.rule.evaluate, each))
        elif (value := each.rule.evaluate(None, None)) is not None:
            constants[each.target.name] = value
    return constants, rules


def _part(part: Part, held: frozenset[str]) -> Build:
    if part.holds & held:
        return _nothing
    # Without a value there is no identifier, without a name no name; an engagement says what it lacks.
    return _fill(part, held, needs="leave out" if part.owner in (Named, Identified) else "refuse")


def _each(path: paths.Path, build: Build) -> Build:
    read = paths.reader(path)

    def loop(element: Any, root: Any, made: list[Any]) -> None:
        try:
            found = read(element, root)
        except Fault as fault:
            _place(fault, path, element, root, None)
            raise
        if found is None:
            return
        place = 0
        try:
            for inner in found if type(found) is list else (found,):
                build(inner, root, made)
                place += 1
        except Fault as fault:
            _place(fault, path, element, root, place if isinstance(found, list) else None)
            raise

    return loop


def _place(fault: Fault, path: paths.Path, element: Any, root: Any, place: int | None) -> None:
    """Make the pointer of a fault start where `element` does."""
    if not fault.absolute:
        at = "" if place is None or path.many else f"/{place}"
        fault.pointer = f"{paths.pointer(path, element, root)}{at}{fault.pointer or ''}"
        fault.absolute = path.rooted


def _needed(owner: type) -> tuple[str, ...]:
    return tuple(
        name
        for name, each in owner.__dataclass_fields__.items()  # type: ignore[attr-defined]  # a dataclass
        if each.default is _NO_DEFAULT
    )


_NO_DEFAULT = Named.__dataclass_fields__["formatted"].default


def _compose(values: dict[str, Any]) -> None:
    formatted = " ".join(values[part] for part in ("given", "family") if part in values)
    if formatted:
        values["formatted"] = formatted[:300]


def _missing(rules: list[tuple[str, Evaluate, Field]], name: str, element: Any, root: Any) -> Fault:
    fault = Fault(
        "mapping.required",
        f"There is no {name.replace('_', ' ')}, and nothing can be taken without one.",
        suggestion="Fill it in the source, or give the rule a default.",
    )
    fault.pointer = ""
    for each_name, _, each in rules:
        if each_name == name:
            fault.holds = each.holds
            if each.rule.source is not None:
                fault.pointer = paths.pointer(each.rule.source, element, root)
                fault.absolute = each.rule.source.rooted
    return fault
