"""A referrer and its target that two requests store at once: neither can see the other, and yet every filter
must find both in the end."""

from __future__ import annotations

import time
from functools import partial

import pytest

from lrs import feed
from tests.fixtures import Hub, Xapi, at_once, fed, held_open
from tests.statements import Json, agent, reference, statement

CONSUMER = "lrs.references"


def _settled(caller: Xapi, who: str, expected: set[str]) -> set[str]:
    """Run the consumer until the statements of `who` are found, and return what is found then."""
    # Transactions of others hold the feed back while they run.
    deadline = time.monotonic() + 30
    while (found := set(caller.found(agent=agent(who), limit="500"))) != expected:
        if time.monotonic() > deadline:
            break
        feed.run(CONSUMER)
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("late", ["target", "referrer"])
def test_a_target_and_its_referrer_that_commit_at_once_find_each_other(moodle: Xapi, late: str) -> None:
    moodle.store(statement("ben"), statement("andrew", "confirmed"))
    known = set(moodle.found(agent=agent("ben")))
    passed = statement("ben")
    confirmed = statement("andrew", "confirmed") | {"object": reference(passed["id"])}
    first, second = (passed, confirmed) if late == "target" else (confirmed, passed)
    with held_open(lambda: moodle.store(first)):
        moodle.store(second)
    expected = known | {passed["id"], confirmed["id"]}
    assert _settled(moodle, "ben", expected) == expected


def test_a_chain_whose_middle_commits_last_is_followed_to_its_end(moodle: Xapi) -> None:
    moodle.store(*(statement(who) for who in ("ben", "chloe", "david")))
    known = set(moodle.found(agent=agent("ben")))
    last = statement("ben")
    middle = statement("chloe") | {"object": reference(last["id"])}
    first = statement("david") | {"object": reference(middle["id"])}
    with held_open(lambda: moodle.store(middle)):
        moodle.store(first)
        moodle.store(last)
    expected = known | {first["id"], middle["id"], last["id"]}
    assert _settled(moodle, "ben", expected) == expected


def test_many_targets_and_referrers_in_threads_all_find_each_other(hub: Hub) -> None:
    callers = [hub.caller(f"LMS {number}") for number in range(6)]
    passed = [statement("ben") for _ in range(24)]
    confirmed = [statement("andrew", "confirmed") | {"object": reference(each["id"])} for each in passed]
    countersigned = [statement("chloe") | {"object": reference(each["id"])} for each in confirmed]

    def write(caller: Xapi, statements: list[Json]) -> None:
        for place in range(0, len(statements), 3):
            caller.store(*statements[place : place + 3])

    at_once(
        [
            partial(write, callers[0], passed),
            partial(write, callers[1], confirmed),
            partial(write, callers[2], countersigned),
        ]
    )
    expected = {each["id"] for each in passed + confirmed + countersigned}
    assert _settled(callers[3], "ben", expected) == expected


def test_settling_again_changes_nothing(moodle: Xapi) -> None:
    passed = statement("ben")
    confirmed = statement("andrew", "confirmed") | {"object": reference(passed["id"])}
    moodle.store(passed, confirmed)
    before = moodle.found(agent=agent("ben"))
    fed(CONSUMER)
    feed.replay(CONSUMER)
    feed.run(CONSUMER)
    assert moodle.found(agent=agent("ben")) == before == [confirmed["id"], passed["id"]]
    assert moodle.found(agent=agent("andrew")) == [confirmed["id"]]
