"""The door: which way in a header takes, and how wrong guesses are made to wait."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from lrs.auth.authenticate import authenticate
from lrs.auth.counters import Counters
from lrs.auth.issue import Issued, issue, revoke
from lrs.auth.remembered import Remembered
from lrs.auth.throttle import Throttle, network_of
from lrs.errors import RateLimited, Unauthenticated

from .conftest import Clock, Header

BERLIN, STRANGER = "192.0.2.10", "203.0.113.66"


@pytest.fixture
def throttle(clock: Clock, settings: Settings) -> Throttle:
    settings.LRS_FAILURES_PER_MINUTE = 5
    return Throttle(counters=Counters(), clock=clock)


def come(header: str, address: str, throttle: Throttle) -> Any:
    return authenticate({"authorization": header}, address, remembered=Remembered(), throttle=throttle)


def guess(header: str, address: str, throttle: Throttle, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            come(header, address, throttle)


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": ""}, {"authorization": "Digest x"}, {"cookie": "a=b"}]
)
def test_it_refuses_who_brings_no_credential(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        authenticate(headers, BERLIN)
    assert refusal.value.rule == "credential.missing"


def test_an_explicitly_unauthenticated_request_is_refused(db: None) -> None:
    """`Basic Og==` asks for access without authentication, which is not offered."""
    with pytest.raises(Unauthenticated):
        authenticate({"authorization": "Basic Og=="}, BERLIN)


def test_it_takes_basic(moodle: Issued, basic_header: Header) -> None:
    access = authenticate({"authorization": basic_header(moodle.key, moodle.secret)}, BERLIN)
    assert access.credential_id == moodle.credential.pk


def test_a_known_caller_costs_neither_query_nor_cache(
    moodle: Issued,
    basic_header: Header,
    django_assert_num_queries: DjangoAssertNumQueries,
    settings: Settings,
) -> None:
    headers = {"authorization": basic_header(moodle.key, moodle.secret)}
    remembered = Remembered()
    authenticate(headers, BERLIN, remembered=remembered)
    settings.CACHES = {"default": {"BACKEND": "tests.lrs.auth.absent_cache.AbsentCache"}}
    with django_assert_num_queries(0):
        known = authenticate(headers, BERLIN, remembered=remembered)
    assert known.credential_id == moodle.credential.pk


def test_guesses_at_one_key_from_many_addresses_have_to_wait(
    moodle: Issued, basic_header: Header, throttle: Throttle
) -> None:
    header = basic_header(moodle.key, "guess")
    for number in range(5):
        guess(header, f"198.51.100.{number}", throttle, 1)
    with pytest.raises(RateLimited) as refusal:
        come(header, "198.51.100.200", throttle)
    assert 1 <= refusal.value.retry_after_seconds <= 60


def test_guesses_at_many_keys_from_one_address_have_to_wait(
    db: None, basic_header: Header, throttle: Throttle
) -> None:
    for number in range(5):
        guess(basic_header(f"lrs-guess-{number}", "x"), STRANGER, throttle, 1)
    with pytest.raises(RateLimited):
        come(basic_header("lrs-guess-6", "x"), STRANGER, throttle)
    guess(basic_header("lrs-guess-6", "x"), BERLIN, throttle, 1)


def test_while_waiting_even_the_right_secret_is_not_looked_at(
    moodle: Issued, basic_header: Header, throttle: Throttle
) -> None:
    guess(basic_header(moodle.key, "guess"), STRANGER, throttle, 5)
    with pytest.raises(RateLimited):
        come(basic_header(moodle.key, moodle.secret), STRANGER, throttle)


def test_after_the_wait_it_counts_anew(
    moodle: Issued, basic_header: Header, throttle: Throttle, clock: Clock
) -> None:
    guess(basic_header(moodle.key, "guess"), STRANGER, throttle, 5)
    with pytest.raises(RateLimited) as refusal:
        come(basic_header(moodle.key, moodle.secret), STRANGER, throttle)
    clock.advance(seconds=refusal.value.retry_after_seconds)
    assert come(basic_header(moodle.key, moodle.secret), STRANGER, throttle)


def test_a_stranger_cannot_lock_an_lms_out(moodle: Issued, basic_header: Header, throttle: Throttle) -> None:
    right = basic_header(moodle.key, moodle.secret)
    assert come(right, BERLIN, throttle)
    guess(basic_header(moodle.key, "guess"), STRANGER, throttle, 5)
    assert come(right, BERLIN, throttle)
    with pytest.raises(RateLimited):
        come(right, STRANGER, throttle)
    with pytest.raises(RateLimited):
        come(basic_header(moodle.key, "guess"), BERLIN, throttle)


def test_one_broken_lms_behind_a_shared_address_does_not_lock_the_others_out(
    moodle: Issued, basic_header: Header, throttle: Throttle
) -> None:
    right = basic_header(moodle.key, moodle.secret)
    assert come(right, BERLIN, throttle)
    guess(basic_header("lrs-mistyped", "x"), BERLIN, throttle, 5)
    assert come(right, BERLIN, throttle)


def test_a_credential_that_ended_is_no_guess(
    moodle: Issued, basic_header: Header, throttle: Throttle
) -> None:
    revoke(moodle.credential)
    guess(basic_header(moodle.key, moodle.secret), BERLIN, throttle, 12)


def test_wrong_tokens_wait_by_address(db: None, throttle: Throttle) -> None:
    for number in range(5):
        guess(f"Bearer made-up-{number}", STRANGER, throttle, 1)
    with pytest.raises(RateLimited):
        come("Bearer made-up-9", STRANGER, throttle)
    guess("Bearer made-up-9", BERLIN, throttle, 1)


def test_guesses_without_an_address_still_count_for_the_key(
    moodle: Issued, basic_header: Header, throttle: Throttle
) -> None:
    guess(basic_header(moodle.key, "guess"), "", throttle, 5)
    with pytest.raises(RateLimited):
        come(basic_header(moodle.key, "guess"), "", throttle)
    other = issue(source="Moodle Hamburg", scopes=["all"])
    assert come(basic_header(other.key, other.secret), "", throttle)


def test_no_limit_means_none(
    moodle: Issued, basic_header: Header, throttle: Throttle, settings: Settings
) -> None:
    settings.LRS_FAILURES_PER_MINUTE = 0
    guess(basic_header(moodle.key, "guess"), STRANGER, throttle, 12)


def test_it_throttles_by_itself_while_the_cache_is_away(
    moodle: Issued, basic_header: Header, throttle: Throttle, settings: Settings
) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.lrs.auth.absent_cache.AbsentCache"}}
    assert come(basic_header(moodle.key, moodle.secret), BERLIN, throttle)
    guess(basic_header(moodle.key, "guess"), STRANGER, throttle, 5)
    with pytest.raises(RateLimited):
        come(basic_header(moodle.key, "guess"), STRANGER, throttle)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("unix:", "unix:", True),
    ],
)
def test_an_ipv6_network_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same
