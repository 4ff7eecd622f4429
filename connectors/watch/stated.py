"""What a source says of a worker at one moment, in the fields that are reconciled.

In: a canonical record, the moment, the days of the system. Out: `Standing`: by canonical field the values
that are so then, and the employments by their keys. Pure. Values are sets: somebody with two assignments has
two jobs. What the hub says is brought into the same form by connectors.watch.recorded; units, jobs and
locations are connectors.watch.things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.identity.normal import normal
from connectors.workforce.canonical import Assigned, Ended, Engaged, Moment, Rescinded, Worker
from connectors.workforce.days import Days
from connectors.workforce.timeline import BEGINNING

#: The fields of assignments in force.
ASSIGNMENT = ("status", "title", "job", "unit", "location", "manager", "regulatory_classes")
#: Said of the end of somebody or something that left on a day the source does not tell.
LEFT = "left"


@dataclass(slots=True)
class Standing:
    """What is so of one worker, unit, job or location at a moment."""

    #: Canonical field → its values, sorted.
    fields: dict[str, list[str]] = field(default_factory=dict)
    #: Key of an employment → first day, last day or nothing, and whether it is over.
    employments: dict[str, tuple[str, str, bool]] = field(default_factory=dict)
    #: Says that the worker left, or never was, or that the thing is no more, and nothing else.
    gone: bool = False
    #: A unit, job or location there is.
    in_force: bool = False

    @property
    def open(self) -> bool:
        """Employed, or to be; a thing: there at the moment."""
        return self.in_force or any(not over for _, _, over in self.employments.values())

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "fields": self.fields,
            "employments": self.employments,
            "gone": self.gone,
            "in_force": self.in_force,
        }


def from_json(values: Mapping[str, Any]) -> Standing:
    """Return the standing whose `to_json` these values are."""
    employments = {key: (each[0], each[1], bool(each[2])) for key, each in values["employments"].items()}
    return Standing(
        dict(values["fields"]),
        employments,
        gone=bool(values["gone"]),
        in_force=bool(values["in_force"]),
    )


def stated(record: Worker | Ended | Rescinded, at: datetime, days: Days) -> Standing:
    """Return what a record says to be so at a moment."""
    if not isinstance(record, Worker):
        return Standing(gone=True)
    found = Standing()
    values: dict[str, set[str]] = {}
    _names(record, at, days, values)
    for each in record.identifiers:
        if each.value.strip() and within(each.valid_from, each.valid_to, at, days):
            values.setdefault(f"identifiers.{each.type}", set()).add(normal(each.value))
    for engaged in record.relationships:
        begins, ends = days.begins(engaged.hire_date), days.ends(engaged.end_date)
        found.employments[engaged.key] = (
            engaged.hire_date.isoformat(),
            _last_day(engaged),
            ends <= at,
        )
        if ends > at:
            values.setdefault("relationship.worker_type", set()).add(engaged.worker_type)
        if begins <= at < ends:
            _assignments(engaged.assignments, at, days, values)
    found.fields = {name: sorted(each - {""}) for name, each in values.items() if each - {""}}
    return found


def differences(source: Standing, hub: Standing) -> dict[str, tuple[str, str]]:
    """Return the fields in which two standings differ, with what each says."""
    if source.gone and hub.in_force:
        return {"valid_to": (LEFT, "open")}
    if source.gone:
        return {"relationship.end_date": (LEFT, _told(_days(hub, hub.employments, 1)))} if hub.open else {}
    keys = set(source.employments) | {key for key, each in hub.employments.items() if not each[2]}
    found: dict[str, tuple[str, str]] = {}
    for name, place in (("relationship.hire_date", 0), ("relationship.end_date", 1)):
        mine, theirs = _days(source, keys, place), _days(hub, keys, place)
        if mine != theirs:
            found[name] = (_told(mine), _told(theirs))
    for name in sorted(source.fields.keys() | hub.fields.keys()):
        before, after = source.fields.get(name, []), hub.fields.get(name, [])
        if before != after:
            found[name] = (_told(before), _told(after))
    return found


def _names(record: Worker, at: datetime, days: Days, values: dict[str, set[str]]) -> None:
    called = [each for each in record.names if within(each.valid_from, each.valid_to, at, days)]
    for each in called[:1]:
        values["names.formatted"] = {each.formatted}
        values["names.given"] = {each.given}
        values["names.family"] = {each.family}
        values["names.preferred"] = {each.preferred}


def _assignments(
    assignments: Iterable[Assigned], at: datetime, days: Days, values: dict[str, set[str]]
) -> None:
    for each in assignments:
        if not within(each.valid_from, each.valid_to, at, days):
            continue
        for name in ASSIGNMENT:
            value = getattr(each, name)
            values.setdefault(f"assignment.{name}", set()).update(
                [value] if isinstance(value, str) else value
            )


def within(start: Moment | None, end: Moment | None, at: datetime, days: Days) -> bool:
    """Return whether a moment lies in a period; nothing stands for always."""
    begins = BEGINNING if start is None else days.begins(start)
    return begins <= at < days.ends(end)


def _last_day(engaged: Engaged) -> str:
    # Systems write an open end as a day far away.
    last = engaged.end_date
    return "" if last is None or last.year >= 4000 else last.isoformat()


def _days(standing: Standing, keys: Iterable[str], place: int) -> list[str]:
    """Return first or last days by employment; the key is told where there are several."""
    wanted = sorted(keys)
    found = [
        (key, str(standing.employments[key][place]) or "open")
        for key in wanted
        if key in standing.employments
    ]
    return [day if len(wanted) == 1 else f"{key}: {day}" for key, day in found]


def _told(values: Iterable[str]) -> str:
    return ", ".join(values)[:1000]
