"""Timestamps: every form that is taken, every one that is not, and rendering."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.wire.timestamps import parse, render

LEAP_DAY = datetime(2024, 2, 29, 10, 30, tzinfo=UTC)

SAME_MOMENT = [
    "2024-02-29T10:30:00Z",
    "2024-02-29T10:30:00.000Z",
    "2024-02-29T10:30:00,000Z",
    "2024-02-29T10:30:00+00:00",
    "2024-02-29T10:30:00+0000",
    "2024-02-29T10:30:00+00",
    "2024-02-29T11:30:00+01:00",
    "2024-02-29T05:00:00-05:30",
    "2024-02-29T10:30:00",
    "2024-02-29t10:30:00z",
    "2024-02-29T10:30Z",
    "2024-02-29T10,5Z",
    "20240229T103000Z",
    "20240229T1030Z",
    "20240229T10.5",
    "2024-W09-4T10:30:00Z",
    "2024W094T103000Z",
    "2024-060T10:30:00Z",
    "2024060T103000Z",
]

REFUSED = [
    "",
    "should fail",
    "01/011/2015",
    "2024-02-29",
    "2024-02-29T",
    "2024-02-29 10:30:00Z",
    "2024-02-30T10:30:00Z",
    "2023-02-29T10:30:00Z",
    "2024-13-01T10:30:00Z",
    "2024-00-01T10:30:00Z",
    "0000-01-01T10:30:00Z",
    "02024-01-01T10:30:00Z",
    "+002024-01-01T10:30:00Z",
    "2024-02-29T25:00:00Z",
    "2024-02-29T24:00:01Z",
    "2024-02-29T24:00:00.1Z",
    "2024-02-29T10:60:00Z",
    "2024-02-29T10:30:61Z",
    "2024-02-29T10:30:60Z",
    "2024-02-29T10:30:00.Z",
    "2024-02-29T10:30:00 Z",
    "2024-02-29T10:30:00ZZ",
    "2024-02-29T10:30:00+1:00",
    "2024-02-29T10:30:00+24:00",
    "2024-02-29T10:30:00+01:60",
    "2024-02-29T10:30:00-00:00",
    "2024-02-29T10:30:00-0000",
    "2024-02-29T10:30:00-00",
    "2008-09-15T15:53:00.601-00:00",
    "20240229T10:30:00Z",
    "2024-02-29T103000Z",
    "2024-W54-1T10:30:00Z",
    "2024-W09-0T10:30:00Z",
    "2024-W09-8T10:30:00Z",
    "2023-366T10:30:00Z",
    "2024-000T10:30:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-01:00",
    "9999-12-31T24:00:00Z",
    "2024-02-29T10:30:00Z\n",
    "２０２４-02-29T10:30:00Z",
    "1709202600",
]


@pytest.mark.parametrize("text", SAME_MOMENT)
def test_it_reads_every_form_of_one_moment(text: str) -> None:
    """XAPI-00123."""
    found = parse(text)
    assert found == LEAP_DAY
    assert found.utcoffset() == timedelta()


@pytest.mark.parametrize("text", REFUSED)
def test_it_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29T24:00:00Z", datetime(2024, 3, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.999Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01T05:29:60+05:30", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2024-02-29T10:30:00.1234567899Z", datetime(2024, 2, 29, 10, 30, 0, 123456, tzinfo=UTC)),
        ("2024-02-29T10:30.25Z", datetime(2024, 2, 29, 10, 30, 15, tzinfo=UTC)),
    ],
)
def test_it_reads_the_odd_ones(text: str, expected: datetime) -> None:
    assert parse(text) == expected


def test_a_hundred_thousand_digits_of_a_second_do_no_harm() -> None:
    assert parse("2024-02-29T10:30:00." + "1" * 100_000 + "Z").microsecond == 111_111


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(9998, 12, 31),  # noqa: DTZ001
        timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
)
def test_what_is_rendered_is_the_same_moment(moment: datetime) -> None:
    """XAPI-00122: at least milliseconds are kept."""
    text = render(moment)
    assert parse(text) == moment
    assert text.endswith("Z")
    assert len(text) in {24, 27}
    assert parse(moment.isoformat().replace("-00:00", "+00:00")) == moment


def test_it_renders_milliseconds_unless_there_is_more() -> None:
    assert render(LEAP_DAY) == "2024-02-29T10:30:00.000Z"
    assert render(LEAP_DAY.replace(microsecond=120_000)) == "2024-02-29T10:30:00.120Z"
    assert render(LEAP_DAY.replace(microsecond=123_456)) == "2024-02-29T10:30:00.123456Z"


def test_it_renders_no_naive_time() -> None:
    with pytest.raises(ValueError, match="naive"):
        render(LEAP_DAY.replace(tzinfo=None))
