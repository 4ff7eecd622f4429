"""ISO 8601 timestamps: text to an aware moment in UTC, and back.

In: text. Out: a datetime in UTC with microseconds (further digits are cut off: xAPI 1.0.3, Data 4.5 allows
it down to milliseconds), or ValueError with a sentence. Never a naive datetime.

What is taken (xAPI 1.0.3, Data 4.5; XAPI-00122, XAPI-00123):
- a date *and* a time of day, joined by `T`; `t` and `z` too, as RFC 3339 allows them;
- extended (`2024-02-29T10:30:00`) or basic (`20240229T103000`) form, date and time alike; the offset of
  either form may be `+01`, `+0100` or `+01:00`, since much software mixes just that;
- calendar, week (`2024-W09-4`) and ordinal (`2024-060`) dates;
- times down to the hour or minute, and a fraction (point or comma) of the smallest part given;
- `24:00:00` as the start of the next day, and `:60` where a leap second can be (23:59:60 UTC), read as the
  second after it, because neither PostgreSQL nor Python has a place for it;
- no zone at all, read as UTC (the specification says "SHOULD include").

What is refused: a date alone, years outside 0001-9999, offsets of a whole day and more, and an offset of
minus zero, by which RFC 3339 says "offset unknown".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_USUAL = re.compile(
    r"\d{4}-\d\d-\d\dT[01]\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|\+[01]\d:[0-5]\d|-(?!00:00)[01]\d:[0-5]\d)",
    re.ASCII,
)
_REST = r"(?:[.,](?P<fraction>\d+))?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
_EXTENDED = re.compile(
    r"(?P<year>\d{4})-(?:(?P<month>\d\d)-(?P<day>\d\d)|W(?P<week>\d\d)-(?P<weekday>\d)|(?P<ordinal>\d{3}))"
    r"T(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d))?)?" + _REST,
    re.ASCII,
)
_BASIC = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?P<day>\d\d)|W(?P<week>\d\d)(?P<weekday>\d)|(?P<ordinal>\d{3}))"
    r"T(?P<hour>\d\d)(?:(?P<minute>\d\d)(?P<second>\d\d)?)?" + _REST,
    re.ASCII,
)
_UNKNOWN_OFFSETS = frozenset({"-00", "-0000", "-00:00"})


def parse(text: str) -> datetime:
    """Return the moment that `text` names, in UTC; ValueError says what is wrong with it."""
    if _USUAL.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"The timestamp names no real moment: {error}.") from None
    return _parse_unusual(text.upper())


def _parse_unusual(text: str) -> datetime:
    match = _EXTENDED.fullmatch(text) or _BASIC.fullmatch(text)
    if match is None:
        raise ValueError("This is not an ISO 8601 date and time, such as 2024-02-29T10:30:00.000Z.")
    part = match.groupdict()
    if part["zone"] in _UNKNOWN_OFFSETS:
        raise ValueError("An offset of minus zero says that the offset is unknown; use Z or +00:00.")
    try:
        return (_day(part) + _time_of_day(part) - _offset(part["zone"])).replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"The timestamp names no real moment: {error}.") from None


def _day(part: dict[str, str | None]) -> datetime:
    year = int(part["year"] or 0)
    if part["week"] is not None:
        return datetime.fromisocalendar(year, int(part["week"]), int(part["weekday"] or 0))
    if part["ordinal"] is not None:
        day = datetime(year, 1, 1) + timedelta(days=int(part["ordinal"]) - 1)  # noqa: DTZ001 - made aware by the caller
        if day.year != year:
            raise ValueError("day of the year is out of range")
        return day
    return datetime(year, int(part["month"] or 0), int(part["day"] or 0))  # noqa: DTZ001 - made aware by the caller


def _time_of_day(part: dict[str, str | None]) -> timedelta:
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    smallest = 1 if part["second"] is not None else 60 if part["minute"] is not None else 3600
    microseconds = 0
    if (fraction := part["fraction"]) is not None:
        # Twelve digits decide every microsecond of an hour; more would only cost.
        digits = fraction[:12]
        microseconds = int(digits) * smallest * 1_000_000 // 10 ** len(digits)
    if minute > 59 or hour > 24:
        raise ValueError("hour must be in 0..24 and minute in 0..59")
    if hour == 24 and (minute or second or microseconds):
        raise ValueError("24:00:00 is the only time in hour 24")
    if second == 60:
        at_leap_second = timedelta(hours=hour, minutes=minute) - _offset(part["zone"])
        if at_leap_second % timedelta(days=1) != timedelta(hours=23, minutes=59):
            raise ValueError("second 60 exists only at 23:59:60 UTC")
        microseconds = 0
    elif second > 60:
        raise ValueError("second must be in 0..59")
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=microseconds)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta()
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("offset must be less than a day")
    size = timedelta(hours=hours, minutes=minutes)
    return -size if zone[0] == "-" else size


def render(moment: datetime) -> str:
    """Return `moment` in UTC with milliseconds, or microseconds where it has them, and `Z`."""
    if moment.tzinfo is None:
        raise ValueError("A naive datetime names no moment.")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = moment.isoformat(timespec="microseconds" if moment.microsecond % 1000 else "milliseconds")
    return text[:-6] + "Z"
