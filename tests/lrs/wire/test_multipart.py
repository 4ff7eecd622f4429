"""multipart/mixed: read in every form that RFC 2046 and the xAPI allow, the rest refused, and written."""

from __future__ import annotations

import hashlib
from email import message_from_bytes
from email.policy import HTTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest, LrsError, TooLarge
from lrs.wire.multipart import Limits, OutgoingAttachment, Part, compose, parse, statement_parts

CONTENT_TYPE = 'multipart/mixed; boundary="abcABC0123\'()+_,-./:=?"'
BOUNDARY = b"abcABC0123'()+_,-./:=?"
STATEMENT = b'{"actor":{"mbox":"mailto:ann@example.com"}}'
CERTIFICATE = b"%PDF-1.7\r\n--abc\r\n\x00\xff Ann completed Forklift safety\n"
PHOTO = bytes(range(256)) * 3


def attachment(content: bytes, **changes: str | None) -> tuple[dict[str, str], bytes]:
    headers: dict[str, str | None] = {
        "Content-Type": "application/pdf",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": hashlib.sha256(content).hexdigest(),
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}, content


def body(*parts: tuple[dict[str, str], bytes], line_end: bytes = b"\r\n") -> bytes:
    text = b""
    for headers, content in parts:
        block = b"".join(f"{name}: {value}".encode() + line_end for name, value in headers.items())
        text += b"--" + BOUNDARY + line_end + block + line_end + content + line_end
    return text + b"--" + BOUNDARY + b"--" + line_end


JSON = ({"Content-Type": "application/json"}, STATEMENT)


def refusal(content_type: str, text: bytes, limits: Limits | None = None) -> LrsError:
    with pytest.raises(LrsError) as caught:
        statement_parts(parse(content_type, text, limits=limits))
    return caught.value


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("order", [(CERTIFICATE, PHOTO), (PHOTO, CERTIFICATE)])
def test_it_reads_statements_and_attachments_in_any_order(
    line_end: bytes, order: tuple[bytes, bytes]
) -> None:
    text = body(JSON, *(attachment(content) for content in order), line_end=line_end)
    first, found = statement_parts(parse(CONTENT_TYPE, text))
    assert bytes(first.body) == STATEMENT
    assert {sha256: bytes(part.content) for sha256, part in found.items()} == {
        hashlib.sha256(content).hexdigest(): content for content in order
    }
    assert {part.content_type for part in found.values()} == {"application/pdf"}


def test_it_does_not_copy_the_content() -> None:
    text = body(JSON, attachment(PHOTO))
    assert parse(CONTENT_TYPE, text)[1].body.obj is text


def test_it_ignores_what_stands_before_the_first_and_after_the_last_boundary() -> None:
    text = b"Dear LRS,\r\n" + body(JSON).rstrip(b"\r\n") + b" \t\r\nYours, Moodle Berlin\r\n--" + BOUNDARY
    assert [bytes(part.body) for part in parse(CONTENT_TYPE, text)] == [STATEMENT]


def test_it_takes_blanks_after_a_boundary_and_folded_headers() -> None:
    text = b"\r\n--%b \t\r\nContent-Type:application/json;\r\n charset=utf-8\r\n\r\n{}\r\n--%b--" % (
        BOUNDARY,
        BOUNDARY,
    )
    assert parse(CONTENT_TYPE, text)[0].headers == {"content-type": "application/json; charset=utf-8"}


def test_it_takes_parts_without_headers_and_without_content() -> None:
    text = b"--%b\r\n\r\nplain\r\n--%b\r\n\r\n\r\n--%b\r\n\r\n--%b\r\n--%b\r\nA: b\r\n--%b--" % (
        (BOUNDARY,) * 6
    )
    assert [(part.headers, bytes(part.body)) for part in parse(CONTENT_TYPE, text)] == [
        ({}, b"plain"),
        ({}, b""),
        ({}, b""),
        ({}, b""),
        ({"a": "b"}, b""),
    ]


def test_a_longer_line_that_starts_like_the_boundary_is_content() -> None:
    content = b"--" + BOUNDARY + b"x\r\n--" + BOUNDARY + b"-\r\n --" + BOUNDARY
    _, found = statement_parts(parse(CONTENT_TYPE, body(JSON, attachment(content))))
    assert [bytes(part.content) for part in found.values()] == [content]


@pytest.mark.parametrize("algorithm", ["sha224", "sha384", "sha512"])
def test_it_takes_another_hash_of_the_sha2_family(algorithm: str) -> None:
    declared = hashlib.new(algorithm, PHOTO).hexdigest()
    _, found = statement_parts(
        parse(CONTENT_TYPE, body(JSON, attachment(PHOTO, X_Experience_API_Hash=declared.upper())))
    )
    assert found[hashlib.sha256(PHOTO).hexdigest()].sha2 == declared


def test_it_takes_the_same_content_twice() -> None:
    _, found = statement_parts(parse(CONTENT_TYPE, body(JSON, attachment(PHOTO), attachment(PHOTO))))
    assert len(found) == 1


