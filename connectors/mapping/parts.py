"""A mapping document as a tree: what each kind of raw record becomes, part by part.

In: a document that fits the schema. Out: for each raw kind its parts, with rules compiled, and every problem
the schema cannot see: unknown fields, paths and patterns that cannot be read, missing keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.mapping import paths, rules
from connectors.mapping.fault import Problem, Wrong, nearest
from connectors.mapping.rules import Rule, Tables
from connectors.mapping.targets import EVERYTHING, PREFIXES, RECORDS, Target, holds, parts_of, targets
from connectors.workforce.canonical import Identified, Worker


@dataclass(frozen=True, slots=True)
class Field:
    """A canonical field and the rule that fills it."""

    target: Target
    rule: Rule
    #: What is kept as it is known while the source of this field is in doubt.
    holds: frozenset[str]

    @property
    def soft(self) -> frozenset[str]:
        """The same, held only in records whose value the rule does not know."""
        return frozenset(f"{each}?" for each in self.holds)


@dataclass(frozen=True, slots=True)
class Part:
    """A record, or a part of one."""

    #: JSON pointer of its fields in the document.
    pointer: str
    owner: type
    #: The list whose elements become such parts; None: there is one.
    each: paths.Path | None
    when: Rule | None
    fields: tuple[Field, ...]
    lists: Mapping[str, tuple[Part, ...]]
    #: What is held where `each` or `when` is in doubt.
    holds: frozenset[str]
    #: Names of the paths from the record to its elements.
    base: tuple[str, ...]

    def everything(self) -> Iterator[Part]:
        """Yield this part and all within it."""
        yield self
        for within in self.lists.values():
            for each in within:
                yield from each.everything()


@dataclass(slots=True)
class _Reading:
    tables: Tables
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, pointer: str, reason: str) -> None:
        self.problems.append(Problem(pointer, reason))


def tree(document: Mapping[str, Any]) -> tuple[Mapping[str, tuple[Part, ...]], list[Problem]]:
    """Return the parts of each raw kind, and what is wrong with the document."""
    reading = _Reading(document.get("tables", {}))
    kinds = {}
    for kind, spec in document["records"].items():
        pointer = f"/records/{escaped(kind)}/emit"
        kinds[kind] = tuple(
            _part(reading, RECORDS[each["record"]], each, f"{pointer}/{place}", ())
            for place, each in enumerate(spec["emit"])
        )
    return kinds, reading.problems


def _part(
    reading: _Reading, owner: type, spec: Mapping[str, Any], pointer: str, base: tuple[str, ...]
) -> Part:
    """Return the part of `{"each": …, "when": …, "fields": …}`, or of plain fields."""
    wrapped = "fields" in spec
    fields, inside = (spec["fields"], f"{pointer}/fields") if wrapped else (spec, pointer)
    each = _path(reading, spec["each"], f"{pointer}/each") if wrapped and "each" in spec else None
    if each is not None:
        base = each.names if each.rooted else (*base, *each.names)
    when = _rule(reading, spec["when"], f"{pointer}/when", None) if wrapped and "when" in spec else None
    known, inner = targets(owner), parts_of(owner)
    identifier_type = _identifier_type(owner, fields)
    found: list[Field] = []
    lists: dict[str, tuple[Part, ...]] = {}
    for name, value in fields.items():
        at = f"{inside}/{escaped(name)}"
        if name in inner:
            lists[name] = _list(reading, inner[name], value, at, base)
        elif name not in known:
            near = nearest(name, [*known, *inner])
            reading.wrong(at, f"There is no such field.{f' Is it “{near}”?' if near else ''}")
        elif not isinstance(value, Mapping):
            reading.wrong(at, "This field takes a rule, not a list.")
        else:
            rule = _rule(reading, value, at, known[name])
            if rule is not None:
                found.append(Field(known[name], rule, known[name].holds(identifier_type)))
    _complete(reading, owner, set(fields), inside)
    held = EVERYTHING if owner is Worker else holds(owner, "", identifier_type)
    return Part(inside, owner, each, when, tuple(found), lists, held, base)


def _complete(reading: _Reading, owner: type, named: set[str], pointer: str) -> None:
    for name, target in targets(owner).items():
        # A formatted name can be put together from its parts.
        composed = name == "formatted" and named & {"given", "family"}
        if target.required and name not in named and not composed:
            reading.wrong(pointer, f"“{name}” is missing; {target.title} cannot be without it.")


def _list(
    reading: _Reading, owner: type, value: Any, pointer: str, base: tuple[str, ...]
) -> tuple[Part, ...]:
    if isinstance(value, Mapping):
        return (_part(reading, owner, value, pointer, base),)
    return tuple(_part(reading, owner, each, f"{pointer}/{place}", base) for place, each in enumerate(value))


def _identifier_type(owner: type, fields: Mapping[str, Any]) -> str:
    rule = fields.get("type", {})
    constant = rule.get("const") if owner is Identified and isinstance(rule, Mapping) else None
    return constant if isinstance(constant, str) else ""


def _rule(reading: _Reading, spec: Mapping[str, Any], pointer: str, target: Target | None) -> Rule | None:
    try:
        return rules.make(spec, pointer, target, reading.tables)
    except Wrong as error:
        reading.wrong(pointer, str(error))
        return None


def _path(reading: _Reading, text: str, pointer: str) -> paths.Path | None:
    try:
        return paths.parse(text)
    except Wrong as error:
        reading.wrong(pointer, str(error))
        return None


def title(owner: type) -> str:
    """Return how a record or part is called where it is shown."""
    return PREFIXES[owner]


def escaped(name: str) -> str:
    """Return a name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
