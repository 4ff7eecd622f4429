"""Requests a minute: one count for all processes, a minute that slides, and no harm without the cache."""

from __future__ import annotations

import logging
import threading

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from lrs.auth import rate
from lrs.auth.access import Access
from lrs.auth.authenticate import limit
from lrs.auth.counters import Counters
from lrs.auth.rate import RateLimiter
from lrs.errors import RateLimited

from .absent_cache import AbsentCache
from .conftest import Clock


def moodle(requests_per_minute: int, credential_id: int = 1) -> Access:
    return Access(
        store_id=1,
        source_id=1,
        credential_id=credential_id,
        authority={},
        scopes=frozenset({"all"}),
        body_bytes=1,
        requests_per_minute=requests_per_minute,
    )


def allowed(limiter: RateLimiter, access: Access, tries: int) -> int:
    """Return how many of `tries` requests are let through."""
    count = 0
    for _ in range(tries):
        try:
            limit(access, limiter=limiter)
        except RateLimited:
            continue
        count += 1
    return count


@pytest.mark.parametrize("most", [1, 2, 10, 119, 120, 121, 600])
def test_it_lets_exactly_the_limit_through_in_a_first_minute(most: int, clock: Clock) -> None:
    assert allowed(RateLimiter(clock=clock), moodle(most), most + 20) == most


def test_it_does_nothing_without_a_limit(clock: Clock, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.lrs.auth.absent_cache.AbsentCache"}}
    before = AbsentCache.asked
    assert allowed(RateLimiter(clock=clock, counters=Counters()), moodle(0), 500) == 500
    assert AbsentCache.asked == before


def test_processes_share_one_limit(clock: Clock) -> None:
    """Each limiter has its own memory, as each process has; the cache is one."""
    one, two = (RateLimiter(clock=clock, counters=Counters()) for _ in range(2))
    together = sum(allowed(limiter, moodle(20), 1) for _ in range(30) for limiter in (one, two))
    assert together == 20


def test_credentials_do_not_share_theirs(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    assert allowed(limiter, moodle(5, credential_id=1), 10) == 5
    assert allowed(limiter, moodle(5, credential_id=2), 10) == 5


def test_after_the_time_it_names_one_more_request_is_let_through(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    clock.advance(seconds=17)
    allowed(limiter, moodle(10), 10)
    for _ in range(25):
        with pytest.raises(RateLimited) as refusal:
            limit(moodle(10), limiter=limiter)
        clock.advance(seconds=refusal.value.retry_after_seconds)
        limit(moodle(10), limiter=limiter)


def test_hammering_does_not_push_the_end_of_the_wait_away(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    allowed(limiter, moodle(10), 10)
    with pytest.raises(RateLimited) as refusal:
        limit(moodle(10), limiter=limiter)
    for _ in range(refusal.value.retry_after_seconds * 4):
        allowed(limiter, moodle(10), 3)
        clock.advance(seconds=0.25)
    assert allowed(limiter, moodle(10), 1) == 1


def test_no_minute_holds_twice_the_limit(clock: Clock) -> None:
    """What fixed minutes would let through: all at the end of one and all at the start of the next."""
    limiter = RateLimiter(clock=clock)
    clock.advance(seconds=59)
    first = allowed(limiter, moodle(100), 150)
    clock.advance(seconds=2)
    assert first + allowed(limiter, moodle(100), 150) <= 105


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    most=st.integers(1, 400),
    bursts=st.lists(st.tuples(st.floats(0, 70), st.integers(1, 60), st.integers(0, 2)), max_size=30),
    credential_id=st.integers(10, 2**40),
)
def test_no_window_of_the_counter_ever_holds_more_than_the_limit(
    most: int, bursts: list[tuple[float, int, int]], credential_id: int
) -> None:
    clock = Clock()
    processes = [RateLimiter(clock=clock, counters=Counters()) for _ in range(3)]
    passed: dict[int, int] = {}
    for pause, requests, process in bursts:
        clock.advance(seconds=pause)
        window = int(clock() // 60)
        count = allowed(processes[process], moodle(most, credential_id), requests)
        passed[window] = passed.get(window, 0) + count
    assert all(count <= most for count in passed.values())


def test_a_changed_limit_holds_at_once(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    assert allowed(limiter, moodle(5), 10) == 5
    assert allowed(limiter, moodle(8), 10) == 3


def test_a_busy_credential_costs_few_round_trips(clock: Clock) -> None:
    class Counting(Counters):
        trips = 0

        def add(self, name: str, by: int, *, seconds: int) -> int:
            self.trips += 1
            return super().add(name, by, seconds=seconds)

    counters = Counting()
    assert allowed(RateLimiter(clock=clock, counters=counters), moodle(12_000), 1000) == 1000
    assert counters.trips <= 10


def test_threads_of_a_process_share_its_share(clock: Clock) -> None:
    limiter, passed = RateLimiter(clock=clock), []

    def run() -> None:
        passed.append(allowed(limiter, moodle(240), 100))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A share lost between threads at the start of a minute is never counted twice.
    assert 240 - 6 * (240 // rate.SHARES) <= sum(passed) <= 240


def test_without_the_cache_each_process_counts_for_itself_and_says_so_once(
    clock: Clock, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.lrs.auth.absent_cache.AbsentCache"}}
    limiter = RateLimiter(clock=clock, counters=Counters(clock=clock))
    before = AbsentCache.asked
    with caplog.at_level(logging.WARNING):
        assert allowed(limiter, moodle(30), 200) == 30
    assert AbsentCache.asked == before + 1
    assert [record.message for record in caplog.records] == [
        "The cache is away (ConnectionError); limits are counted in each process by itself."
    ]
    assert "hunter2" not in caplog.text


def test_it_goes_back_to_the_cache_when_that_is_back(clock: Clock, settings: Settings) -> None:
    working = settings.CACHES
    counters = Counters(clock=clock)
    settings.CACHES = {"default": {"BACKEND": "tests.lrs.auth.absent_cache.AbsentCache"}}
    assert counters.add("lrs:test:back", 1, seconds=60) == 1
    settings.CACHES = working
    clock.advance(seconds=6)
    assert counters.add("lrs:test:back", 5, seconds=60) == 5
    assert Counters().read(["lrs:test:back"]) == {"lrs:test:back": 5}
