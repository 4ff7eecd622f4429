"""Content types and content encodings."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest, LrsError, TooLarge, UnsupportedMediaType
from lrs.wire import content_type
from lrs.wire.content_encoding import decode
from lrs.wire.content_type import MediaType


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("application/json", MediaType("application/json")),
        ("Application/JSON; Charset=UTF-8", MediaType("application/json", {"charset": "UTF-8"})),
        (
            "text/plain;charset=ascii ; format=flowed",
            MediaType("text/plain", {"charset": "ascii", "format": "flowed"}),
        ),
        ("multipart/mixed;", MediaType("multipart/mixed")),
        ('multipart/mixed; boundary="a \\"b\\" c"', MediaType("multipart/mixed", {"boundary": 'a "b" c'})),
        ("multipart/mixed; boundary=a=b?c/d:e", MediaType("multipart/mixed", {"boundary": "a=b?c/d:e"})),
        (" image/svg+xml ", MediaType("image/svg+xml")),
    ],
)
def test_it_reads_a_media_type(header: str, expected: MediaType) -> None:
    assert content_type.parse(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        *("", "json", "/json", "text/", "text/plain charset=x", "text/plain; =x", 'text/plain; a="b'),
        *("a/b; c=1; C=2", "é/x", "a/b; c=" + "x" * 2000, "a/b\r\nX-Evil: 1"),
    ],
)
def test_it_refuses_what_is_no_media_type(header: str) -> None:
    with pytest.raises(BadRequest) as caught:
        content_type.parse(header)
    assert caught.value.rule == "content-type.form"


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


@given(st.binary(max_size=2000))
def test_what_was_packed_is_unpacked(body: bytes) -> None:
    most = len(body)
    assert decode(body, "identity", most=most) == body
    assert decode(body, "", most=most) == body
    assert decode(gzip.compress(body), "gzip", most=most) == body
    assert decode(gzip.compress(body), " X-GZip ", most=most) == body
    assert decode(zlib.compress(body), "deflate", most=most) == body
    assert decode(raw_deflate(body), "deflate", most=most) == body


def test_it_reads_a_gzip_of_several_members_and_padding() -> None:
    packed = gzip.compress(b"Ann ") + gzip.compress(b"and Bob") + b"\0\0"
    assert decode(packed, "gzip", most=11) == b"Ann and Bob"
    with pytest.raises(TooLarge):
        decode(packed, "gzip", most=10)


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "gzip"), (zlib.compress, "deflate")])
def test_it_stops_a_bomb_before_it_is_unpacked(pack: object, name: str) -> None:
    assert callable(pack)
    bomb = pack(bytes(100_000_000))
    tracemalloc.start()
    with pytest.raises(TooLarge) as caught:
        decode(bomb, name, most=100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.rule == "body.too-large"
    assert peak < 2_000_000


def test_it_measures_a_plain_body_too() -> None:
    with pytest.raises(TooLarge):
        decode(b"1234", "identity", most=3)


@pytest.mark.parametrize(
    ("body", "encoding", "rule", "kind"),
    [
        (b"not gzip", "gzip", "content-encoding.damaged", BadRequest),
        (b"", "gzip", "content-encoding.truncated", BadRequest),
        (gzip.compress(b"Ann" * 100)[:-9], "gzip", "content-encoding.truncated", BadRequest),
        (gzip.compress(b"Ann")[:-4] + b"1234", "gzip", "content-encoding.damaged", BadRequest),
        (gzip.compress(b"Ann") + b"rest", "gzip", "content-encoding.damaged", BadRequest),
        (gzip.compress(b"") * 17, "gzip", "content-encoding.members", BadRequest),
        (b"\xff\xff", "deflate", "content-encoding.damaged", BadRequest),
        (b"Ann", "br", "content-encoding.unknown", UnsupportedMediaType),
        (b"Ann", "gzip, gzip", "content-encoding.unknown", UnsupportedMediaType),
    ],
    # A packed body holds the time it was packed, and must not name a test.
    ids=[
        *("not gzip", "nothing", "cut off", "wrong checksum", "something behind it"),
        *("too many members", "not deflate", "brotli", "packed twice"),
    ],
)
def test_it_refuses(body: bytes, encoding: str, rule: str, kind: type[LrsError]) -> None:
    with pytest.raises(kind) as caught:
        decode(body, encoding, most=1000)
    assert caught.value.rule == rule
