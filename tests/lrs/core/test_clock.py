"""A key is a time of storing, and a span of time a span of keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lrs.ingest import clock

MOMENTS = st.timedeltas(timedelta(), timedelta(days=36_000)).map(
    lambda since: datetime(1990, 1, 1, tzinfo=UTC) + since
)


@given(MOMENTS)
def test_it_finds_the_moment_in_a_key(moment: datetime) -> None:
    assert clock.moment_of(clock.first_key(moment)) == moment
    assert clock.moment_of(clock.last_key(moment)) == moment


@given(MOMENTS, st.timedeltas(timedelta(microseconds=1), timedelta(days=365)))
def test_it_orders_keys_as_moments(moment: datetime, later_by: timedelta) -> None:
    assert clock.first_key(moment) < clock.last_key(moment) < clock.first_key(moment + later_by)


def test_it_takes_moments_beyond_all_keys_for_the_ends() -> None:
    assert clock.first_key(datetime(1, 1, 1, tzinfo=UTC)) == clock.LOWEST
    assert clock.last_key(datetime(9999, 12, 31, tzinfo=UTC)) == clock.HIGHEST
