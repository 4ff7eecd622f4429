"""The canonical fields a mapping fills: their types, limits and what is held when one of them is in doubt.

In: the dataclasses of connectors.workforce.canonical. Out: for each field, what turns a raw value into it.
Never a database: the lengths stand here, and a test compares them with the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from connectors.mapping.fault import Fault, nearest, shown
from connectors.mapping.paths import as_text
from connectors.workforce import canonical
from connectors.workforce.canonical import Assigned, Engaged, History, Identified, Named, Worker

Coerce = Callable[[Any], Any]

#: What a raw record can become.
RECORDS: Mapping[str, type] = {
    "worker": canonical.Worker,
    "unit": canonical.Unit,
    "job": canonical.Job,
    "location": canonical.Location,
    "ended": canonical.Ended,
    "rescinded": canonical.Rescinded,
}
#: Lists within a record: by what holds it and its name.
PARTS: Mapping[tuple[type, str], type] = {
    (Worker, "names"): Named,
    (Worker, "identifiers"): Identified,
    (Worker, "relationships"): Engaged,
    (Engaged, "assignments"): Assigned,
}
#: How a canonical field is called where it is shown, held or alerted about.
PREFIXES: Mapping[type, str] = {
    **{made: name for name, made in RECORDS.items()},
    Named: "names",
    Identified: "identifiers",
    Engaged: "relationship",
    Assigned: "assignment",
}
#: Set by connectors.drift, never by a document.
_NOT_MAPPED = frozenset({(Worker, "held")})
CHOICES: Mapping[tuple[type, str], tuple[str, ...]] = {
    (Identified, "type"): (
        "employee_number",
        "email",
        "user_name",
        "subject",
        "openid",
        "account",
        "other",
    ),
    (Assigned, "status"): ("active", "leave", "suspended", "retired", "pending", "terminated"),
    (Engaged, "worker_type"): ("employee", "contractor", "partner"),
    (Engaged, "hire_kind"): ("hire", "rehire", "conversion"),
    (Worker, "history"): tuple(each.value for each in History),
}
LENGTHS: Mapping[tuple[type, str], int] = {
    (Named, "formatted"): 300,
    (Named, "given"): 150,
    (Named, "family"): 150,
    (Named, "preferred"): 150,
    (Named, "language"): 35,
    (Identified, "value"): 400,
    (Identified, "issuer"): 400,
    (Engaged, "end_reason"): 100,
    (Engaged, "legal_employer"): 300,
    (Assigned, "title"): 300,
    (Assigned, "position"): 100,
    (canonical.Unit, "name"): 300,
    (canonical.Unit, "kind"): 30,
    (canonical.Unit, "code"): 100,
    (canonical.Job, "title"): 300,
    (canonical.Job, "family"): 200,
    (canonical.Location, "name"): 300,
    (canonical.Location, "country"): 2,
    (canonical.Location, "region"): 100,
    (canonical.Location, "city"): 150,
    (canonical.Ended, "reason"): 100,
}
#: Keys by which records name each other.
KEY_LENGTH = 200
_TRUE = frozenset({"true", "1", "yes", "y"})
_FALSE = frozenset({"false", "0", "no", "n"})
#: What the record keeps of a worker as a whole.
EVERYTHING = frozenset({"names", "identifiers", "relationship"})
#: Fields without which it cannot be told which period, engagement or assignment is meant.
_FRAME = {
    Engaged: frozenset({"key", "hire_date", "end_date"}),
    Assigned: frozenset({"key", "valid_from", "valid_to"}),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One canonical field."""

    owner: type
    name: str
    coerce: Coerce
    #: Whether the record makes no sense without it.
    required: bool

    @property
    def title(self) -> str:
        """Its name in documents and findings, as assignment.unit."""
        return f"{PREFIXES[self.owner]}.{self.name}"

    def holds(self, identifier_type: str = "") -> frozenset[str]:
        """Return what is kept as it is known while this field's source is in doubt; nothing for a worker's
        key, without which a record cannot be taken at all."""
        return holds(self.owner, self.name, identifier_type)


def holds(owner: type, name: str = "", identifier_type: str = "") -> frozenset[str]:
    """Return what is held for a field of `owner`, or for the whole of it."""
    if owner is Worker:
        return frozenset() if name == "key" else EVERYTHING
    if owner is Named:
        return frozenset({"names"})
    if owner is Identified:
        return frozenset({f"identifiers.{identifier_type}" if identifier_type else "identifiers"})
    if owner in _FRAME:
        prefix = PREFIXES[owner]
        if not name or name in _FRAME[owner]:
            return frozenset({prefix})
        # An assignment carries the worker type of its engagement.
        also = {"assignment.worker_type"} if name == "worker_type" else set()
        return frozenset({f"{prefix}.{name}", *also})
    return frozenset({PREFIXES[owner]})


