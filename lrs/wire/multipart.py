"""multipart/mixed: a batch of statements with the content of its attachments.

In: a Content-Type header and a body. Out: its parts, and from those the statements' JSON and each attachment
whose content has the hash it declares; and the other way round for answers. Never a copy of the content
(parts are views of the body), and never a part that is passed over in silence.

Form: RFC 2046, 5.1. A bare line feed is taken for a line end, because much software writes it. The text
before the first boundary and after the last is ignored, as the RFC says. Rules: xAPI 1.0.3,
Communication 1.5.2.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lrs.errors import BadRequest, TooLarge
from lrs.wire import content_type as media_types

#: RFC 2046: 1 to 70 characters of this set, the last no space.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
#: What may follow the boundary on its line: the mark of the last one, and blanks.
_TAIL = re.compile(rb"(--)?[ \t]*(?=\r?\n|\Z)")
_LINE_END = re.compile(rb"\r\n|\n")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([^\x00\r\n]*?)[ \t]*")
_FOLDED = re.compile(rb"(?:\r\n|\n)[ \t]+")
#: SHA-2 (FIPS 180-4) by the number of hexadecimal digits.
_SHA2 = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one body may have."""

    #: Parts, the statements among them.
    parts: int = 10_001
    #: Bytes of the headers of one part.
    header_bytes: int = 16 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One part: header names in lower case, the body a view of the request's."""

    headers: dict[str, str]
    body: memoryview


@dataclass(frozen=True, slots=True)
class AttachmentPart:
    """The content of an attachment, which has the hash it came with."""

    #: The Content-Type header; empty when there was none.
    content_type: str
    content: memoryview
    #: The hash as it was declared, in lower case: SHA-256, or another of the SHA-2 family.
    sha2: str


@dataclass(frozen=True, slots=True)
class OutgoingAttachment:
    """An attachment to send: `sha2` as its statement names it, the content in chunks."""

    content_type: str
    sha2: str
    content: Iterable[bytes]


def parse(content_type: str, body: bytes, *, limits: Limits | None = None) -> list[Part]:
    """Return the parts of `body`, in order."""
    limits = limits or Limits()
    boundary = _boundary(content_type)
    parts: list[Part] = []
    view = memoryview(body)
    start: int | None = None
    for delimiter in _delimiters(body, b"--" + boundary.encode()):
        if start is not None:
            if len(parts) == limits.parts:
                raise TooLarge(f"The body has more than {limits.parts} parts.", rule="multipart.parts")
            parts.append(_part(body, view, start, delimiter.start, limits))
        if delimiter.closes:
            if start is None:
                raise BadRequest("The body has no parts.", rule="multipart.empty")
            return parts
        start = delimiter.end
    if start is None:
        raise BadRequest(
            "The boundary named in Content-Type does not stand in the body.",
            rule="multipart.boundary-absent",
            value=boundary,
        )
    raise BadRequest(
        "The body ends before its closing boundary; it was cut off.",
        rule="multipart.truncated",
        value=boundary,
    )


class _Delimiter(NamedTuple):
    """A boundary line: from the line end before it, which is its own, to the one after it, which is not."""

    start: int
    end: int
    closes: bool


def _delimiters(body: bytes, dashed: bytes) -> Iterator[_Delimiter]:
    at = body.find(dashed)
    while at >= 0:
        tail = _TAIL.match(body, at + len(dashed))
        if tail is not None and (at == 0 or body[at - 1 : at] == b"\n"):
            start = at - 2 if body[max(at - 2, 0) : at] == b"\r\n" else max(at - 1, 0)
            yield _Delimiter(start, tail.end(), tail[1] is not None)
        at = body.find(dashed, at + len(dashed))


def _boundary(content_type: str) -> str:
    """XAPI-00131: the boundary of the Content-Type header."""
    media_type = media_types.parse(content_type)
    if media_type.essence != "multipart/mixed":
        raise BadRequest(
            "The content type is not multipart/mixed.", rule="multipart.content-type", value=content_type
        )
    boundary = media_type.parameters.get("boundary", "")
    if _BOUNDARY.fullmatch(boundary) is None:
        raise BadRequest(
            "The content type multipart/mixed needs a boundary of 1 to 70 characters.",
            rule="multipart.boundary",
            value=content_type,
        )
    return boundary


