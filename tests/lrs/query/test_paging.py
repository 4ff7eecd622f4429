"""Paging while others write, and what X-Experience-API-Consistent-Through promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction

from lrs.query.pages import read_consistent_through
from tests.fixtures import Hub, Xapi, at_once, held_open
from tests.statements import statement, voiding

HEADER = "x-experience-api-consistent-through"
BOTH_WAYS = pytest.mark.parametrize("ascending", ["true", "false"])


def _through(caller: Xapi, **parameters: str) -> datetime:
    return datetime.fromisoformat(caller.get(**parameters).expect(200).headers[HEADER])


@BOTH_WAYS
def test_a_transaction_committed_between_two_pages_changes_no_page(moodle: Xapi, ascending: str) -> None:
    before = moodle.store(*(statement() for _ in range(12)))
    late = [statement() for _ in range(4)]
    with held_open(lambda: moodle.store(*late)) as commit:
        after = moodle.store(*(statement() for _ in range(12)))
        pages = moodle.pages(limit="5", ascending=ascending)
        first = next(pages)
        commit()
        newer = moodle.store(statement())
        found = [each["id"] for page in [first, *pages] for each in page]
    assert found == (before + after if ascending == "true" else (before + after)[::-1])
    everything = before + [each["id"] for each in late] + after + newer
    assert moodle.found(ascending="true") == everything


@BOTH_WAYS
def test_a_transaction_held_open_through_all_pages_is_left_out_whole(moodle: Xapi, ascending: str) -> None:
    before = moodle.store(*(statement() for _ in range(6)))
    with held_open(lambda: moodle.store(*(statement() for _ in range(3)))):
        after = moodle.store(*(statement() for _ in range(6)))
        found = moodle.found(limit="4", ascending=ascending, verb=statement()["verb"]["id"])
    assert sorted(found) == sorted(before + after)


def test_nothing_is_skipped_or_doubled_while_others_write(hub: Hub) -> None:
    writers = [hub.caller(name) for name in ("Moodle Berlin", "Moodle Paris", "SCORM Engine")]
    reader = hub.caller("Auditor")
    writers[0].store(statement())
    acknowledged: list[str] = []
    ended = Event()
    problems: list[str] = []

    def write(caller: Xapi) -> None:
        for size in [1, 3, 7, 2, 5, 1, 4, 6, 2, 3] * 2:
            acknowledged.extend(caller.store(*(statement() for _ in range(size))))

    def read(ascending: str) -> None:
        rounds = 0
        while not ended.is_set() or rounds < 2:
            there_before = set(acknowledged)
            statements = reader.query(limit="11", ascending=ascending)
            # Two batches may begin in the same microsecond: equal moments are in order.
            stored = [each["stored"] for each in statements]
            if stored != sorted(stored, reverse=ascending == "false"):
                problems.append("out of order")
            ids = {each["id"] for each in statements}
            if len(ids) != len(statements):
                problems.append("doubled")
            if missing := there_before - ids:
                problems.append(f"skipped {sorted(missing)}")
            rounds += 1

    def write_all() -> None:
        try:
            at_once([partial(write, each) for each in writers])
        finally:
            ended.set()

    together: list[Callable[[], None]] = [write_all, partial(read, "true"), partial(read, "false")]
    at_once(together)
    assert problems == []
    assert len(acknowledged) == len(set(acknowledged)) == 3 * 2 * 34
    assert set(acknowledged) < set(reader.found(limit="50"))


def test_a_statement_voided_between_two_pages_is_not_shown(moodle: Xapi) -> None:
    ids = moodle.store(*(statement() for _ in range(4)))
    pages = moodle.pages(limit="2", ascending="true")
    next(pages)
    moodle.store(voiding(ids[3]))
    assert [each["id"] for page in pages for each in page] == [ids[2]]


def test_consistent_through_never_passes_a_statement_not_yet_committed(moodle: Xapi) -> None:
    before = moodle.store(statement())
    last = datetime.fromisoformat(moodle.get(statementId=before[0]).json()["stored"])
    late = statement()
    with held_open(lambda: moodle.store(late)) as commit:
        held_at = [_through(moodle), _through(moodle, statementId=before[0])]
        moodle.store(statement())
        held_at.append(_through(moodle, limit="1"))
        commit()
    freed_at = _through(moodle)
    stored = datetime.fromisoformat(moodle.get(statementId=late["id"]).json()["stored"])
    assert all(last <= each < stored for each in held_at)
    assert freed_at > stored


def test_consistent_through_is_not_held_back_by_transactions_that_store_nothing(hub: Hub) -> None:
    moodle = hub.caller()
    with held_open(lambda: moodle.get().expect(200)):
        stored = moodle.get(statementId=moodle.store(statement())[0]).json()["stored"]
        assert read_consistent_through() > datetime.fromisoformat(stored)


def test_consistent_through_is_exact_while_others_write(hub: Hub) -> None:
    writers = [hub.caller(name) for name in ("Moodle Berlin", "Moodle Paris")]
    reader = hub.caller("Auditor")
    writers[0].store(statement())
    seen: list[tuple[datetime, set[str]]] = []

    def write(caller: Xapi) -> None:
        for _ in range(40):
            caller.store(statement(), statement())

    def read() -> None:
        for _ in range(25):
            answer = reader.get(limit="500").expect(200)
            moment = datetime.fromisoformat(answer.headers[HEADER])
            seen.append((moment, {each["id"] for each in answer.json()["statements"]}))

    together: list[Callable[[], None]] = [partial(write, writers[0]), partial(write, writers[1]), read]
    at_once(together)
    everything = reader.query(limit="500")
    assert len(everything) == 161
    began = min(datetime.fromisoformat(each["stored"]) for each in everything)
    for moment, visible in seen:
        # It lags behind writers at work by their transactions, never by more.
        assert moment > began
        promised = {each["id"] for each in everything if datetime.fromisoformat(each["stored"]) <= moment}
        assert promised <= visible


def test_consistent_through_stays_recent_while_writers_come_and_go(hub: Hub) -> None:
    moodle = hub.caller()
    began = datetime.fromisoformat(moodle.get(statementId=moodle.store(statement())[0]).json()["stored"])
    ended = Event()
    answers: list[datetime] = []

    def write() -> None:
        """Do what a writer does before it reads the clock, more often than statements could be stored."""
        while not ended.is_set():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("LOCK TABLE lrs_statement IN ROW EXCLUSIVE MODE")

    def read() -> None:
        try:
            answers.extend(read_consistent_through() for _ in range(800))
        finally:
            ended.set()

    at_once([write, write, write, read])
    assert len(answers) == 800
    assert min(answers) > began


@pytest.mark.parametrize("limit", [None, "0"])
def test_a_page_without_a_limit_ends_somewhere_and_goes_on(moodle: Xapi, limit: str | None) -> None:
    ids = moodle.store(*(statement() for _ in range(105)))
    asked = {} if limit is None else {"limit": limit}
    pages = list(moodle.pages(**asked))
    assert [len(page) for page in pages] == [100, 5]
    assert [each["id"] for page in pages for each in page] == ids[::-1]


def test_a_changed_more_address_is_refused(moodle: Xapi) -> None:
    moodle.store(statement(), statement())
    more = moodle.get(limit="1").json()["more"]
    head, _, tail = more.rpartition("/")
    moodle.get(f"{head}/{tail[:-1]}{'A' if tail[-1] != 'A' else 'B'}").expect(400)
    moodle.get(more).expect(200)