@cache
def targets(owner: type) -> Mapping[str, Target]:
    """Return the fields of a record or part that rules fill (its lists apart)."""
    hints = get_type_hints(owner)
    return {
        each.name: Target(
            owner,
            each.name,
            _coercion(owner, each.name, hints[each.name]),
            required=each.default is MISSING and each.default_factory is MISSING,
        )
        for each in fields(owner)
        if (owner, each.name) not in PARTS and (owner, each.name) not in _NOT_MAPPED
    }


def parts_of(owner: type) -> Mapping[str, type]:
    """Return the lists within a record or part."""
    return {name: made for (holder, name), made in PARTS.items() if holder is owner}


def _coercion(owner: type, name: str, hint: Any) -> Coerce:
    kinds = set(get_args(hint)) if get_origin(hint) in (UnionType, Union) else {hint}
    if (owner, name) in CHOICES:
        return _choice(name, CHOICES[owner, name], History if hint is History else str)
    if kinds & {date, datetime}:
        return to_moment if datetime in kinds else to_day
    if bool in kinds:
        return to_boolean
    if Decimal in kinds:
        return to_decimal
    if get_origin(hint) is tuple:
        return to_texts
    return _text(LENGTHS.get((owner, name), KEY_LENGTH))


def to_text(value: Any) -> str:
    """Return a scalar as text without blanks around it."""
    text = value if type(value) is str else as_text(value)
    if text is None:
        raise Fault(
            "mapping.type",
            f"This is {_kind(value)}, not a single value.",
            value=value,
            suggestion="Let the path go on to a value inside it.",
        )
    if "\0" in text:
        raise Fault("mapping.text", "The text contains a NUL character.", value=text.replace("\0", "␀"))
    return text.strip()


def _text(most: int) -> Coerce:
    def coerce(value: Any) -> str | None:
        text = to_text(value)
        if len(text) > most:
            raise Fault(
                "mapping.length",
                f"The text has {len(text)} characters; {most} is the most.",
                value=text[:100],
            )
        return text or None

    return coerce


def _choice(name: str, known: tuple[str, ...], made: Callable[[str], Any]) -> Coerce:
    by_text = {each: made(each) for each in known}

    def coerce(value: Any) -> Any:
        text = to_text(value)
        found = by_text.get(text)
        if found is None and text:
            near = nearest(text, list(known))
            raise Fault(
                "mapping.choice",
                f"{shown(text)} is no {name.replace('_', ' ')}; known are {', '.join(known)}.",
                value=text,
                suggestion=f"Map it to “{near}”." if near else "Map it with a value map.",
            )
        return found

    return coerce


def to_day(value: Any) -> date | None:
    """Return the day that is written, whatever time stands behind it."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = to_text(value)
    if not text:
        return None
    try:
        if len(text) > 10:
            datetime.fromisoformat(text)
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise _no_date(text) from error


def to_moment(value: Any) -> date | datetime | None:
    """Return a day, or an exact moment where the text has a time and an offset."""
    if isinstance(value, date):
        return value
    text = to_text(value)
    if not text:
        return None
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _no_date(text) from error
    if moment.tzinfo is not None:
        return moment
    if moment.time() == time():
        return moment.date()
    raise Fault(
        "mapping.date",
        f"{shown(text)} has a time but no offset from UTC.",
        value=text,
        suggestion="Take its day with the transformation “date” and the format “iso”.",
    )


def _no_date(text: str) -> Fault:
    return Fault(
        "mapping.date",
        f"{shown(text)} is no date in ISO 8601.",
        value=text,
        suggestion="Say how it is written with the transformation “date”.",
    )


def to_boolean(value: Any) -> bool | None:
    """Return true or false for what is commonly written for them."""
    if isinstance(value, bool):
        return value
    text = to_text(value).casefold()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if not text:
        return None
    raise Fault(
        "mapping.boolean",
        f"{shown(value)} is neither true nor false.",
        value=value,
        suggestion="Say what is true with the transformation “boolean”.",
    )


def to_decimal(value: Any) -> Decimal | None:
    """Return a number with at most two digits before its point (a share of full time)."""
    text = str(value) if isinstance(value, Decimal) else to_text(value)
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise Fault("mapping.number", f"{shown(text)} is no number.", value=text) from error
    if not number.is_finite() or not 0 <= number <= 99:
        raise Fault("mapping.number", f"{shown(text)} is not between 0 and 99.", value=text)
    return number.quantize(Decimal("0.01"))


def to_texts(value: Any) -> tuple[str, ...]:
    """Return one text or several as a tuple, empty ones left out."""
    found = (to_text(each) for each in (value if isinstance(value, list | tuple) else [value]))
    return tuple(dict.fromkeys(each for each in found if each))


def is_true(value: Any) -> bool:
    """Whether a condition holds: something is there that does not say no."""
    if isinstance(value, str):
        return bool(value.strip()) and value.strip().casefold() not in _FALSE
    return bool(value)


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list | tuple) else "an object"
