"""HTTP by hand over a socket, for what no HTTP library would send."""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.live import Lms


def head(lms: Lms, *lines: str, method: str = "POST", path: str = "/xapi/statements") -> bytes:
    """Return the head of a request of `lms` with further header lines."""
    credential = base64.b64encode(f"{lms.key}:{lms.secret}".encode()).decode()
    return "\r\n".join(
        [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Basic {credential}",
            "X-Experience-API-Version: 1.0.3",
            "Content-Type: application/json",
            *lines,
            "",
            "",
        ]
    ).encode()


@contextmanager
def line_to(lms: Lms) -> Iterator[socket.socket]:
    """Open a connection to the hub."""
    port = int(lms.endpoint.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        yield line


def answer(line: socket.socket) -> tuple[int, bytes]:
    """Return status and body of the next answer on `line`."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = line.recv(65536)
        assert piece, received
        received += piece
    top, _, body = received.partition(b"\r\n\r\n")
    headers = dict(each.lower().split(b": ", 1) for each in top.split(b"\r\n")[1:])
    while len(body) < int(headers[b"content-length"]):
        body += line.recv(65536)
    return int(top.split(b" ", 2)[1]), body


def in_pieces(line: socket.socket, content: bytes, *, size: int, pause: float) -> None:
    """Send `content` bit by bit."""
    for start in range(0, len(content), size):
        line.sendall(content[start : start + size])
        time.sleep(pause)
