"""Much at once over real HTTP: large batches, large bodies, compressed bodies and bombs."""

from __future__ import annotations

import gzip
import json
import zlib
from hashlib import sha256
from uuid import uuid4

import pytest

from tests.live import Lms
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

JSON = {"Content-Type": "application/json"}
MEGABYTE = 1024 * 1024


def batch_of(count: int) -> bytes:
    """Return `count` small statements as JSON."""
    one = json.dumps(a_statement(id="ID"))
    return ("[" + ",".join(one.replace("ID", str(uuid4())) for _ in range(count)) + "]").encode()


def test_it_takes_ten_thousand_statements_in_one_batch(berlin: Lms) -> None:
    body = batch_of(10_000)
    answer = berlin.send("POST", data=body, headers=JSON, timeout=120)
    assert answer.status_code == 200, answer.text
    ids = answer.json()
    assert ids == [statement["id"] for statement in json.loads(body)]
    # All are stored: the first, the last, and as many as there were.
    assert berlin.get(limit="1")["statements"][0]["id"] == ids[-1]
    assert berlin.get(limit="1", ascending="true")["statements"][0]["id"] == ids[0]
    assert [found["id"] for found in berlin.all_statements(limit="1000", ascending="true")] == ids


def test_it_refuses_one_more_than_ten_thousand(berlin: Lms) -> None:
    refused(berlin.send("POST", data=batch_of(10_001), headers=JSON, timeout=120), 413, "batch.size")
    nothing_is_stored(berlin)


def test_it_takes_an_attachment_of_fifty_megabytes_and_gives_it_back(berlin: Lms) -> None:
    content = bytes(range(256)) * (50 * MEGABYTE // 256)
    body = statement_part(with_certificate(content)) + attachment_part(content) + END
    answer = berlin.send("POST", data=body, headers=MULTIPART, timeout=120)
    assert answer.status_code == 200, answer.text
    read = berlin.send("GET", params={"statementId": answer.json()[0], "attachments": "true"}, timeout=120)
    assert read.status_code == 200
    start = read.content.index(b"\x00\x01\x02\x03\x04")
    assert sha256(read.content[start : start + len(content)]).digest() == sha256(content).digest()


def test_it_takes_fifty_megabytes_of_statements(berlin: Lms) -> None:
    note = "n" * 50_000
    batch = [a_statement(result={"response": note}) for _ in range(1_000)]
    body = json.dumps(batch).encode()
    assert len(body) > 50 * 1_000_000
    answer = berlin.send("POST", data=body, headers=JSON, timeout=120)
    assert answer.status_code == 200, answer.text
    assert berlin.get(statementId=answer.json()[999])["result"]["response"] == note


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_it_refuses_a_body_over_the_limit(berlin: Lms, announced: bool) -> None:
    def pieces() -> object:
        yield b'{"actor": "'
        for _ in range(65):
            yield b"a" * MEGABYTE
        yield b'"}'

    data = b"a" * (65 * MEGABYTE) if announced else pieces()
    try:
        answer = berlin.send("POST", data=data, headers=JSON, timeout=120)
    except OSError:
        # It may hang up on a client that goes on sending; then the client has no answer, only a closed line.
        pass
    else:
        refused(answer, 413, "body.size")
    nothing_is_stored(berlin)


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_it_takes_compressed_bodies(berlin: Lms, version: str) -> None:
    statement = a_statement()
    body = gzip.compress(json.dumps(statement).encode())
    answer = berlin.send("POST", data=body, headers={**JSON, "Content-Encoding": "gzip"}, version=version)
    assert answer.status_code == 200, answer.text
    assert [found["id"] for found in berlin.all_statements()] == [statement["id"]]


def bomb(encoding: str) -> bytes:
    """Return a small body that unpacks to 200 MiB."""
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    packed = b"".join(packer.compress(b" " * MEGABYTE) for _ in range(200)) + packer.flush()
    assert len(packed) < MEGABYTE
    return packed


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_it_refuses_a_bomb(berlin: Lms, encoding: str) -> None:
    answer = berlin.send("POST", data=bomb(encoding), headers={**JSON, "Content-Encoding": encoding})
    refused(answer, 413, "body.too-large")
    nothing_is_stored(berlin)


@pytest.mark.parametrize(
    ("body", "encoding", "status", "rule"),
    [
        (gzip.compress(b"{}")[:-4], "gzip", 400, "content-encoding.truncated"),
        (b"not gzip at all", "gzip", 400, "content-encoding.damaged"),
        (gzip.compress(b"{}")[:-6] + b"\0\0\0\0\0\0", "gzip", 400, "content-encoding.damaged"),
        (b"{}", "br", 415, "content-encoding.unknown"),
        (b"{}", "gzip, gzip", 415, "content-encoding.unknown"),
    ],
    ids=["cut off", "something else", "wrong checksum", "an unknown coding", "two codings"],
)
def test_it_refuses_what_it_cannot_unpack(
    berlin: Lms, body: bytes, encoding: str, status: int, rule: str
) -> None:
    refused(berlin.send("POST", data=body, headers={**JSON, "Content-Encoding": encoding}), status, rule)
    nothing_is_stored(berlin)
