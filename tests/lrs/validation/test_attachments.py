"""Statements and the parts sent along: what belongs together, and what is refused because it does not."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from lrs.errors import BadRequest, StatementsRejected
from lrs.validation.attachments import SIGNATURE, match
from lrs.wire.multipart import AttachmentPart

PHOTO = b"photo of the forklift"
ESSAY = b"Why I brake for Bob"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def attachment(content: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "usageType": "http://example.com/photo",
        "display": {"en": "x"},
        "contentType": "text/plain; charset=ascii",
        "length": len(content),
        "sha2": sha256(content),
        **changes,
    }


def statement(*attachments: dict[str, Any], inner: dict[str, Any] | None = None) -> dict[str, Any]:
    ann = {"mbox": "mailto:ann@example.com"}
    found: dict[str, Any] = {
        "actor": ann,
        "verb": {"id": "urn:x:did"},
        "object": inner or {"id": "urn:x:course"},
    }
    return {**found, "attachments": list(attachments)} if attachments else found


def parts(*contents: bytes, content_type: str = "text/plain") -> dict[str, AttachmentPart]:
    return {
        sha256(content): AttachmentPart(content_type, memoryview(content), sha256(content))
        for content in contents
    }


def test_it_says_which_statement_carries_what() -> None:
    batch = [statement(), statement(attachment(PHOTO), attachment(ESSAY)), statement(attachment(PHOTO))]
    uses = match(batch, parts(ESSAY, PHOTO))
    assert [(use.index, use.pointer, use.sha256) for use in uses] == [
        (1, "/attachments/0", sha256(PHOTO)),
        (1, "/attachments/1", sha256(ESSAY)),
        (2, "/attachments/0", sha256(PHOTO)),
    ]


def test_it_finds_attachments_of_sub_statements() -> None:
    inner = {**statement(attachment(PHOTO)), "objectType": "SubStatement"}
    (use,) = match([statement(inner=inner)], parts(PHOTO))
    assert (use.index, use.pointer) == (0, "/object/attachments/0")


def test_a_file_elsewhere_needs_no_part_but_may_have_one() -> None:
    linked = statement(attachment(PHOTO, fileUrl="https://example.com/photo"))
    assert match([linked], {}) == []
    assert len(match([linked], parts(PHOTO))) == 1


def test_the_hash_settles_which_bytes_are_meant_not_the_length() -> None:
    assert len(match([statement(attachment(PHOTO, length=3))], parts(PHOTO))) == 1


def test_hashes_are_compared_without_regard_to_case_and_may_be_longer() -> None:
    sha512 = hashlib.sha512(PHOTO).hexdigest()
    found = {sha256(PHOTO): AttachmentPart("", memoryview(PHOTO), sha512)}
    (use,) = match([statement(attachment(PHOTO, sha2=sha512.upper()))], found)
    assert use.sha256 == sha256(PHOTO)


@pytest.mark.parametrize(
    ("changes", "sent", "rule", "pointer"),
    [
        ({}, {}, "attachment.missing-part", "/attachments/0/sha2"),
        (
            {"contentType": "image/png"},
            parts(PHOTO),
            "attachment.content-type",
            "/attachments/0/contentType",
        ),
        (
            {"contentType": "text/plain; charset"},
            parts(PHOTO, content_type="text/html"),
            "attachment.content-type",
            None,
        ),
        (
            {"usageType": SIGNATURE, "contentType": "text/plain"},
            parts(PHOTO),
            "signature.content-type",
            "/attachments/0/contentType",
        ),
        (
            {
                "usageType": SIGNATURE,
                "contentType": "application/octet-stream",
                "fileUrl": "https://example.com",
            },
            {},
            "attachment.missing-part",
            "/attachments/0/sha2",
        ),
    ],
)
def test_it_refuses(
    changes: dict[str, Any], sent: dict[str, AttachmentPart], rule: str, pointer: str | None
) -> None:
    """XAPI-00115, XAPI-00129."""
    batch = [statement(), statement(attachment(PHOTO, **changes))]
    with pytest.raises(StatementsRejected) as caught:
        match(batch, sent)
    (found,) = caught.value.rejections
    assert (found.rule, found.index) == (rule, 1)
    assert pointer is None or found.pointer == pointer
    with pytest.raises(StatementsRejected) as caught:
        match(batch[1:], sent, single=True)
    assert caught.value.rejections[0].index is None


def test_it_refuses_a_part_that_belongs_to_no_attachment() -> None:
    """XAPI-00128."""
    with pytest.raises(BadRequest) as caught:
        match([statement(attachment(PHOTO))], parts(PHOTO, ESSAY))
    assert (caught.value.rule, caught.value.value) == ("attachment.extra-part", sha256(ESSAY))


def test_only_an_attachment_of_the_statement_itself_signs_it() -> None:
    signature = attachment(PHOTO, usageType=SIGNATURE, contentType="application/octet-stream")
    inner = {**statement(signature), "objectType": "SubStatement"}
    sent = parts(PHOTO, content_type="application/octet-stream")
    assert [use.is_signature for use in match([statement(signature), statement(inner=inner)], sent)] == [
        True,
        False,
    ]
