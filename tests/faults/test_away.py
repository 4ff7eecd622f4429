"""Database, broker or disk away: a clear 503, nothing half done, recovery without restarting a process."""

from __future__ import annotations

import json
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection

from tests.faults.line import Line
from tests.live import LiveHub, Lms
from tests.lrs.http.refusal import (
    END,
    MULTIPART,
    a_statement,
    attachment_part,
    nothing_is_stored,
    refused,
    statement_part,
    with_certificate,
)
from tests.lrs.http.wire import answer, head, line_to


def web_processes(hub: LiveHub) -> list[int]:
    """The process ids that serve requests."""
    main = hub.process.pid
    children = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii").split()
    return sorted([main, *map(int, children)])


def unavailable(response: requests.Response, rule: str) -> None:
    """Assert a clear 503 that says when to come back."""
    refused(response, 503, rule)
    assert 1 <= int(response.headers["Retry-After"]) <= 60


def eventually(check: Callable[[], bool], *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.02)
    return False


def await_service(lms: Lms) -> None:
    """Ask until every thread that held a lost connection has noticed."""
    good = 0

    def served() -> bool:
        nonlocal good
        status = lms.send("GET", params={"limit": "1"}).status_code
        assert status in {200, 503}
        good = good + 1 if status == 200 else 0
        return good == 20

    assert eventually(served, seconds=20)


def test_with_the_database_away_everything_says_so_and_works_again_when_it_is_back(
    berlin: Lms, frail_hub: LiveHub, line: Line
) -> None:
    before = web_processes(frail_hub)
    kept, lost = a_statement(), a_statement()
    assert berlin.send("POST", json=kept).status_code == 200
    line.cut()
    for _ in range(20):
        # More than there are threads: each has to find out for itself.
        unavailable(berlin.send("POST", json=lost), "database.unavailable")
    unavailable(berlin.send("GET"), "database.unavailable")
    unavailable(
        berlin.send("GET", "activities", params={"activityId": "http://example.com/a"}),
        "database.unavailable",
    )
    ready = requests.get(f"{frail_hub.origin}/readyz?without=broker", timeout=30)
    assert ready.status_code == 503
    assert not ready.json()["parts"]["database"]["ok"]
    assert requests.get(f"{frail_hub.origin}/healthz", timeout=30).status_code == 200
    line.restore()
    # Failed and not stored: what was refused is not there, and the same request is accepted now.
    for _ in range(20):
        assert [found["id"] for found in berlin.all_statements()] == [kept["id"]]
    assert berlin.send("POST", json=lost).status_code == 200
    assert [found["id"] for found in berlin.all_statements()] == [lost["id"], kept["id"]]
    assert requests.get(f"{frail_hub.origin}/readyz?without=broker", timeout=30).status_code == 200
    assert web_processes(frail_hub) == before


def test_a_database_that_only_restarted_is_hardly_noticed(berlin: Lms, line: Line) -> None:
    for _ in range(10):
        line.drop()
        statuses: list[int] = []

        def stored(statuses: list[int] = statuses) -> bool:
            statuses.append(berlin.send("POST", json=a_statement()).status_code)
            return statuses[-1] == 200

        assert eventually(stored, seconds=10)
        assert set(statuses) <= {200, 503}
        # At most one answer for each thread that held a connection.
        assert len(statuses) <= 9


def test_a_database_that_goes_away_in_the_middle_of_requests_leaves_no_batch_in_part(
    berlin: Lms, frail_hub: LiveHub, line: Line
) -> None:
    batches = [[a_statement() for _ in range(300)] for _ in range(12)]
    statuses: dict[int, int] = {}

    def send(number: int) -> None:
        statuses[number] = berlin.send("POST", json=batches[number]).status_code

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
        time.sleep(0.03)
        line.drop()
    line.cut()
    line.restore()
    for thread in threads:
        thread.join()
    unexpected = [each for each in frail_hub.log().splitlines() if "unexpected_error" in each]
    assert set(statuses.values()) <= {200, 503}, unexpected
    await_service(berlin)
    ids = {found["id"] for found in berlin.all_statements(limit="1000")}
    for number, batch in enumerate(batches):
        there = {statement["id"] for statement in batch} & ids
        assert len(there) == 300 if statuses[number] == 200 else len(there) in {0, 300}
    # Failed but stored, or not: each is sent again as it was, and is there once.
    for batch in batches:
        assert berlin.send("POST", json=batch).status_code == 200
    found = [statement["id"] for statement in berlin.all_statements(limit="1000")]
    assert len(found) == len(set(found)) == 3_600


