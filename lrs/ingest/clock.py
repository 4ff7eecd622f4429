"""The key of a statement is its time of storing (docs/decisions/0001).

`seq` = microseconds since 2020-01-01T00:00:00Z, shifted left by twelve bits, plus a tie-breaker from a
cycling sequence. So the order of keys is the order of `stored`, and a span of time is a span of keys.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
TIE_BITS = 12
_MICROSECOND = timedelta(microseconds=1)


#: Keys are bigint; moments before 1706 or after 2091 are as good as the ends.
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1


def first_key(moment: datetime) -> int:
    """Return the lowest key a statement stored at `moment` can have."""
    return max(LOWEST, min(HIGHEST, ((moment - EPOCH) // _MICROSECOND) << TIE_BITS))


def last_key(moment: datetime) -> int:
    """Return the highest key a statement stored at `moment` can have."""
    return first_key(moment) | ((1 << TIE_BITS) - 1)


def moment_of(seq: int) -> datetime:
    """Return the time of storing in a key."""
    return EPOCH + (seq >> TIE_BITS) * _MICROSECOND
