"""Paths into raw records: `a.b[0].c`, `a[type=W1].value`, `$.root`, `a[*].b`, `["a name.with dots"]`, `.`

In: the text of a path. Out: a function that reads it, its JSON pointer in a record, and the plain names it
goes through. A path finds nothing (None) where the record has nothing there; it faults only where a list has
several elements and the path does not say which.

| written | reads |
|---|---|
| `name`, `["any name"]` | a member; of a list with one element, that element's |
| `[0]`, `[-1]` | an element from the front or the back; a single object counts as a list of one |
| `[type=W1]`, `[ref[0].id!="x"]` | the first element where it holds; several in a row must all hold |
| `[*]` | every element; the path then gives a list |
| `$.` in front | the whole record, from inside `each` |
| `.` | the element itself |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.mapping.fault import Fault, Wrong

Reader = Callable[[Any, Any], Any]

#: Names in a path at most; records are not nested deeper.
STEPS_MOST = 40
_PLAIN = re.compile(r"[^.\[\]\"$*=]+")
_INDEX = re.compile(r"-?\d{1,6}")
_TEST = re.compile(r"(?P<path>.+?)(?P<not>!)?=(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Name:
    """A member of an object."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element by its place."""

    at: int


@dataclass(frozen=True, slots=True)
class Every:
    """All elements."""


@dataclass(frozen=True, slots=True)
class Test:
    """Whether what a path finds in an element is a text, or is not."""

    path: Path
    text: str
    negated: bool = False

    def holds(self, element: Any) -> bool:
        """Whether it is so for this element."""
        return (as_text(read(self.path, element)) == self.text) is not self.negated


@dataclass(frozen=True, slots=True)
class Where:
    """The first element for which every test holds."""

    tests: tuple[Test, ...]


Step = Name | Index | Every | Where


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path."""

    steps: tuple[Step, ...]
    rooted: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names it goes through, whichever elements it chooses on the way."""
        return tuple(step.name for step in self.steps if isinstance(step, Name))

    @property
    def many(self) -> bool:
        """Whether it gives a list of all it finds."""
        return any(isinstance(step, Every) for step in self.steps)

    def __str__(self) -> str:
        return render(self)


def parse(text: str) -> Path:
    """Return the path; Wrong, with a sentence, where it is none."""
    rest = text.strip()
    if rest == ".":
        return Path(())
    rooted = rest == "$" or rest.startswith(("$.", "$["))
    if rooted:
        rest = rest[1:].removeprefix(".")
    steps: list[Step] = []
    fresh = True
    while rest:
        if rest[0] == "[":
            step, rest = _bracket(rest)
            steps.append(step)
        elif fresh and (found := _PLAIN.match(rest)):
            steps.append(Name(found[0].strip()))
            rest = rest[found.end() :]
        else:
            raise Wrong(f"“{text}” is no path: it cannot go on with “{rest[:20]}”.")
        fresh = rest.startswith(".")
        if fresh:
            rest = rest[1:]
            if not rest:
                raise Wrong(f"“{text}” is no path: it ends with a dot.")
    if not steps and not rooted:
        raise Wrong("The path is empty.")
    if len(steps) > STEPS_MOST:
        raise Wrong(f"The path has more than {STEPS_MOST} steps.")
    return Path(_joined(steps), rooted)


def _bracket(rest: str) -> tuple[Step, str]:
    inner, after = _closed(rest)
    if inner == "*":
        return Every(), after
    if _INDEX.fullmatch(inner):
        return Index(int(inner)), after
    if len(inner) > 1 and inner[0] == inner[-1] == '"' and inner.count('"') == 2:
        return Name(inner[1:-1]), after
    test = _TEST.fullmatch(inner)
    if test is None:
        raise Wrong(f'“[{inner}]” is none of [0], [*], [name=value] and ["name"].')
    value = test["value"].strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    path = parse(test["path"])
    if path.many or path.rooted:
        raise Wrong(f"“[{inner}]” must test one value of the element itself.")
    return Where((Test(path, value, negated=bool(test["not"])),)), after


def _closed(rest: str) -> tuple[str, str]:
    """Return what stands within the first brackets, and what follows them; quotes may hold brackets, and a
    test may choose an element by its place ([0]) on the way."""
    quoted, inside = False, 0
    for place, letter in enumerate(rest):
        if letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter == "[":
            inside += 1
        elif letter == "]":
            inside -= 1
            if not inside:
                return rest[1:place], rest[place + 1 :]
    raise Wrong(f"“{rest}” lacks its closing bracket.")