def _part(body: bytes, view: memoryview, start: int, end: int, limits: Limits) -> Part:
    """The part between two delimiters; `start` is at the line end of the first."""
    line_end = _LINE_END.match(body, start)
    if line_end is None or line_end.end() > end:
        # Two boundaries with one line end between them: a part without even the empty line.
        return Part({}, view[end:end])
    first = line_end.end()
    if empty_line := _LINE_END.match(body, first):
        return Part({}, view[min(empty_line.end(), end) : end])
    blank = _END_OF_HEADERS.search(body, first, min(end, first + limits.header_bytes + 4))
    if blank is None:
        if end - first > limits.header_bytes:
            raise TooLarge(
                f"The headers of a part are larger than {limits.header_bytes} bytes.",
                rule="multipart.headers",
            )
        return Part(_headers(body[first:end]), view[end:end])
    return Part(_headers(body[first : blank.start()]), view[blank.end() : end])


def _headers(block: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in _LINE_END.split(_FOLDED.sub(b" ", block)):
        match = _HEADER.fullmatch(line)
        if match is None:
            raise BadRequest(
                "A header of a part is not of the form `Name: value`.",
                rule="multipart.header",
                value=line.decode(errors="replace"),
            )
        name = match[1].decode().lower()
        if name in headers:
            raise BadRequest(f"A part has the header {name} twice.", rule="multipart.header", value=name)
        headers[name] = match[2].decode("latin-1")
    return headers


def statement_parts(parts: Sequence[Part]) -> tuple[Part, dict[str, AttachmentPart]]:
    """Return the part with the statements, and the attachments by the SHA-256 of their content.

    The statements come first (XAPI-00133, XAPI-00134), the attachments in any order after them. The same
    content may come more than once.
    """
    first, *rest = parts
    if "content-type" not in first.headers or (
        media_types.parse(first.headers["content-type"]).essence != "application/json"
    ):
        raise BadRequest(
            "The first part must be the statements, with the content type application/json.",
            rule="multipart.first-part",
            value=first.headers.get("content-type", ""),
        )
    attachments: dict[str, AttachmentPart] = {}
    for number, part in enumerate(rest, start=2):
        attachment = _attachment(part, number)
        sha256 = hashlib.sha256(part.body).hexdigest()
        known = attachments.setdefault(sha256, attachment)
        if known.sha2 != attachment.sha2:
            raise BadRequest(
                f"Part {number} is the content of an earlier part under another hash.",
                rule="multipart.hash-differs",
                value=attachment.sha2,
            )
    return first, attachments


def _attachment(part: Part, number: int) -> AttachmentPart:
    """XAPI-00132: the hash; XAPI-00135: the transfer encoding."""
    declared = part.headers.get("x-experience-api-hash", "").lower()
    if not declared:
        raise BadRequest(
            f"Part {number} has no header X-Experience-API-Hash, so it belongs to no attachment.",
            rule="multipart.hash-missing",
        )
    encoding = part.headers.get("content-transfer-encoding", "")
    if encoding.lower() != "binary":
        raise BadRequest(
            f"Part {number} needs the header Content-Transfer-Encoding: binary.",
            rule="multipart.transfer-encoding",
            value=encoding,
        )
    algorithm = _SHA2.get(len(declared))
    if algorithm is None or not _HEXADECIMAL.fullmatch(declared):
        raise BadRequest(
            f"The X-Experience-API-Hash of part {number} is not a hexadecimal SHA-2.",
            rule="multipart.hash-form",
            value=declared,
        )
    if hashlib.new(algorithm, part.body).hexdigest() != declared:
        raise BadRequest(
            f"The content of part {number} does not have the hash in its X-Experience-API-Hash.",
            rule="multipart.hash-wrong",
            value=declared,
        )
    length = part.headers.get("content-length")
    if length is not None and length != str(len(part.body)):
        raise BadRequest(
            f"Part {number} has {len(part.body)} bytes, not what its Content-Length says.",
            rule="multipart.length",
            value=length,
        )
    return AttachmentPart(part.headers.get("content-type", ""), part.body, declared)


def compose(statements_json: bytes, attachments: Iterable[OutgoingAttachment]) -> tuple[str, Iterator[bytes]]:
    """Return the Content-Type and the chunks of an answer with attachments (Communication 1.5.2)."""
    boundary = secrets.token_hex(24)
    return f"multipart/mixed; boundary={boundary}", _chunks(boundary.encode(), statements_json, attachments)


def _chunks(
    boundary: bytes, statements_json: bytes, attachments: Iterable[OutgoingAttachment]
) -> Iterator[bytes]:
    yield b"--%b\r\nContent-Type: application/json\r\n\r\n" % boundary
    yield statements_json
    for attachment in attachments:
        yield (
            b"\r\n--%b\r\nContent-Type: %b\r\n"
            b"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: %b\r\n\r\n"
        ) % (boundary, _header_value(attachment.content_type), _header_value(attachment.sha2))
        yield from attachment.content
    yield b"\r\n--%b--\r\n" % boundary


def _header_value(text: str) -> bytes:
    """A content type comes from a statement: no line break of it may start a header of its own."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text).encode("latin-1", errors="replace")
