"""OData version 2 as far as simulators speak it: filters, navigations, and answers in JSON.

In: entries as dicts, in which navigations are lists (many), dicts (one) or None; and the query of a request.
Out: whether a filter holds, and entries with what was selected and expanded. Raises Wrong, with a code, for
what the service would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from simulators.server import Answer, json_answer

Entry = dict[str, Any]
Predicate = Callable[[Entry], bool]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<comma>,)"
    r"|(?P<kind>datetimeoffset|datetime)'(?P<moment>[^']*)'"
    r"|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<number>-?\d+)[LlDdMmFf]?(?![\w/])"
    r"|(?P<word>[A-Za-z_][\w/]*))"
)
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, other: bool(value == other),
    "ne": lambda value, other: bool(value != other),
    "ge": lambda value, other: value is not None and bool(value >= other),
    "gt": lambda value, other: value is not None and bool(value > other),
    "le": lambda value, other: value is not None and bool(value <= other),
    "lt": lambda value, other: value is not None and bool(value < other),
}


class Wrong(Exception):
    """The service refuses a request."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Navigation:
    """What a property leads to."""

    entity: str
    many: bool = True


#: By entity type, its navigations by name.
Model = Mapping[str, Mapping[str, Navigation]]


def refusal(wrong: Wrong) -> Answer:
    """Return the error envelope."""
    message = {"lang": "en-US", "value": str(wrong)}
    return json_answer({"error": {"code": wrong.code, "message": message}}, wrong.status)


def moment(value: datetime) -> str:
    """Return a moment as OData writes it in JSON, with the offset that changes nothing."""
    return f"/Date({(value - _EPOCH) // timedelta(milliseconds=1)}+0000)/"


def midnight(day: date | None) -> str | None:
    """Return a day as OData writes it in JSON."""
    if day is None:
        return None
    return f"/Date({(datetime.combine(day, time(), UTC) - _EPOCH) // timedelta(milliseconds=1)})/"


@lru_cache(maxsize=100_000)
def read_moment(text: str) -> datetime:
    """Return the moment of `/Date(…)/`."""
    return _EPOCH + timedelta(milliseconds=int(re.split(r"(?<=\d)[+-]|\)", text[6:])[0]))


# Navigations


def tree(expand: str, entity: str, model: Model) -> dict[str, Any]:
    """Return what `$expand` names as a tree."""
    found: dict[str, Any] = {}
    for path in filter(None, (each.strip() for each in expand.split(","))):
        place, at = found, entity
        for name in path.split("/"):
            navigation = model[at].get(name)
            if navigation is None:
                raise Wrong("COE_PROPERTY_NOT_FOUND", f"[COE0021]Invalid navigation property {name} of {at}.")
            place, at = place.setdefault(name, {}), navigation.entity
    return found


def shown(
    entry: Entry, entity: str, model: Model, expanded: Mapping[str, Any], select: Sequence[str], url: str
) -> Entry:
    """Return an entry as it is answered."""
    uri = f"{url}/{entity}('{entry.get('__key', '')}')"
    found: Entry = {"__metadata": {"uri": uri, "type": f"SFOData.{entity}"}}
    navigations = model[entity]
    for name, value in entry.items():
        if name in navigations or name == "__key" or (select and name not in select):
            continue
        found[name] = value
    for name, navigation in navigations.items():
        if name in expanded:
            found[name] = _expanded(entry.get(name), navigation, model, expanded[name], url)
        elif not select or name in select:
            found[name] = {"__deferred": {"uri": f"{uri}/{name}"}}
    return found


def _expanded(value: Any, to: Navigation, model: Model, expanded: Mapping[str, Any], url: str) -> Any:
    if to.many:
        return {"results": [shown(each, to.entity, model, expanded, (), url) for each in value or ()]}
    return None if value is None else shown(value, to.entity, model, expanded, (), url)


# Filters


def holds(text: str) -> Predicate:
    """Return the filter: `and`, `or`, `not`, brackets, comparisons, and `in` with a list."""
    if not text.strip():
        return lambda _: True
    reading = _Reading(text)
    found = reading.either()
    if reading.token is not None:
        raise reading.wrong()
    return found


class _Reading:
    """A filter being read, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self.token: tuple[str, Any] | None = None
        self.step()

    def step(self) -> tuple[str, Any] | None:
        """Go on to the next token; return the one that was at hand."""
        before, self.token = self.token, next(self._tokens, None)
        return before

    def wrong(self) -> Wrong:
        return Wrong("COE_GENERAL_BAD_REQUEST", f"[COE0018]The filter “{self._text[:200]}” cannot be read.")

    def either(self) -> Predicate:
        parts = [self._all()]
        while self.token == ("word", "or"):
            self.step()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda entry: any(part(entry) for part in parts)

    def _all(self) -> Predicate:
        parts = [self._one()]
        while self.token == ("word", "and"):
            self.step()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda entry: all(part(entry) for part in parts)

    def _one(self) -> Predicate:
        if self.token == ("word", "not"):
            self.step()
            denied = self._one()
            return lambda entry: not denied(entry)
        if self.token is not None and self.token[0] == "open":
            self.step()
            inner = self.either()
            if self.step() != ("close", ")"):
                raise self.wrong()
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        path, operator = self.step(), self.step()
        if path is None or operator is None or path[0] != "word" or operator[0] != "word":
            raise self.wrong()
        names = path[1].split("/")
        if operator[1] == "in":
            listed = self._list()
            return lambda entry: any(value in listed for value in values(entry, names))
        compare = _COMPARED.get(operator[1])
        if compare is None:
            raise self.wrong()
        other = self._literal()
        return lambda entry: any(compare(_like(value, other), other) for value in values(entry, names))

    def _list(self) -> list[Any]:
        found = [self._literal()]
        while self.token == ("comma", ","):
            self.step()
            found.append(self._literal())
        return found

    def _literal(self) -> Any:
        token = self.step()
        if token is None:
            raise self.wrong()
        kind, value = token
        if kind == "word":
            if value not in ("true", "false", "null"):
                raise self.wrong()
            return {"true": True, "false": False, "null": None}[value]
        if kind not in ("text", "number", "moment"):
            raise self.wrong()
        return value

    def _split(self, text: str) -> Iterator[tuple[str, Any]]:
        at, text = 0, text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self.wrong()
            at = found.end()
            yield self._token(found)

    def _token(self, found: re.Match[str]) -> tuple[str, Any]:
        if (written := found["moment"]) is not None:
            try:
                value = datetime.fromisoformat(written)
            except ValueError as error:
                raise self.wrong() from error
            return "moment", value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        if (quoted := found["text"]) is not None:
            return "text", quoted.replace("''", "'")
        if found["number"] is not None:
            return "number", int(found["number"])
        kind = found.lastgroup or ""
        return kind, found[kind]


def values(entry: Any, names: Sequence[str]) -> list[Any]:
    """Return every value a path leads to, over all rows on the way."""
    if not names:
        return [entry]
    if isinstance(entry, list):
        return [value for each in entry for value in values(each, names)]
    if not isinstance(entry, dict):
        return []
    return values(entry.get(names[0]), names[1:])


def _like(value: Any, other: Any) -> Any:
    """Return a value so that it can be compared with a literal."""
    if isinstance(other, datetime) and isinstance(value, str) and value.startswith("/Date("):
        return read_moment(value)
    return value if other is None or isinstance(value, type(other)) else None
