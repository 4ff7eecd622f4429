"""A mapping, compiled once and used for every record of a run.

    mapping = compile(document)
    mapping.apply("worker", raw)  → canonical records, or Refused

Pure: no database, no clock. A record that cannot be mapped is refused whole, with the JSON pointer of the
source field, the rule, the value and a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable as AnyIterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.errors import Refused
from connectors.mapping import document as documents
from connectors.mapping import parts, paths
from connectors.mapping.fault import Fault, Malformed
from connectors.mapping.parts import Part
from connectors.mapping.program import AsKnown, Made, program
from connectors.workforce.canonical import Record, Worker

Program = Callable[[Any], list[Made]]

#: Sets of held fields for which programs are kept.
_PROGRAMS_MOST = 32


@dataclass(slots=True)
class Read:
    """What a mapping makes of one source field."""

    #: Canonical fields it feeds, as assignment.unit.
    targets: set[str]
    #: What is held while this field is in doubt.
    holds: set[str]
    #: Values the mapping knows; an unknown one is refused, or falls to a default.
    known: set[str]
    #: Values by which elements are chosen on the way.
    chosen: set[str]
    #: Whether a worker's own key depends on it, or whether there is a worker: nothing can be held then.
    key: bool = False


class Mapping:
    """A compiled mapping document."""

    def __init__(self, document: AnyMapping[str, Any], kinds: AnyMapping[str, tuple[Part, ...]]) -> None:
        self.document = document
        self.kinds = kinds
        self._programs: dict[tuple[str, frozenset[str]], Program] = {}
        self._withheld: dict[tuple[str, tuple[str, ...]], frozenset[str]] = {}

    def apply(
        self, kind: str, raw: AnyMapping[str, Any], *, held: frozenset[str] = frozenset()
    ) -> list[Record]:
        """Return what a raw record of `kind` says, as canonical records; raise Refused where it cannot be
        told. Fields in `held` (connectors.drift.Watch.held) are left as they are known; one that
        ends with “?” only where its rule does not know the value."""
        return [each for each in self.take(kind, raw, held=held) if not isinstance(each, AsKnown)]

    def take(self, kind: str, raw: AnyMapping[str, Any], *, held: frozenset[str] = frozenset()) -> list[Made]:
        """Do as `apply`, and say also of whom a record is that leaves its worker as known altogether."""
        run = self._programs.get((kind, held)) or self._program(kind, held)
        try:
            return run(raw if type(raw) is dict else dict(raw))
        except Fault as fault:
            soft = frozenset(f"{each}?" for each in fault.holds) & held
            if soft:
                harder = held - soft | {each.removesuffix("?") for each in soft}
                return self.take(kind, raw, held=harder)
            raise _refused(fault) from fault

    def holding(self, kind: str, withheld: AnyIterable[str]) -> frozenset[str]:
        """Return what is held where the source withholds some paths, and all that is below them."""
        asked = (kind, tuple(withheld))
        known = self._withheld.get(asked)
        if known is None:
            within = tuple(f"{each}{mark}" for each in asked[1] for mark in ".[")
            known = self._withheld[asked] = frozenset(
                held
                for path, read in self.reads.get(kind, {}).items()
                if path in asked[1] or path.startswith(within)
                for held in read.holds
            )
        return known

    @cached_property
    def paths(self) -> frozenset[str]:
        """Every source field it reads, named as shapes name them (connectors.drift.shape)."""
        return frozenset(path for reads in self.reads.values() for path in reads)

    @cached_property
    def reads(self) -> AnyMapping[str, AnyMapping[str, Read]]:
        """By raw kind and source field, what becomes of it."""
        return {kind: _reads(found) for kind, found in self.kinds.items()}

    def _program(self, kind: str, held: frozenset[str]) -> Program:
        found = self.kinds.get(kind)
        if found is None:
            raise Refused(
                f"The mapping does not say what a “{kind}” becomes.",
                rule="mapping.kind",
                value=kind,
                suggestion=f"Known are {', '.join(self.kinds)}.",
            )
        made = program(kind, found, held)
        if len(self._programs) >= _PROGRAMS_MOST:
            self._programs.clear()
        self._programs[kind, held] = made
        return made


def compile(document: AnyMapping[str, Any]) -> Mapping:  # noqa: A001  connectors.mapping.compile reads well
    """Return the mapping of a document; raise Malformed with everything that is wrong with it."""
    kinds, problems = documents.read(document)
    if problems:
        raise Malformed(problems)
    return Mapping(document, kinds)


def _refused(fault: Fault) -> Refused:
    return Refused(
        fault.reason,
        rule=fault.rule,
        field=fault.pointer or "",
        value=fault.value,
        suggestion=fault.suggestion,
    )


def _reads(found: tuple[Part, ...]) -> dict[str, Read]:
    reads: dict[str, Read] = {}
    for top in found:
        for part in top.everything():
            outer = part.base[: len(part.base) - (len(part.each.names) if part.each else 0)]
            prefix = parts.title(part.owner)
            if part.each is not None:
                _note(reads, outer, part.each, prefix, part.holds, key=part.owner is Worker)
            if part.when is not None:
                for path in part.when.reads:
                    _note(reads, part.base, path, prefix, part.holds, key=part.owner is Worker)
            for field in part.fields:
                key = part.owner is Worker and field.target.name == "key"
                for place, path in enumerate(field.rule.reads):
                    read = _note(reads, part.base, path, field.target.title, field.holds, key=key)
                    if place == 0:
                        read.known |= field.rule.known
    return reads


def _note(
    reads: dict[str, Read],
    base: tuple[str, ...],
    path: paths.Path,
    target: str,
    held: frozenset[str],
    *,
    key: bool = False,
) -> Read:
    """Note that a path feeds a target, and so do the fields by which it chooses elements."""
    names = () if path.rooted else base
    found = None
    for step in path.steps:
        if isinstance(step, paths.Name):
            names = (*names, step.name)
        elif isinstance(step, paths.Where):
            for test in step.tests:
                chosen = _one(reads, (*names, *test.path.names), target, held)
                if not test.negated:
                    chosen.chosen.add(test.text)
    found = _one(reads, names, target, held)
    found.key |= key
    return found


def _one(reads: dict[str, Read], names: tuple[str, ...], target: str, held: frozenset[str]) -> Read:
    read = reads.setdefault(paths.dotted(names), Read(set(), set(), set(), set()))
    read.targets.add(target)
    read.holds |= held
    return read
