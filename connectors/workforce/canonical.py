"""The canonical records: what an adapter and a mapping make of a source's raw ones, in HR Open's terms.

In: nothing. Out: frozen records, their JSON form and a digest of it. Never a database, never a time zone: a
`date` is a day of the system's own zone, which `connectors.workforce.record` turns into moments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from hashlib import blake2b
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson

#: A day, or a moment where the source is that exact.
Moment = date | datetime


class History(StrEnum):
    """How much of the past a record tells."""

    #: All of it: what the hub knew besides is replaced.
    WHOLE = "whole"
    #: What is so from `effective` on: what was known of the time before stays.
    SINCE = "since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a person is called, from a day on."""

    formatted: str
    given: str = ""
    family: str = ""
    preferred: str = ""
    language: str = ""
    valid_from: Moment | None = None
    valid_to: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A name by which a person is known somewhere. `type` is one of IdentifierType."""

    type: str
    value: str
    issuer: str = ""
    primary: bool = False
    valid_from: Moment | None = None
    #: The last day it was held, or the exact moment from which it is not.
    valid_to: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """An assignment over one period. Units, jobs, locations and people are named by their keys."""

    key: str = "1"
    valid_from: Moment | None = None
    #: The last day, or the exact moment from which it is not so.
    valid_to: Moment | None = None
    status: str = "active"
    primary: bool = True
    title: str = ""
    job: str = ""
    unit: str = ""
    location: str = ""
    manager: str = ""
    position: str = ""
    full_time_equivalent: Decimal | None = None
    regulatory_classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engaged:
    """A work relationship, with its assignments."""

    key: str = "1"
    worker_type: str = "employee"
    hire_date: date
    #: The last day of employment.
    end_date: date | None = None
    original_hire_date: date | None = None
    hire_kind: str = "hire"
    end_reason: str = ""
    legal_employer: str = ""
    sponsor: str = ""
    assignments: tuple[Assigned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A person as one system tells of them."""

    key: str
    history: History = History.SINCE
    #: From when on it is so, for History.SINCE; nothing: as of the run.
    effective: Moment | None = None
    names: tuple[Named, ...] = ()
    identifiers: tuple[Identified, ...] = ()
    relationships: tuple[Engaged, ...] = ()
    #: Canonical fields kept as they are known (connectors.drift holds them), as "assignment.unit".
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An organization unit."""

    key: str
    name: str
    kind: str = "department"
    code: str = ""
    parent: str = ""
    valid_from: Moment | None = None
    valid_to: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job or job profile."""

    key: str
    title: str
    family: str = ""
    regulatory_classes: tuple[str, ...] = ()
    valid_from: Moment | None = None
    valid_to: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A site."""

    key: str
    name: str
    country: str = ""
    region: str = ""
    city: str = ""
    valid_from: Moment | None = None
    valid_to: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """That a system says a worker left it, without telling anything else."""

    key: str
    #: The last day, or the exact moment; nothing: as of the run.
    at: Moment | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescinded:
    """That a worker was told of by mistake: as known from now on, there never was one."""

    key: str


Record = Worker | Unit | Job | Location | Ended | Rescinded

KINDS: Mapping[type, str] = {
    Worker: "worker",
    Unit: "unit",
    Job: "job",
    Location: "location",
    Ended: "worker",
    Rescinded: "worker",
}
_TYPES = {
    "worker": Worker,
    "unit": Unit,
    "job": Job,
    "location": Location,
    "ended": Ended,
    "rescinded": Rescinded,
}

_NAMES = {made: name for name, made in _TYPES.items()}
_AS_THEY_ARE = frozenset({str, bool, int})
_FIELDS: Mapping[type, tuple[str, ...]] = {
    made: tuple(each.name for each in fields(made))
    for made in (Worker, Named, Identified, Engaged, Assigned, Unit, Job, Location, Ended, Rescinded)
}


def kind_of(record: Record) -> str:
    """Return worker, unit, job or location."""
    return KINDS[type(record)]


def to_json(record: Record) -> dict[str, Any]:
    """Return the record as JSON values; `from_json` makes the same record of it."""
    return {"record": _NAMES[type(record)], **_plain(record)}


def from_json(values: Mapping[str, Any]) -> Record:
    """Return the record whose `to_json` these values are. Raises ValueError, KeyError or TypeError else."""
    rest = dict(values)
    made: Record = _made(_TYPES[rest.pop("record")], rest)
    return made


def to_text(record: Record) -> str:
    """Return the record as JSON."""
    return orjson.dumps(to_json(record)).decode()


def digest(record: Record) -> UUID:
    """Return 16 bytes by which two records are told to say the same."""
    return UUID(bytes=blake2b(orjson.dumps(to_json(record)), digest_size=16).digest())


def _plain(value: Any) -> Any:
    """Return JSON values of a record or a part of one, without what is at its empty default."""
    names = _FIELDS.get(type(value))
    if names is not None:
        found = {}
        for name in names:
            part = getattr(value, name)
            if part is not None and part not in ("", ()):
                found[name] = part if type(part) in _AS_THEY_ARE else _plain(part)
        return found
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _made(wanted: Any, value: Any) -> Any:
    if is_dataclass(wanted):
        hints = get_type_hints(wanted)
        known = {each.name for each in fields(wanted)}
        if unknown := set(value) - known:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return wanted(**{name: _made(hints[name], each) for name, each in value.items()})  # type: ignore[operator]  # a dataclass, whichever
    origin = get_origin(wanted)
    if origin is tuple:
        return tuple(_made(get_args(wanted)[0], each) for each in value)
    if origin in (UnionType, Union):
        return _one_of(get_args(wanted), value)
    if wanted is date:
        return date.fromisoformat(value)
    if wanted is Decimal or (isinstance(wanted, type) and issubclass(wanted, Enum)):
        return wanted(value)
    if not isinstance(value, wanted):
        raise TypeError(f"{value!r} is not {wanted.__name__}")
    return value


def _one_of(wanted: tuple[Any, ...], value: Any) -> Any:
    if value is None:
        return None
    if datetime in wanted:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    return _made(next(each for each in wanted if each is not type(None)), value)
