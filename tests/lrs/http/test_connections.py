"""Clients that hang up, dribble or send in chunks: all or nothing is stored, and others never wait."""

from __future__ import annotations

import json
import socket
import struct
import time
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

from tests.live import Lms
from tests.lrs.http.refusal import a_statement
from tests.lrs.http.wire import answer, head, in_pieces, line_to

TEXT = {"Content-Type": "text/plain"}


def settled(lms: Lms) -> list[str]:
    """Return the ids in the store once whatever was under way has ended."""
    time.sleep(0.5)
    return [statement["id"] for statement in lms.all_statements()]


@pytest.mark.parametrize("abruptly", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_client_that_is_gone_half_way_leaves_nothing(berlin: Lms, share: float, abruptly: bool) -> None:
    body = json.dumps([a_statement() for _ in range(200)]).encode()
    with line_to(berlin) as line:
        line.sendall(head(berlin, f"Content-Length: {len(body)}"))
        line.sendall(body[: int(len(body) * share)])
        if abruptly:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert settled(berlin) == []


def test_a_client_that_is_gone_before_the_answer_finds_all_or_nothing(berlin: Lms) -> None:
    batch = [a_statement() for _ in range(50)]
    body = json.dumps(batch).encode()
    with line_to(berlin) as line:
        line.sendall(head(berlin, f"Content-Length: {len(body)}") + body)
    assert len(settled(berlin)) in {0, 50}
    # It never heard of it, so it sends the same again.
    assert berlin.send("POST", data=body, headers={"Content-Type": "application/json"}).status_code == 200
    assert sorted(settled(berlin)) == sorted(statement["id"] for statement in batch)


def test_a_body_that_is_shorter_than_announced_in_one_piece_is_never_taken_for_whole(berlin: Lms) -> None:
    body = json.dumps(a_statement()).encode()
    with line_to(berlin) as line:
        line.sendall(head(berlin, f"Content-Length: {len(body) + 10}") + body)
        line.shutdown(socket.SHUT_WR)
        line.settimeout(10)
        received = line.recv(65536)
    assert not received.startswith(b"HTTP/1.1 200")
    assert settled(berlin) == []


def test_it_takes_a_body_in_chunks_without_content_length(berlin: Lms) -> None:
    statement = a_statement()
    body = json.dumps(statement).encode()
    with line_to(berlin) as line:
        line.sendall(head(berlin, "Transfer-Encoding: chunked"))
        for start in range(0, len(body), 50):
            piece = body[start : start + 50]
            line.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        line.sendall(b"0\r\n\r\n")
        status, received = answer(line)
    assert (status, json.loads(received)) == (200, [statement["id"]])
    assert settled(berlin) == [statement["id"]]


def test_chunks_that_stop_before_the_last_one_leave_nothing(berlin: Lms) -> None:
    body = json.dumps(a_statement()).encode()
    with line_to(berlin) as line:
        line.sendall(head(berlin, "Transfer-Encoding: chunked"))
        line.sendall(f"{len(body):x}\r\n".encode() + body + b"\r\n")
    assert settled(berlin) == []


@pytest.mark.parametrize("framing", ["announced", "chunked"])
def test_a_document_is_never_replaced_by_half_of_one(berlin: Lms, framing: str) -> None:
    place = {
        "activityId": "http://example.com/a",
        "agent": '{"mbox":"mailto:ann@example.com"}',
        "stateId": "notes",
    }
    kept = berlin.send("PUT", "activities/state", params=place, data=b"the whole of it", headers=TEXT)
    assert kept.status_code == 204
    path = f"/xapi/activities/state?{urlencode(place)}"
    half = b"only half of"
    with line_to(berlin) as line:
        if framing == "announced":
            line.sendall(head(berlin, "Content-Length: 24", method="PUT", path=path) + half)
        else:
            line.sendall(head(berlin, "Transfer-Encoding: chunked", method="PUT", path=path))
            line.sendall(f"{len(half):x}\r\n".encode() + half + b"\r\n")
    time.sleep(0.5)
    assert berlin.send("GET", "activities/state", params=place).content == b"the whole of it"


def test_it_refuses_a_percent_sign_that_escapes_nothing(berlin: Lms) -> None:
    with line_to(berlin) as line:
        line.sendall(head(berlin, method="GET", path="/xapi/statements?verb=%zz"))
        status, received = answer(line)
    assert status == 400
    assert json.loads(received)["rule"] == "parameter.encoding"


def test_several_requests_on_one_connection_are_each_answered_after_a_refusal(berlin: Lms) -> None:
    statement = a_statement()
    bodies = [b"{", json.dumps(statement).encode(), b"[]["]
    with line_to(berlin) as line:
        statuses = []
        for body in bodies:
            line.sendall(head(berlin, f"Content-Length: {len(body)}") + body)
            statuses.append(answer(line)[0])
    assert statuses == [400, 200, 400]
    assert settled(berlin) == [statement["id"]]


def test_a_slow_client_is_served_all_the_same(berlin: Lms) -> None:
    statement = a_statement()
    body = json.dumps(statement).encode()
    with line_to(berlin) as line:
        line.sendall(head(berlin, f"Content-Length: {len(body)}"))
        in_pieces(line, body, size=20, pause=0.1)
        assert answer(line)[0] == 200
    assert settled(berlin) == [statement["id"]]


@pytest.mark.parametrize("part", ["head", "body"])
def test_slow_clients_do_not_block_others(berlin: Lms, part: str) -> None:
    with ExitStack() as open_lines:
        slow = [open_lines.enter_context(line_to(berlin)) for _ in range(24)]
        request = head(berlin, "Content-Length: 1000") + b'{"actor":'
        for line in slow:
            line.sendall(request[: request.index(b"X-Experience") + 30] if part == "head" else request)
        began = time.monotonic()
        for _ in range(5):
            for line in slow:
                line.sendall(b" ")
            assert berlin.send("POST", json=a_statement(), timeout=10).status_code == 200
        assert time.monotonic() - began < 10
    assert len(settled(berlin)) == 5
