"""Do two statements say the same?

In: a statement and what claims to be it (a signed payload). Out: the place of the first difference, or None.
Never a change to either, and never a failure on something that is no statement: that is a difference too.

Source: xAPI 1.0.3, Data 2.3.1, "Statement Comparision Requirements". No difference is: what the record store
assigns, activity definitions, the display of a verb, the zone of a timestamp, a duration beyond hundredths
of a second, the order of group members, one context activity or an array of it, and the case of
case-insensitive text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from lrs.wire import durations, timestamps

#: Always the store's.
_STORED = ("stored", "authority", "version")
#: The store's where the sender left them out.
_ASSIGNED = ("id", "timestamp")


def first_difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """Return the JSON pointer of the first place where the two differ; None when they say the same."""
    first, second = _statement(one), _statement(other)
    for name in _ASSIGNED:
        if name not in first or name not in second:
            first.pop(name, None)
            second.pop(name, None)
    return _difference(first, second, "")


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in statement.items() if name not in _STORED}
    _change(found, "id", _lowered)
    _change(found, "timestamp", _moment)
    _change(found, "actor", _agent)
    _change(found, "verb", _only_id)
    _change(found, "object", _object)
    _change(found, "result", _result)
    _change(found, "context", _context)
    return found


def _change(found: dict[str, Any], name: str, change: Any) -> None:
    if name in found:
        found[name] = change(found[name])


def _lowered(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _moment(value: Any) -> Any:
    try:
        return timestamps.render(timestamps.parse(value))
    except (ValueError, AttributeError, TypeError):
        return value


def _agent(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found = {"objectType": "Agent", **value}
    _change(found, "mbox_sha1sum", _lowered)
    if isinstance(mbox := found.get("mbox"), str):
        local, _, domain = mbox.rpartition("@")
        found["mbox"] = f"{local}@{domain.lower()}"
    if isinstance(members := found.get("member"), list):
        found["member"] = sorted(
            map(_agent, members), key=lambda member: orjson.dumps(member, option=orjson.OPT_SORT_KEYS)
        )
    return found


def _only_id(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        return {"objectType": kind, "id": value.get("id")}
    if kind == "StatementRef":
        return _reference(value)
    return _statement(value) if kind == "SubStatement" else _agent(value)


def _reference(value: Any) -> Any:
    return {**value, "id": _lowered(value.get("id"))} if isinstance(value, dict) else value


def _result(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("duration"), str):
        return {**value, "duration": durations.comparable(value["duration"])}
    return value


def _context(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found = dict(value)
    _change(found, "registration", _lowered)
    _change(found, "instructor", _agent)
    _change(found, "team", _agent)
    _change(found, "statement", _reference)
    if isinstance(activities := found.get("contextActivities"), dict):
        found["contextActivities"] = {
            name: [_object(item) for item in (listed if isinstance(listed, list) else [listed])]
            for name, listed in activities.items()
        }
    for name, property_ in (("contextAgents", "agent"), ("contextGroups", "group")):
        if isinstance(entries := found.get(name), list):
            found[name] = [
                {**entry, property_: _agent(entry.get(property_))} if isinstance(entry, dict) else entry
                for entry in entries
            ]
    return found


def _difference(one: Any, other: Any, pointer: str) -> str | None:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(name for name in other if name not in one)]:
            place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in one or name not in other:
                return place
            if (found := _difference(one[name], other[name], place)) is not None:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list):
        for number, (first, second) in enumerate(zip(one, other, strict=False)):
            if (found := _difference(first, second, f"{pointer}/{number}")) is not None:
                return found
        return None if len(one) == len(other) else f"{pointer}/{min(len(one), len(other))}"
    # In Python true equals 1, in JSON it does not.
    return None if one == other and isinstance(one, bool) == isinstance(other, bool) else pointer
