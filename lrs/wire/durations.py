"""ISO 8601 durations in the form with designators (`PT1H30M`).

In: text. Out: whether it is one, and the form in which two are compared. Never a timedelta: months and years
have no fixed length, so a duration is kept and served exactly as it was sent.

xAPI 1.0.3, Data 4.6 (XAPI-00124): ISO 8601:2004 4.4.3.2, so only the smallest part may have a fraction, weeks
stand alone, and the alternative form (`P0003-06-04T12:30:05`) is refused. There is no sign.
"""

from __future__ import annotations

import re

_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"

#: Also the `pattern` of the schema documents; a fraction may only stand before the last designator.
PATTERN = (
    r"^P(?:"
    rf"{_NUMBER}W"
    rf"|(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?T(?:(?:[0-9]+H)?(?:[0-9]+M)?{_NUMBER}S|(?:[0-9]+H)?{_NUMBER}M|{_NUMBER}H)"
    rf"|(?:[0-9]+Y)?(?:[0-9]+M)?{_NUMBER}D|(?:[0-9]+Y)?{_NUMBER}M|{_NUMBER}Y"
    r")$"
)
_DURATION = re.compile(PATTERN[1:-1])
_FRACTION_OF_SECONDS = re.compile(r"[.,]([0-9]+)S$")


def is_duration(text: str) -> bool:
    """Whether `text` is an ISO 8601 duration as the xAPI wants it."""
    return _DURATION.fullmatch(text) is not None


def comparable(text: str) -> str:
    """Return `text` cut to hundredths of a second: precision beyond that does not count in comparisons."""
    match = _FRACTION_OF_SECONDS.search(text)
    if match is None:
        return text
    digits = match[1][:2].rstrip("0")
    return f"{text[: match.start()]}.{digits}S" if digits else f"{text[: match.start()]}S"
