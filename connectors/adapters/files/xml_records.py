"""XML: the record elements of a file as JSON values, one at a time; namespaces are left out.

In: a file. Out: (number, record, why it is broken). An element becomes an object of its children, a repeated
child a list, a leaf its text; attributes are kept as @name, text beside them as #text. Never a document type,
an entity, a network access or a tree larger than one record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from connectors.adapters.files.csv_rows import Row
from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.options import RECORD_MOST

_CHUNK = 64 * 1024
#: What may stand before the first element.
_PROLOG_MOST = 64 * 1024
_ELEMENTS_MOST = 50_000
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


@dataclass(frozen=True, slots=True)
class Shape:
    """Which elements are records, and what becomes of attributes."""

    #: Local names; none: the children of the root.
    names: frozenset[str] = frozenset()
    attributes: bool = True
    #: An element before a record and the attribute of it that is given to the record, by their local names.
    said_before: tuple[str, str] = ("", "")


def records(path: Path, shape: Shape) -> Iterator[Row]:
    """Give every record of a file; what `said_before` names stands in each as @ and its attribute."""
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    walk = _Walk(shape)
    try:
        with path.open("rb") as source:
            fed = 0
            while chunk := source.read(_CHUNK):
                fed += len(chunk)
                parser.feed(chunk)
                yield from walk.read(parser)
                if not walk.begun and fed > _PROLOG_MOST:
                    raise Damaged("The XML has no element within its first part.")
            parser.close()
            yield from walk.read(parser)
    except etree.XMLSyntaxError as error:
        raise Damaged(f"This is no XML, or it ends too early: {error}.") from error
    if not walk.begun:
        raise Damaged("The XML has no element.")


class _Walk:
    """Where in the document the parser is."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._depth = 0
        self._record: etree._Element | None = None
        self._inside = 0
        self._number = 0
        self._said = ""
        self.begun = False

    def read(self, parser: etree.XMLPullParser) -> Iterator[Row]:
        """Give the records that are whole by now."""
        for event, element in parser.read_events():
            if not etree.iselement(element):
                continue
            if event == "start":
                self._start(element)
            else:
                row = self._end(element)
                if row is not None:
                    yield row

    def _start(self, element: etree._Element) -> None:
        if not self.begun:
            self.begun = True
            if element.getroottree().docinfo.internalDTD is not None:
                raise Damaged("The XML has a document type; such files are not read.")
        self._depth += 1
        if self._record is not None:
            self._inside += 1
            if self._inside > _ELEMENTS_MOST:
                raise Damaged(f"A record has more than {_ELEMENTS_MOST:,} elements.")
        elif self._is_record(element):
            self._record, self._inside = element, 0

    def _is_record(self, element: etree._Element) -> bool:
        names = self._shape.names
        return _local(element.tag) in names if names else self._depth == 2

    def _end(self, element: etree._Element) -> Row | None:
        self._depth -= 1
        row = None
        if self._record is element:
            row = self._row(element)
            self._record = None
        elif self._record is None and _local(element.tag) == self._shape.said_before[0]:
            self._said = element.get(self._shape.said_before[1], "")
        if self._record is None:
            _forget(element)
        return row

    def _row(self, element: etree._Element) -> Row:
        self._number += 1
        value = _value(element, attributes=self._shape.attributes)
        found = value if isinstance(value, dict) else {"#text": value}
        if self._shape.said_before[0]:
            found[f"@{self._shape.said_before[1]}"] = self._said
        if sum(len(text) for text in element.itertext()) > RECORD_MOST:
            return self._number, {}, f"Record {self._number} is longer than {RECORD_MOST:,} characters."
        return self._number, found, ""


def _forget(element: etree._Element) -> None:
    """Free an element and what stands before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _value(element: etree._Element, *, attributes: bool) -> Any:
    found: dict[str, Any] = {}
    for name, text in element.attrib.items():
        if not str(name).startswith(_SCHEMA_INSTANCE) and (attributes or len(element)):
            found[f"@{_local(name)}"] = str(text)
    for child in element:
        name, value = _local(child.tag), _value(child, attributes=attributes)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    text = (element.text or "").strip() if not len(element) else ""
    if not found:
        return text
    if text:
        found["#text"] = text
    return found


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2] if isinstance(tag, str) else ""
