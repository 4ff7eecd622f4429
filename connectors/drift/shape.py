"""What a source's records look like: profiled record by record, in bounded memory.

In: raw records. Out: for each kind of record and each field (named as connectors.mapping.paths.dotted writes
it, whichever element of a list it is in) how often it is there, its types, patterns, lengths, its values
where they are few, and a sketch of them where they are many. JSON values throughout; no value of a field
whose values do not repeat is kept, only hashes of a few.

The first thousand records are looked at one by one and counted apart: sources keep their order, so the
beginning of a run is compared with the beginning of the one before. Of a long run every tenth record is
looked at, chosen by its key, so that runs choose the same ones.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

from connectors.adapters import RawRecord
from connectors.mapping import paths

Shape = dict[str, Any]

#: Records by which it is decided what to hold.
HEAD = 1_000
#: From then on only some records are looked at: one in so many.
ALL_UNTIL, ONE_IN = 5_000, 10
#: Bounds.
FIELDS_MOST, DEPTH_MOST, ELEMENTS_MOST, NAME_MOST = 2_000, 16, 50, 100
VALUES_MOST, VALUE_LENGTH_MOST, SKETCH = 50, 60, 64
SAMPLES_MOST, SAMPLES_FIRST = 20, 5

_NUMBER = re.compile(r"-?\d+[.,]\d+")
_DAY = re.compile(r"\d{1,2}([./-])(?:\d{1,2}|[A-Za-z]{3})\1\d{2,4}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CODE = re.compile(r"(?=.*[A-Z0-9])[A-Z0-9_./-]{1,40}")


class Profile:
    """The shape of a run's records so far, by kind."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}

    @property
    def records(self) -> int:
        """How many records were seen."""
        return sum(each.records for each in self._kinds.values())

    @property
    def head_complete(self) -> bool:
        """Whether every kind there is has shown its beginning."""
        return bool(self._kinds) and all(each.head_of for each in self._kinds.values())

    def see(self, records: Sequence[RawRecord]) -> None:
        """Take some records into account; those that could not be read whole are only counted."""
        for record in records:
            kind = self._kinds.get(record.kind)
            if kind is None:
                kind = self._kinds[record.kind] = _Kind()
            kind.see(record)

    def shapes(self) -> dict[str, Shape]:
        """Return the shape of each kind."""
        return {name: kind.shape() for name, kind in self._kinds.items()}

    def samples(self) -> dict[str, list[Any]]:
        """Return a few records of each kind as they came."""
        return {name: list(kind.samples) for name, kind in self._kinds.items() if kind.samples}


class _Kind:
    """The records of one kind."""

    def __init__(self) -> None:
        self.records = 0
        self.sampled = 0
        self.head_of = 0
        self.root = _Node()
        self.room = [FIELDS_MOST]
        self.samples: list[Any] = []

    def see(self, record: RawRecord) -> None:
        self.records += 1
        if record.broken and not record.whole:
            return
        mark = crc32(record.key.encode(errors="replace")) if record.key else self.records
        if self.records > ALL_UNTIL and mark % ONE_IN:
            return
        self.sampled += 1
        if len(self.samples) < SAMPLES_FIRST or (len(self.samples) < SAMPLES_MOST and mark % 97 == 0):
            self.samples.append(dict(record.raw))
        for name, value in record.raw.items():
            self.root.child(name, self.room).observe(value, self.sampled, 1, self.room)
        if self.sampled == HEAD:
            self.head_of = HEAD
            for _, node in self.root.all(()):
                node.head = node.present

    def shape(self) -> Shape:
        return {
            "records": self.records,
            "fields": {
                paths.dotted(names): node.shape(self.sampled, self.head_of)
                for names, node in self.root.all(())
                if names
            },
        }


