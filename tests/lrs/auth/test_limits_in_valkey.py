"""Limits counted in a real Valkey: shared by processes, gone with their time, and no harm when it dies."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django import Settings

from hub.embedded import child, folders
from hub.embedded.valkey import Valkey
from lrs.auth.authenticate import authenticate
from lrs.auth.counters import AWAY_SECONDS, Counters
from lrs.auth.issue import Issued
from lrs.auth.rate import RateLimiter
from lrs.auth.remembered import Remembered
from lrs.auth.throttle import Throttle
from lrs.errors import RateLimited

from .conftest import Clock, Header
from .test_authenticate import BERLIN, STRANGER, come, guess
from .test_rate import allowed
from .test_rate import moodle as limited


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    place = Path(tempfile.mkdtemp(prefix="lrs-hub-valkey-", dir="/tmp"))
    account = child.account()
    socket = folders.prepare_run_folder(place, owner=account.owner if account else None)
    server = Valkey(data=place / "valkey", socket=socket)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(autouse=True)
def valkey(server: Valkey, settings: Settings) -> Valkey:
    if server.process is None:
        server.start()
    settings.CACHES = {"default": folders.cache(f"redis+socket://{server.socket}")}
    cache.clear()
    return server


def test_processes_share_one_limit(clock: Clock) -> None:
    one, two = (RateLimiter(clock=clock, counters=Counters()) for _ in range(2))
    assert sum(allowed(limiter, limited(20), 1) for _ in range(30) for limiter in (one, two)) == 20
    clock.advance(seconds=61)
    assert allowed(two, limited(20), 30) < 20


def test_processes_share_the_failures_they_saw(
    moodle: Issued, basic_header: Header, clock: Clock, settings: Settings
) -> None:
    settings.LRS_FAILURES_PER_MINUTE = 4
    one, two = (Throttle(counters=Counters(), clock=clock) for _ in range(2))
    right = basic_header(moodle.key, moodle.secret)
    assert come(right, BERLIN, one)
    guess(basic_header(moodle.key, "guess"), STRANGER, one, 2)
    guess(basic_header(moodle.key, "guess"), STRANGER, two, 2)
    for throttle in (one, two):
        with pytest.raises(RateLimited):
            come(right, STRANGER, throttle)
    assert come(right, BERLIN, two)


def test_what_is_counted_goes_with_its_time() -> None:
    counters = Counters()
    assert [counters.add("lrs:test:brief", 1, seconds=1) for _ in range(3)] == [1, 2, 3]
    time.sleep(1.2)
    assert counters.read(["lrs:test:brief"]) == {}
    assert counters.add("lrs:test:brief", 1, seconds=1) == 1


def test_a_server_that_dies_and_comes_back_refuses_nobody(
    valkey: Valkey, moodle: Issued, basic_header: Header, clock: Clock
) -> None:
    counters = Counters(clock=clock)
    throttle, limiter = Throttle(counters=counters, clock=clock), RateLimiter(counters=counters, clock=clock)
    header = basic_header(moodle.key, moodle.secret)

    def request() -> None:
        limiter.limit(come(header, BERLIN, throttle))

    request()
    assert valkey.process is not None
    valkey.process.kill()
    valkey.stop()
    began = time.perf_counter()
    for _ in range(50):
        request()
    # One try and one more finds it away; nobody waits for it after that.
    assert time.perf_counter() - began < 1.5
    valkey.start()
    clock.advance(seconds=AWAY_SECONDS + 1)
    counters.add("lrs:test:back", 7, seconds=60)
    assert cache.get("lrs:test:back") == 7
    request()


def test_a_known_caller_asks_it_nothing(
    valkey: Valkey, moodle: Issued, basic_header: Header, clock: Clock
) -> None:
    remembered, headers = Remembered(), {"authorization": basic_header(moodle.key, moodle.secret)}
    authenticate(headers, BERLIN, remembered=remembered)
    valkey.stop()
    began = time.perf_counter()
    for _ in range(1000):
        authenticate(headers, BERLIN, remembered=remembered)
    assert time.perf_counter() - began < 1