WHOLE = body(JSON, attachment(CERTIFICATE))
REFUSED = {
    "another content type": ("multipart/form-data; boundary=a", b"", "multipart.content-type"),
    "no boundary in the header": ("multipart/mixed;", WHOLE, "multipart.boundary"),
    "an empty boundary": ('multipart/mixed; boundary=""', WHOLE, "multipart.boundary"),
    "a boundary of 71 characters": ("multipart/mixed; boundary=" + "a" * 71, WHOLE, "multipart.boundary"),
    "another boundary in the body": ("multipart/mixed; boundary=xyz", WHOLE, "multipart.boundary-absent"),
    "an empty body": (CONTENT_TYPE, b"", "multipart.boundary-absent"),
    "no part at all": (CONTENT_TYPE, b"--" + BOUNDARY + b"--", "multipart.empty"),
    "a body cut off in the content": (CONTENT_TYPE, WHOLE[:-40], "multipart.truncated"),
    "a body cut off in the last boundary": (CONTENT_TYPE, WHOLE[:-4], "multipart.truncated"),
    "a line that is no header": (
        CONTENT_TYPE,
        WHOLE.replace(b"Content-Type: application/pdf", b"no header"),
        "multipart.header",
    ),
    "a header twice": (
        CONTENT_TYPE,
        WHOLE.replace(b"Content-Type: application/pdf", b"content-transfer-encoding: binary"),
        "multipart.header",
    ),
    "statements that are not JSON": (
        CONTENT_TYPE,
        body(({"Content-Type": "text/plain"}, STATEMENT)),
        "multipart.first-part",
    ),
    "statements of no type": (CONTENT_TYPE, body(({}, STATEMENT)), "multipart.first-part"),
    "statements in two parts (XAPI-00133)": (CONTENT_TYPE, body(JSON, JSON), "multipart.hash-missing"),
    "an attachment without hash (XAPI-00132)": (
        CONTENT_TYPE,
        body(JSON, attachment(PHOTO, X_Experience_API_Hash=None)),
        "multipart.hash-missing",
    ),
    "a hash that is none": (
        CONTENT_TYPE,
        body(JSON, attachment(PHOTO, X_Experience_API_Hash="x" * 64)),
        "multipart.hash-form",
    ),
    "a hash of a wrong length": (
        CONTENT_TYPE,
        body(JSON, attachment(PHOTO, X_Experience_API_Hash="ab")),
        "multipart.hash-form",
    ),
    "a hash of other content": (
        CONTENT_TYPE,
        body(JSON, attachment(PHOTO, X_Experience_API_Hash="0" * 64)),
        "multipart.hash-wrong",
    ),
    "one content under two hashes": (
        CONTENT_TYPE,
        body(
            JSON,
            attachment(PHOTO),
            attachment(PHOTO, X_Experience_API_Hash=hashlib.sha512(PHOTO).hexdigest()),
        ),
        "multipart.hash-differs",
    ),
    "no transfer encoding (XAPI-00135)": (
        CONTENT_TYPE,
        body(JSON, attachment(PHOTO, Content_Transfer_Encoding=None)),
        "multipart.transfer-encoding",
    ),
    "base64": (
        CONTENT_TYPE,
        body(JSON, attachment(PHOTO, Content_Transfer_Encoding="base64")),
        "multipart.transfer-encoding",
    ),
    "a wrong length": (CONTENT_TYPE, body(JSON, attachment(PHOTO, Content_Length="7")), "multipart.length"),
}


@pytest.mark.parametrize(("content_type", "text", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_it_refuses(content_type: str, text: bytes, rule: str) -> None:
    found = refusal(content_type, text)
    assert isinstance(found, BadRequest)
    assert found.rule == rule


def test_it_refuses_more_parts_than_allowed() -> None:
    text = body(JSON, attachment(PHOTO), attachment(CERTIFICATE))
    assert len(parse(CONTENT_TYPE, text, limits=Limits(parts=3))) == 3
    found = refusal(CONTENT_TYPE, text, Limits(parts=2))
    assert (type(found), found.rule) == (TooLarge, "multipart.parts")


@pytest.mark.parametrize("closed", [True, False])
def test_it_refuses_huge_headers(closed: bool) -> None:
    text = body(({"Content-Type": "application/json", "X-Long": "a" * 100_000}, STATEMENT))
    if not closed:
        text = text.replace(b"\r\n\r\n", b"\r\n")
    assert refusal(CONTENT_TYPE, text).rule == "multipart.headers"


@given(st.lists(st.binary(max_size=60), max_size=4, unique=True), st.binary(max_size=200))
def test_what_is_composed_is_read_back(contents: list[bytes], statements: bytes) -> None:
    outgoing = [
        OutgoingAttachment(
            "text/plain; charset=utf-8", hashlib.sha256(content).hexdigest(), [content[:7], content[7:]]
        )
        for content in contents
    ]
    content_type, chunks = compose(statements, outgoing)
    first, found = statement_parts(parse(content_type, b"".join(chunks)))
    assert bytes(first.body) == statements
    assert [bytes(part.content) for part in found.values()] == contents


def test_what_is_composed_is_read_by_other_software() -> None:
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    content_type, chunks = compose(STATEMENT, [OutgoingAttachment("image/png", sha256, [PHOTO])])
    message = message_from_bytes(
        b"Content-Type: %b\r\n\r\n" % content_type.encode() + b"".join(chunks), policy=HTTP
    )
    first, second = message.iter_parts()
    assert first.get_content_type() == "application/json"
    assert (second.get_content_type(), second["X-Experience-API-Hash"]) == ("image/png", sha256)
    assert second.get_payload(decode=True) == PHOTO


def test_a_content_type_cannot_smuggle_a_header() -> None:
    _, chunks = compose(b"{}", [OutgoingAttachment("text/plain\r\nX-Evil: 1", "0", [b""])])
    assert b"\r\nX-Evil" not in b"".join(chunks)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_make_anything_but_parts_or_a_refusal(noise: bytes) -> None:
    for text in (
        noise,
        b"--" + BOUNDARY + noise,
        body(JSON, ({}, noise)),
        b"--" + BOUNDARY + b"\r\n" + noise + WHOLE,
    ):
        try:
            found: list[Part] | str = parse(CONTENT_TYPE, text)
        except LrsError as error:
            found = error.rule
        assert isinstance(found, list) or found.startswith("multipart.")