class _Node:
    """One field, with the fields inside it."""

    __slots__ = (
        "children",
        "head",
        "last",
        "lists",
        "long",
        "patterns",
        "present",
        "short",
        "sketch",
        "types",
        "values",
    )

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.present = 0
        self.head = 0
        #: The record in which it was met last, so that a record counts once.
        self.last = 0
        self.lists = 0
        self.types: dict[str, int] = {}
        self.patterns: dict[str, int] = {}
        #: Values and how often; None once there are too many.
        self.values: dict[str, int] | None = {}
        #: The smallest hashes of its values: two sketches tell how much two sets of values share.
        self.sketch: list[int] = []
        self.short = 0
        self.long = 0

    def child(self, name: str, room: list[int]) -> _Node:
        found = self.children.get(name)
        if found is None:
            found = _Node()
            if room[0] > 0 and len(name) <= NAME_MOST and '"' not in name:
                room[0] -= 1
                self.children[name] = found
        return found

    def observe(self, value: Any, record: int, depth: int, room: list[int]) -> None:
        if value is None or value == "":
            return
        if type(value) is list:
            self.lists += 1
            for each in value[:ELEMENTS_MOST]:
                if type(each) is not list:
                    self.observe(each, record, depth, room)
            return
        if self.last != record:
            self.last = record
            self.present += 1
        if isinstance(value, Mapping):
            self.types["object"] = self.types.get("object", 0) + 1
            if depth < DEPTH_MOST:
                for name, inner in value.items():
                    self.child(name, room).observe(inner, record, depth + 1, room)
        elif isinstance(value, str):
            self.types["string"] = self.types.get("string", 0) + 1
            pattern = pattern_of(value)
            self.patterns[pattern] = self.patterns.get(pattern, 0) + 1
            self._value(value)
        else:
            name = "boolean" if isinstance(value, bool) else "number"
            self.types[name] = self.types.get(name, 0) + 1
            self._value(paths.as_text(value) or "")

    def _value(self, text: str) -> None:
        length = len(text)
        self.long = max(self.long, length)
        if length < self.short or not self.short:
            self.short = length
        if self.values is not None:
            if text in self.values:
                self.values[text] += 1
                return
            if len(self.values) < VALUES_MOST and length <= VALUE_LENGTH_MOST:
                self.values[text] = 1
            else:
                self.values = None
        hashed = crc32(text.encode(errors="replace"))
        if (len(self.sketch) < SKETCH or hashed < self.sketch[-1]) and hashed not in self.sketch:
            insort(self.sketch, hashed)
            del self.sketch[SKETCH:]

    def all(self, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], _Node]]:
        """Yield this field and those inside it."""
        yield names, self
        for name, child in self.children.items():
            yield from child.all((*names, name))

    def shape(self, sampled: int, head_of: int) -> Shape:
        shape: Shape = {"n": self.present, "of": sampled, "types": self.types}
        shape["head"], shape["head_of"] = (self.head, head_of) if head_of else (self.present, sampled)
        if self.children:
            shape["children"] = sorted(self.children)
        if self.lists:
            shape["lists"] = self.lists
        if self.patterns:
            shape["patterns"] = self.patterns
        if self.sketch:
            shape["sketch"] = list(self.sketch)
            shape["length"] = [self.short, self.long]
        # Values that hardly repeat are no codes but names, numbers and addresses of people.
        if self.values and 4 * len(self.values) <= sum(self.values.values()):
            shape["values"] = dict(self.values)
        return shape


@lru_cache(maxsize=8192)
def pattern_of(text: str) -> str:
    """Return what kind of text it is."""
    if text.isdigit():
        return "digits from 0" if text[0] == "0" and len(text) > 1 else "digits"
    if len(text) >= 10 and text[4] == "-" and text[7] == "-" and text[:4].isdigit():
        return "date" if len(text) == 10 else "moment"
    if text.startswith("/Date("):
        return "OData date"
    if "@" in text:
        return "address"
    if found := _DAY.fullmatch(text):
        return f"date with {found[1]}"
    if len(text) == 36 and _UUID.fullmatch(text):
        return "UUID"
    if _NUMBER.fullmatch(text):
        return "number"
    if text.casefold() in {"true", "false", "yes", "no"}:
        return "yes or no"
    return "code" if _CODE.fullmatch(text[:41]) else "text"


def named(kind: str, path: str) -> str:
    """Return how findings name a field of a kind."""
    return f"{kind}: {path}" if path else kind
