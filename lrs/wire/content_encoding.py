"""Compressed request bodies.

In: the body as received and its Content-Encoding. Out: the plain body. Never more than `most` bytes in
memory: a bomb is stopped at the limit, before it is unpacked further.
"""

from __future__ import annotations

import zlib

from lrs.errors import BadRequest, TooLarge, UnsupportedMediaType

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
#: Real senders make one member; each further one costs a copy of the rest.
_MOST_MEMBERS = 16


def decode(body: bytes, encoding: str, *, most: int) -> bytes:
    """Return `body` without its content coding: identity, gzip (x-gzip) or deflate."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        if len(body) > most:
            raise _too_large(most)
        return body
    if name in {"gzip", "x-gzip"}:
        return _gunzip(body, most)
    if name == "deflate":
        # RFC 9110 means the zlib format; some senders leave its two-byte header out.
        return _inflate(body, zlib.MAX_WBITS if _has_zlib_header(body) else -zlib.MAX_WBITS, most, "deflate")[
            0
        ]
    raise UnsupportedMediaType(
        "The content encoding is not one of identity, gzip and deflate.",
        rule="content-encoding.unknown",
        value=encoding,
    )


def _gunzip(body: bytes, most: int) -> bytes:
    members: list[bytes] = []
    left = most
    for _ in range(_MOST_MEMBERS):
        plain, body = _inflate(body, _GZIP_WINDOW, left, "gzip", said=most)
        members.append(plain)
        left -= len(plain)
        # RFC 1952: a file may be several members one after the other; zero bytes may pad the last.
        if not body.strip(b"\0"):
            return b"".join(members) if len(members) > 1 else plain
    raise BadRequest(f"The gzip body has more than {_MOST_MEMBERS} members.", rule="content-encoding.members")


def _inflate(
    body: bytes, window: int, most: int, name: str, *, said: int | None = None
) -> tuple[bytes, bytes]:
    """Return the plain bytes of one stream, and what follows it."""
    inflater = zlib.decompressobj(window)
    try:
        plain = inflater.decompress(body, most + 1)
    except zlib.error as error:
        raise BadRequest(f"The body is not {name}: {error}.", rule="content-encoding.damaged") from None
    if len(plain) > most:
        raise _too_large(most if said is None else said)
    if not inflater.eof:
        raise BadRequest(f"The {name} body ends too early.", rule="content-encoding.truncated")
    return plain, inflater.unused_data


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The unpacked body is larger than {most} bytes.", rule="body.too-large")
