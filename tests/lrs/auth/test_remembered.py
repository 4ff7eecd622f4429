"""What a process remembers of callers."""

from __future__ import annotations

from lrs.auth.access import Access
from lrs.auth.remembered import Remembered

from .conftest import Clock


def access(credential_id: int = 1) -> Access:
    return Access(
        store_id=1,
        source_id=1,
        credential_id=credential_id,
        authority={},
        scopes=frozenset({"all"}),
        body_bytes=1,
        requests_per_minute=0,
    )


def test_it_returns_what_was_put_for_that_header_only() -> None:
    remembered = Remembered()
    remembered.put("Basic one", access(1))
    found = remembered.get("Basic one")
    assert found is not None
    assert found.credential_id == 1
    assert remembered.get("Basic two") is None


def test_it_never_holds_the_header_itself() -> None:
    remembered = Remembered()
    remembered.put("Basic c2VjcmV0", access())
    assert "c2VjcmV0" not in repr(vars(remembered))


def test_two_processes_hash_the_same_header_differently() -> None:
    one, two = Remembered(), Remembered()
    one.put("Basic same", access())
    two.put("Basic same", access())
    assert set(vars(one)["_entries"]) != set(vars(two)["_entries"])


def test_it_stays_within_its_bound_and_drops_what_has_ended_first(clock: Clock) -> None:
    remembered = Remembered(most=3, clock=clock)
    for number in range(3):
        remembered.put(f"Basic {number}", access(number))
    clock.advance(seconds=6)
    remembered.put("Basic new", access(9))
    assert len(remembered) == 1
    for number in range(50):
        remembered.put(f"Basic {number}", access(number))
        assert len(remembered) <= 3
    assert remembered.get("Basic 49") is not None


def test_it_takes_headers_that_are_no_text_of_unicode() -> None:
    remembered = Remembered()
    remembered.put("Basic \udc80", access(4))
    assert remembered.get("Basic \udc80") is not None
