"""Attachments that do not arrive as they should, over real HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.live import LiveHub, Lms
from tests.lrs.http.refusal import (
    BOUNDARY,
    CERTIFICATE,
    END,
    MULTIPART,
    a_statement,
    attachment_part,
    nothing_is_stored,
    part,
    refused,
    sha256,
    statement_part,
    with_certificate,
)

SOUND = statement_part(with_certificate()) + attachment_part() + END
FIRST = statement_part(with_certificate())

BAD = {
    "no attachment": (FIRST + END, "attachment.missing-part"),
    "an attachment nobody names": (
        FIRST + attachment_part() + attachment_part(b"other") + END,
        "attachment.extra-part",
    ),
    "a hash of other content": (
        FIRST + attachment_part(b"forged", X_Experience_API_Hash=sha256(CERTIFICATE)) + END,
        "multipart.hash-wrong",
    ),
    "no hash": (
        FIRST + part(CERTIFICATE, Content_Type="application/pdf", Content_Transfer_Encoding="binary") + END,
        "multipart.hash-missing",
    ),
    "no hexadecimal hash": (
        FIRST + attachment_part(X_Experience_API_Hash="certificate") + END,
        "multipart.hash-form",
    ),
    "no transfer encoding": (
        FIRST + attachment_part(Content_Transfer_Encoding="base64") + END,
        "multipart.transfer-encoding",
    ),
    "the statements last": (attachment_part() + FIRST + END, "multipart.first-part"),
    "no closing boundary": (FIRST + attachment_part(), "multipart.truncated"),
    "cut off in the attachment": (SOUND[:-60], "multipart.truncated"),
    "another boundary": (SOUND.replace(BOUNDARY.encode(), b"b-boundary"), "multipart.boundary-absent"),
    "no parts": (END, "multipart.empty"),
    "nothing": (b"", "multipart.boundary-absent"),
    "a header that is none": (SOUND.replace(b"Content-Type: ", b"Content-Type ", 1), "multipart.header"),
    "broken statements": (
        part(b'{"actor":', Content_Type="application/json") + attachment_part() + END,
        "json.syntax",
    ),
}


def contents(hub: LiveHub, lms: Lms) -> list[Path]:
    """The attachment contents the hub keeps for the store of `lms`."""
    return [path for path in hub.files.rglob("*") if path.is_file() and f"/{lms.store_id}/" in str(path)]


@pytest.mark.parametrize(("body", "rule"), BAD.values(), ids=BAD.keys())
def test_it_refuses_a_multipart_body_that_is_not_whole(
    berlin: Lms, live_hub: LiveHub, body: bytes, rule: str
) -> None:
    refused(berlin.send("POST", data=body, headers=MULTIPART), 400, rule)
    nothing_is_stored(berlin)
    assert contents(live_hub, berlin) == []


def test_it_refuses_a_huge_header_of_a_part(berlin: Lms) -> None:
    body = statement_part(with_certificate()) + attachment_part(X_Note="n" * 1_000_000) + END
    refused(berlin.send("POST", data=body, headers=MULTIPART), 413, "multipart.headers")
    nothing_is_stored(berlin)


def test_it_names_the_statement_whose_attachment_is_missing(berlin: Lms) -> None:
    batch: list[Any] = [a_statement(), with_certificate(), with_certificate(b"another")]
    body = statement_part(batch) + attachment_part() + END
    problem = refused(
        berlin.send("POST", data=body, headers=MULTIPART), 400, "attachment.missing-part", index=2
    )
    assert problem["pointer"].startswith("/attachments/0")
    nothing_is_stored(berlin)


def test_it_takes_a_sound_body_and_gives_the_attachment_back(berlin: Lms, live_hub: LiveHub) -> None:
    answer = berlin.send("POST", data=SOUND, headers=MULTIPART)
    assert answer.status_code == 200, answer.text
    read = berlin.send("GET", params={"attachments": "true"})
    assert read.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    assert b"\r\n\r\n" + CERTIFICATE + b"\r\n--" in read.content
    assert f"X-Experience-API-Hash: {sha256(CERTIFICATE)}".encode() in read.content
    [kept] = contents(live_hub, berlin)
    assert kept.read_bytes() == CERTIFICATE


def test_it_takes_attachments_in_any_order_and_the_same_content_once_for_many(
    berlin: Lms, live_hub: LiveHub
) -> None:
    first, second = with_certificate(b"one"), with_certificate(b"two")
    body = (
        statement_part([first, second, with_certificate(b"one")])
        + attachment_part(b"two")
        + attachment_part(b"one")
        + END
    )
    answer = berlin.send("POST", data=body, headers=MULTIPART)
    assert answer.status_code == 200, answer.text
    assert sorted(path.read_bytes() for path in contents(live_hub, berlin)) == [b"one", b"two"]
