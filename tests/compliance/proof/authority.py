"""A time-stamping authority and a witness on this machine, for tests.

The authority answers as RFC 3161 says, with a certificate a root of its own issued; its answers are written
in DER by hand, since no library we have writes them. The witness keeps to C2SP tlog-witness.
"""

from __future__ import annotations

import hashlib
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from compliance.proof import checkpoint, cosignature, note
from compliance.proof.errors import NoteRefused
from compliance.proof.note import COSIGNATURE, Signer, Verifier
from tests.compliance.proof import reference

_SHA256 = "2.16.840.1.101.3.4.2.1"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"


def _tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, *parts)


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _octets(content: bytes) -> bytes:
    return _tlv(0x04, content)


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    found = bytearray([first * 40 + second])
    for each in rest:
        groups = [each & 0x7F]
        while each := each >> 7:
            groups.append(0x80 | each & 0x7F)
        found += bytes(reversed(groups))
    return _tlv(0x06, bytes(found))


def _attribute(dotted: str, value: bytes) -> bytes:
    return _sequence(_oid(dotted), _tlv(0x31, value))


def _parts(content: bytes) -> list[bytes]:
    """Return the elements within a DER value, each whole."""
    found, at = [], _header(content)[0]
    while at < len(content):
        head, size = _header(content[at:])
        found.append(content[at : at + head + size])
        at += head + size
    return found


def _header(content: bytes) -> tuple[int, int]:
    """Return how long a DER value's header and content are."""
    if content[1] < 0x80:
        return 2, content[1]
    many = content[1] & 0x7F
    return 2 + many, int.from_bytes(content[2 : 2 + many], "big")


class Authority:
    """Stamps what it is sent."""

    def __init__(self) -> None:
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = self._certificate("Stamp Root", "Stamp Root", self.root_key, self.root_key, root=True)
        self.certificate = self._certificate("Stamp", "Stamp Root", self.key, self.root_key, root=False)
        self.stamped = 0
        #: What is changed in an answer.
        self.nonce: int | None = None
        self.imprint: bytes | None = None
        self.status = 0

    @property
    def roots(self) -> bytes:
        """The root as PEM."""
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, request: bytes) -> tuple[int, bytes]:
        """Return status and body."""
        _, imprint, *rest = _parts(request)
        nonce = next((each for each in rest if each[0] == 0x02), b"")
        self.stamped += 1
        if self.status:
            return 200, _sequence(_sequence(_integer(self.status)))
        info = _sequence(
            _integer(1),
            _oid("1.3.6.1.4.1.57264.2"),
            imprint if self.imprint is None else self._imprint(self.imprint),
            _integer(self.stamped),
            _tlv(0x18, datetime.now(UTC).strftime("%Y%m%d%H%M%SZ").encode()),
            nonce if self.nonce is None else _integer(self.nonce),
        )
        return 200, _sequence(_sequence(_integer(0)), self._signed(info))

    def _imprint(self, hashed: bytes) -> bytes:
        return _sequence(_sequence(_oid(_SHA256), _tlv(0x05)), _octets(hashed))

    def _signed(self, info: bytes) -> bytes:
        """Return the CMS SignedData of a TSTInfo (RFC 5652)."""
        der = self.certificate.public_bytes(Encoding.DER)
        algorithm = _sequence(_oid(_SHA256))
        attributes = sorted(
            [
                _attribute("1.2.840.113549.1.9.3", _oid(_TST_INFO)),
                _attribute("1.2.840.113549.1.9.4", _octets(hashlib.sha256(info).digest())),
                _attribute(
                    "1.2.840.113549.1.9.16.2.47",
                    _sequence(_sequence(_sequence(_octets(hashlib.sha256(der).digest())))),
                ),
            ]
        )
        signature = self.key.sign(_tlv(0x31, *attributes), ec.ECDSA(SHA256()))
        signer = _sequence(
            _integer(1),
            _sequence(self.certificate.issuer.public_bytes(), _integer(self.certificate.serial_number)),
            algorithm,
            _tlv(0xA0, *attributes),
            _sequence(_oid("1.2.840.10045.4.3.2")),
            _octets(signature),
        )
        content = _sequence(_oid(_TST_INFO), _tlv(0xA0, _octets(info)))
        data = _sequence(_integer(3), _tlv(0x31, algorithm), content, _tlv(0xA0, der), _tlv(0x31, signer))
        return _sequence(_oid("1.2.840.113549.1.7.2"), _tlv(0xA0, data))

    @staticmethod
    def _certificate(subject: str, issuer: str, key: Any, by: Any, *, root: bool) -> x509.Certificate:
        def name(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        )
        if not root:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            made = made.add_extension(usage, critical=True)
        return made.sign(by, SHA256())


class Witness:
    """Co-signs a log that only grows."""

    def __init__(self, log: Verifier, *, name: str = "witness.example/w1") -> None:
        self.signer = Signer(name, hashlib.sha256(name.encode()).digest())
        self.log = log
        self.size, self.root = 0, b""
        self.asked: list[bytes] = []

    @property
    def vkey(self) -> str:
        """Its key, as it stands in the settings."""
        return Verifier(self.signer.name, self.signer.verifier.public, COSIGNATURE).vkey

    def answer(self, request: bytes) -> tuple[int, bytes]:
        """Return status and body (C2SP tlog-witness)."""
        self.asked.append(request)
        head, _, made = request.decode().partition("\n\n")
        old, *proof = head.split("\n")
        try:
            opened, _ = note.opened(made, [self.log])
        except NoteRefused:
            return 403, b""
        said = checkpoint.said(opened.text)
        size = int(old.removeprefix("old "))
        if size > said.size:
            return 400, b""
        if size != self.size:
            return 409, f"{self.size}\n".encode()
        if size and not reference.consistent(
            size, said.size, [b64decode(each) for each in proof], self.root, said.root
        ):
            return 422, b""
        self.size, self.root = said.size, said.root
        return 200, (cosignature.line(self.signer, opened.text, int(time.time())) + "\n").encode()


@contextmanager
def listening(answer: Callable[[bytes], tuple[int, bytes]]) -> Iterator[str]:
    """Have something answer POSTs on this machine; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
