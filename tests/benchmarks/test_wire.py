"""The benchmark's HTTP client, against a server that answers in both ways HTTP/1.1 has."""

from __future__ import annotations

import socket
import threading

import pytest

from benchmarks import wire

_ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunks": (
        b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    ),
}


@pytest.mark.parametrize(("kind", "status"), [("length", 200), ("chunks", 400)])
def test_it_hears_an_answer_byte_by_byte_and_the_next_one_too(kind: str, status: int) -> None:
    message = wire.request("POST", "/x", host="h", authorization="Basic eA==", body=b"{}")

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            for _ in range(2):
                received = b""
                while len(received) < len(message):
                    received += connection.recv(1000)
                for at in range(len(_ANSWERS[kind])):
                    connection.sendall(_ANSWERS[kind][at : at + 1])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        connection = wire.Connection(*listener.getsockname())
        heard = [connection.exchange(message) for _ in range(2)]
        connection.close()
        thread.join(10)
    assert heard == [(status, b"hello")] * 2
    assert not thread.is_alive()
