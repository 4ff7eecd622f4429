"""Statements of one moment go to the database together, and none of them pays for another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from django.db import connections

from lrs.auth.access import Access
from lrs.errors import Conflict
from lrs.ingest import door, together
from lrs.ingest.batch import Batch
from lrs.ingest.together import Outcome, Together
from lrs.models import Statement
from lrs.wire.version import Version
from tests.fixtures import Hub, Xapi
from tests.statements import activity, statement


@pytest.fixture
def thread(hub: Hub) -> Iterator[ThreadPoolExecutor]:
    """One thread with its database connection, so that what comes second waits."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(connections.close_all).result()


def plain(caller: Xapi, *statements: dict[str, Any]) -> tuple[Access, Batch]:
    """Return what a POST of `statements` hands over."""
    batch = door.prepare_plain(caller.access, Version.V1, "application/json", orjson.dumps(statements))
    assert batch is not None
    return caller.access, batch


@pytest.fixture(params=["by threads at first", "from the event loop"])
def ready(request: pytest.FixtureRequest) -> bool:
    """Whether the event loop has its connection when the first batch comes."""
    return bool(request.param == "from the event loop")


def at_one_moment(
    thread: ThreadPoolExecutor, posts: Sequence[tuple[Access, Batch]], *, ready: bool
) -> list[Outcome]:
    """Hand over `posts` in one turn of an event loop; return how each ended."""

    async def hand_over() -> list[Outcome]:
        all_of_them = Together(thread)
        if ready:
            await all_of_them.open()
        try:
            return await asyncio.gather(*[all_of_them.store(access, batch) for access, batch in posts])
        finally:
            await all_of_them.close()

    return asyncio.run(hand_over())


def transactions(caller: Xapi, statements: Sequence[dict[str, Any]]) -> list[int]:
    """Return the transaction each statement was stored in."""
    found = dict(
        Statement.objects.filter(store=caller.store_id, statement_id__in=[each["id"] for each in statements])
        .extra(select={"transaction": "xid::text::bigint"})
        .values_list("statement_id", "transaction")
    )
    return [found[each] for each in sorted(found)]


def test_what_arrives_during_a_call_is_stored_in_the_next_one_together(
    moodle: Xapi, thread: ThreadPoolExecutor, ready: bool
) -> None:
    made = [statement() for _ in range(10)]
    outcomes = at_one_moment(thread, [plain(moodle, each) for each in made], ready=ready)
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert len(transactions(moodle, made)) == 10
    first, later = made[: together.CALLS_MOST], made[together.CALLS_MOST :]
    assert len(set(transactions(moodle, later))) == 1
    assert not set(transactions(moodle, first)) & set(transactions(moodle, later))


def test_every_statement_of_a_call_comes_back_and_is_found_by_its_activity(
    moodle: Xapi, thread: ThreadPoolExecutor, ready: bool
) -> None:
    made = [statement(object=activity(f"module-{number}")) for number in range(6)]
    at_one_moment(
        thread, [plain(moodle, *made[:1]), plain(moodle, *made[1:4]), plain(moodle, *made[4:])], ready=ready
    )
    for each in made:
        assert moodle.found(activity=each["object"]["id"]) == [each["id"]]


def test_a_conflict_is_told_to_its_own_request_and_the_others_are_stored(
    moodle: Xapi, thread: ThreadPoolExecutor, ready: bool
) -> None:
    taken = statement()
    moodle.store(taken)
    made = [statement() for _ in range(4)]
    other_content = {**statement(did="failed"), "id": taken["id"]}
    posts = [plain(moodle, each) for each in (made[0], made[1], other_content, made[2], made[3])]
    outcomes = at_one_moment(thread, posts, ready=ready)
    assert [isinstance(each, Conflict) for each in outcomes] == [False, False, True, False, False]
    assert len(transactions(moodle, made)) == 4


def test_one_id_with_two_contents_at_one_moment_is_stored_once(
    moodle: Xapi, thread: ThreadPoolExecutor, ready: bool
) -> None:
    first = statement()
    second = {**statement(did="failed"), "id": first["id"]}
    outcomes = at_one_moment(
        thread, [plain(moodle, each) for each in (statement(), first, second, statement())], ready=ready
    )
    refused = [isinstance(each, Conflict) for each in outcomes]
    # Whichever comes first; two calls may be under way.
    assert refused in ([False, False, True, False], [False, True, False, False])
    [kept] = [each for each in moodle.query() if each["id"] == first["id"]]
    assert kept["verb"] == (first if refused[2] else second)["verb"]


def test_one_statement_twice_at_one_moment_is_accepted_twice_and_stored_once(
    moodle: Xapi, thread: ThreadPoolExecutor, ready: bool
) -> None:
    made = statement()
    outcomes = at_one_moment(thread, [plain(moodle, each) for each in (statement(), made, made)], ready=ready)
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert [each["id"] for each in moodle.query()].count(made["id"]) == 1


def test_callers_never_share_a_call(hub: Hub, thread: ThreadPoolExecutor, ready: bool) -> None:
    berlin, oslo = hub.caller("Moodle Berlin"), hub.caller("Totara Oslo", store="Shipyard")
    made = [statement() for _ in range(3)]
    theirs = [statement() for _ in range(3)]
    posts = [plain(caller, each) for pair in zip(made, theirs, strict=True) for caller, each in
             zip((berlin, oslo), pair, strict=True)]  # fmt: skip
    at_one_moment(thread, posts, ready=ready)
    assert sorted(berlin.found()) == sorted(each["id"] for each in made)
    assert sorted(oslo.found()) == sorted(each["id"] for each in theirs)
    assert not set(transactions(berlin, made)) & set(transactions(oslo, theirs))


def test_a_call_is_bounded(moodle: Xapi, thread: ThreadPoolExecutor, ready: bool) -> None:
    half = together.STATEMENTS_MOST // 2
    made = [[statement() for _ in range(half)] for _ in range(4)]
    first = [plain(moodle, statement()) for _ in range(together.CALLS_MOST)]
    at_one_moment(thread, [*first, *[plain(moodle, *each) for each in made]], ready=ready)
    assert len({number for each in made for number in transactions(moodle, each)}) == 2


def test_what_needs_more_than_its_own_bytes_is_left_to_the_usual_way(moodle: Xapi) -> None:
    from tests.statements import reference, voiding

    for each in (voiding(statement()["id"]), statement(object=reference(statement()["id"]))):
        body = orjson.dumps(each)
        assert door.prepare_plain(moodle.access, Version.V1, "application/json", body) is None