def _joined(steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps with tests that follow one another made one."""
    joined: list[Step] = []
    for step in steps:
        if isinstance(step, Where) and joined and isinstance(joined[-1], Where):
            joined[-1] = Where((*joined[-1].tests, *step.tests))
        else:
            joined.append(step)
    return tuple(joined)


def render(path: Path) -> str:
    """Return the text of a path; `parse` makes the same path of it."""
    text = "$" if path.rooted else ""
    for step in path.steps:
        if isinstance(step, Name):
            plain = _PLAIN.fullmatch(step.name) and step.name == step.name.strip()
            written = step.name if plain else f'["{step.name}"]'
            text += f".{written}" if text and plain else written
        elif isinstance(step, Index):
            text += f"[{step.at}]"
        elif isinstance(step, Every):
            text += "[*]"
        else:
            for test in step.tests:
                quoted = f'"{test.text}"' if re.search(r"[\[\]\s]", test.text) or not test.text else test.text
                text += f"[{render(test.path)}{'!' if test.negated else ''}={quoted}]"
    return text or "."


def renamed(path: Path, place: int, name: str) -> Path:
    """Return the path with its name at `place` (counting names only) replaced."""
    steps = list(path.steps)
    places = [at for at, step in enumerate(steps) if isinstance(step, Name)]
    steps[places[place]] = Name(name)
    return Path(tuple(steps), path.rooted)


def dotted(names: tuple[str, ...]) -> str:
    """Return names as one text: how shapes of sources (connectors.drift) name a field."""
    return render(Path(tuple(Name(each) for each in names))) if names else "."


def as_text(value: Any) -> str | None:
    """Return a scalar as a document would write it; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else None


def read(path: Path, element: Any, root: Any = None) -> Any:
    """Return what a path finds; `reader` is the same for a path that is read often."""
    return reader(path)(element, root)


def reader(path: Path) -> Reader:
    """Return the function that reads a path from an element, or from the root."""
    if all(isinstance(step, Name) for step in path.steps):
        return _names_reader(path)
    take = _chain(path.steps)
    if path.rooted:
        return lambda _, root: take(root)
    return lambda element, _: take(element)


def _names_reader(path: Path) -> Reader:
    names, rooted = path.names, path.rooted
    if len(names) == 1 and not rooted:
        [name] = names

        def one(element: Any, _: Any) -> Any:
            return element.get(name) if type(element) is dict else _member(element, name)

        return one

    def walk(element: Any, root: Any) -> Any:
        value = root if rooted else element
        for name in names:
            value = value.get(name) if type(value) is dict else _member(value, name)
            if value is None:
                return None
        return value

    return walk


def _chain(steps: tuple[Step, ...]) -> Callable[[Any], Any]:
    for place, step in enumerate(steps):
        if isinstance(step, Every):
            return _every(_chain(steps[:place]), steps[place + 1 :])
    takes = [_taking(step) for step in steps]

    def chain(value: Any) -> Any:
        for take in takes:
            if value is None:
                return None
            value = take(value)
        return value

    return chain


def _every(before: Callable[[Any], Any], rest: tuple[Step, ...]) -> Callable[[Any], Any]:
    after = _chain(rest)
    nested = any(isinstance(each, Every) for each in rest)

    def every(value: Any) -> Any:
        found = [after(each) for each in listed(before(value))]
        if nested:
            found = [inner for each in found for inner in each]
        return [each for each in found if each is not None]

    return every


def _taking(step: Step) -> Callable[[Any], Any]:
    if isinstance(step, Name):
        name = step.name
        return lambda value: _member(value, name)
    if isinstance(step, Index):
        at = step.at
        return lambda value: _element(listed(value), at)
    tests = step.tests if isinstance(step, Where) else ()
    return lambda value: next((e for e in listed(value) if all(test.holds(e) for test in tests)), None)


def _element(elements: list[Any], at: int) -> Any:
    return elements[at] if -len(elements) <= at < len(elements) else None


def _member(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list):
        if len(value) > 1:
            raise Fault(
                "mapping.several",
                f"There are {len(value)} elements, and the path to “{name}” does not say which one.",
                suggestion="Choose one by its place ([0]) or by what tells it apart ([type=…]).",
            )
        return _member(value[0], name) if value else None
    return None


def listed(value: Any) -> list[Any]:
    """Return elements: those of a list, one for anything else, none for nothing."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def pointer(path: Path, element: Any, root: Any) -> str:
    """Return the JSON pointer of what a path reads, as far as the record goes, then as it would go on."""
    value = root if path.rooted else element
    text = ""
    for step in path.steps:
        if isinstance(step, Name):
            if isinstance(value, list) and len(value) == 1:
                value, text = value[0], f"{text}/0"
            text += "/" + step.name.replace("~", "~0").replace("/", "~1")
            value = value.get(step.name) if isinstance(value, Mapping) else None
            continue
        if not isinstance(value, list):
            continue
        if isinstance(step, Every):
            return text
        place = _place(step, value)
        if place is None:
            return text
        value, text = value[place], f"{text}/{place}"
    return text


def _place(step: Step, elements: list[Any]) -> int | None:
    if isinstance(step, Index):
        return step.at % len(elements) if -len(elements) <= step.at < len(elements) else None
    tests = step.tests if isinstance(step, Where) else ()
    return next((at for at, e in enumerate(elements) if all(test.holds(e) for test in tests)), None)