def test_with_the_broker_away_ingest_goes_on_at_once(berlin: Lms, frail_hub: LiveHub) -> None:
    began = time.monotonic()
    for _ in range(10):
        assert berlin.send("POST", json=a_statement()).status_code == 200
    assert time.monotonic() - began < 10
    assert len(berlin.all_statements()) == 10
    ready = requests.get(f"{frail_hub.origin}/readyz", timeout=30)
    assert ready.status_code == 503
    assert ready.json()["parts"]["broker"] == {"ok": False, "problem": "The broker does not answer."}
    assert requests.get(f"{frail_hub.origin}/readyz?without=broker", timeout=30).status_code == 200


@contextmanager
def no_room_for_files(hub: LiveHub, most_bytes: int) -> Iterator[None]:
    """Let no process of the hub write a file beyond `most_bytes`, as a full disk would not."""
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in web_processes(hub)}
    for pid, (_, hard) in limits.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def test_with_no_room_for_attachments_it_says_so_and_works_again_when_there_is(
    berlin: Lms, frail_hub: LiveHub
) -> None:
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN, "Python gets an error, not a signal"
    before = web_processes(frail_hub)
    content = b"scan" * 500_000
    body = statement_part([a_statement(), with_certificate(content)]) + attachment_part(content) + END
    with no_room_for_files(frail_hub, 1_000_000):
        unavailable(berlin.send("POST", data=body, headers=MULTIPART), "attachment.storage")
        nothing_is_stored(berlin)
        files = [path for path in frail_hub.files.rglob("*") if path.is_file()]
        assert all(path.stat().st_size != 1_000_000 for path in files), "half a file was left"
        # What needs no room is still taken.
        assert berlin.send("POST", json=a_statement()).status_code == 200
    taken = berlin.send("POST", data=body, headers=MULTIPART)
    assert taken.status_code == 200, taken.text
    read = berlin.send("GET", params={"statementId": taken.json()[1], "attachments": "true"})
    assert content in read.content
    assert web_processes(frail_hub) == before


@contextmanager
def disk_full_for(store_id: int) -> Iterator[None]:
    """Have PostgreSQL answer every statement of a store as it does when its disk is full."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
            END $$
            """
        )
        cursor.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON lrs_statement FOR EACH ROW"
            f" WHEN (new.store_id = {store_id}) EXECUTE FUNCTION no_room()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER no_room ON lrs_statement")
            cursor.execute("DROP FUNCTION no_room")


@pytest.mark.parametrize("with_attachment", [False, True], ids=["statements", "with an attachment"])
def test_with_no_room_in_the_database_it_says_so_and_works_again_when_there_is(
    berlin: Lms, with_attachment: bool
) -> None:
    request: dict[str, Any] = {"json": [a_statement() for _ in range(5)]}
    if with_attachment:
        body = statement_part(with_certificate()) + attachment_part() + END
        request = {"data": body, "headers": MULTIPART}
    with disk_full_for(berlin.store_id):
        unavailable(berlin.send("POST", **request), "database.unavailable")
        nothing_is_stored(berlin)
    assert berlin.send("POST", **request).status_code == 200
    assert len(berlin.all_statements()) == (1 if with_attachment else 5)


def test_a_client_that_stops_sending_is_told_so_and_leaves_nothing(berlin: Lms) -> None:
    with line_to(berlin) as line:
        line.sendall(head(berlin, "Content-Length: 1000") + b'{"actor":')
        status, body = answer(line)
    assert status == 408
    problem = json.loads(body)
    assert (problem["status"], problem["rule"]) == (408, "body.timeout")
    nothing_is_stored(berlin)
