"""Writes that come too often are put off, united, and not lost."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lrs.paced import Paced


class Ledger:
    """Remembers what was written, in place of a table."""

    def __init__(self) -> None:
        self.written: list[dict[str, list[str]]] = []

    def write(self, values: Mapping[str, list[str]]) -> None:
        self.written.append(dict(values))


def _united(known: list[str] | None, new: list[str]) -> list[str]:
    return [*(known or []), *new]


def _paced(
    ledger: Ledger, *, pause_seconds: float = 3600.0, now: list[float] | None = None
) -> Paced[str, list[str]]:
    clock = (lambda: now[0]) if now is not None else time.monotonic
    return Paced(
        write=ledger.write, unite=_united, most=2, seconds=10.0, pause_seconds=pause_seconds, clock=clock
    )


def test_it_lets_the_first_writes_of_a_key_through() -> None:
    paced = _paced(Ledger())
    assert paced.split({"forklift": ["a"]}) == ({"forklift": ["a"]}, {})
    assert paced.split({"forklift": ["b"]}) == ({"forklift": ["b"]}, {})
    assert paced.split({"forklift": ["c"]}) == ({}, {"forklift": ["c"]})


def test_it_watches_each_key_for_itself() -> None:
    paced = _paced(Ledger())
    for _ in range(3):
        paced.split({"forklift": ["a"]})
    assert paced.split({"ladder": ["a"]}) == ({"ladder": ["a"]}, {})


def test_it_lets_a_key_through_again_after_a_while() -> None:
    now = [0.0]
    paced = _paced(Ledger(), now=now)
    for _ in range(3):
        paced.split({"forklift": ["a"]})
    now[0] = 10.1
    assert paced.split({"forklift": ["b"]}) == ({"forklift": ["b"]}, {})


def test_it_unites_what_it_has_put_off_in_order() -> None:
    ledger = Ledger()
    paced = _paced(ledger)
    paced.put_off({"forklift": ["a"]})
    paced.put_off({"forklift": ["b"], "ladder": ["c"]})
    paced.flush()
    assert ledger.written == [{"forklift": ["a", "b"], "ladder": ["c"]}]


def test_it_lets_nothing_overtake_what_is_put_off() -> None:
    now = [0.0]
    paced = _paced(Ledger(), now=now)
    paced.put_off({"forklift": ["a"]})
    assert paced.split({"forklift": ["b"]}) == ({}, {"forklift": ["b"]})


def test_it_writes_by_itself_before_long() -> None:
    ledger = Ledger()
    _paced(ledger, pause_seconds=0.01).put_off({"forklift": ["a"]})
    deadline = time.monotonic() + 10
    while not ledger.written and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ledger.written == [{"forklift": ["a"]}]


def test_it_writes_once() -> None:
    ledger = Ledger()
    paced = _paced(ledger)
    paced.put_off({"forklift": ["a"]})
    paced.flush()
    paced.flush()
    assert len(ledger.written) == 1
