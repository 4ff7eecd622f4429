"""Bodies that are written to a file instead of being kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import NotAuthorized, SourceChanged
from connectors.outbound.http import Caller
from simulators.server import Answer, Request, Server

_REPORT = bytes(range(256)) * 4000


@pytest.fixture
def workday() -> Iterator[Server]:
    server = Server()

    @server.route("GET", "/report")
    def report(_: Request) -> Answer:
        return Answer(200, _REPORT)

    @server.route("GET", "/secret")
    def secret(_: Request) -> Answer:
        return Answer(401, b"no")

    with server:
        yield server


def test_a_body_goes_to_a_file_whole(workday: Server, tmp_path: Path) -> None:
    with Caller(allow_private=True, body_most=1000) as caller:
        answer = caller.save(f"{workday.url}/report", tmp_path / "report", most=2_000_000)
    assert (tmp_path / "report").read_bytes() == _REPORT
    assert answer.content == b""


def test_an_attempt_that_breaks_off_begins_the_file_anew(workday: Server, tmp_path: Path) -> None:
    workday.faults.truncate()
    with Caller(allow_private=True) as caller:
        caller.save(f"{workday.url}/report", tmp_path / "report", most=2_000_000)
    assert (tmp_path / "report").read_bytes() == _REPORT
    assert len(workday.log) == 2


def test_more_than_was_agreed_is_not_taken(workday: Server, tmp_path: Path) -> None:
    with Caller(allow_private=True) as caller, pytest.raises(SourceChanged, match="more than 100,000 bytes"):
        caller.save(f"{workday.url}/report", tmp_path / "report", most=100_000)


def test_a_refusal_leaves_no_file(workday: Server, tmp_path: Path) -> None:
    with Caller(allow_private=True) as caller, pytest.raises(NotAuthorized):
        caller.save(f"{workday.url}/secret", tmp_path / "report", most=1000)
    assert not (tmp_path / "report").exists()
