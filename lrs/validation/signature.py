"""Signed statements: the JSON web signature is checked in fact.

In: a statement, and the content and content type of its signature attachment. Out: `Finding`, to be stored
with the statement; or StatementsRejected when the signature is malformed, wrong, or signs something else.
Never a verdict on who the signer is: whether the certificates lead to an authority one trusts is for whoever
reads the finding (xAPI 1.0.3, Data 2.6: "to catch mistakes in the signature, not as a security measure").

Without certificates in its header a signature cannot be verified; its form, algorithm and payload are checked
all the same, and the finding says so.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lrs.errors import BadRequest, Rejection, StatementsRejected, shortened
from lrs.validation.attachments import SIGNATURE, SIGNATURE_CONTENT_TYPE
from lrs.validation.equivalence import first_difference
from lrs.wire import content_type as media_types
from lrs.wire import strict_json

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
}
_BASE64URL = re.compile(rb"[A-Za-z0-9_-]+")
_DEPTH = 200
_MOST_CERTIFICATES = 10
#: RFC 7518, 3.3.
_SMALLEST_KEY_BITS = 2048


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What was found; `verified` only when a certificate came along and its key made the signature."""

    algorithm: str
    verified: bool
    detail: dict[str, Any] = field(default_factory=dict)


def verify(
    statement: Mapping[str, Any],
    signature: bytes | memoryview,
    content_type: str,
    *,
    index: int | None = None,
    pointer: str = "/attachments",
) -> Finding:
    """Return what verifying `signature` over `statement` found.

    `index` and `pointer` say where in the batch the attachment stands, for a refusal to repeat.
    """
    try:
        return _verified(statement, bytes(signature), content_type)
    except _Wrong as wrong:
        raise StatementsRejected(
            [
                Rejection(
                    rule=f"signature.{wrong.rule}",
                    message=f"{wrong}.",
                    pointer=pointer,
                    value=shortened(wrong.value),
                    index=index,
                )
            ]
        ) from None


def _verified(statement: Mapping[str, Any], signature: bytes, content_type: str) -> Finding:
    if content_type and media_types.parse(content_type).essence != SIGNATURE_CONTENT_TYPE:
        raise _Wrong(
            "content-type", f"A signature has the content type {SIGNATURE_CONTENT_TYPE}", content_type
        )
    header_part, payload_part, signature_part = _parts(signature)
    header = _json_object(_decoded(header_part, "header"), "header")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _HASHES:
        # XAPI-00117.
        raise _Wrong("algorithm", f"The algorithm must be one of {', '.join(_HASHES)}", algorithm)
    if header.get("crit") is not None or header.get("b64", True) is not True:
        raise _Wrong(
            "header", "The header demands an extension of JWS that is not known here", header.get("crit")
        )
    _check_payload(statement, _json_object(_decoded(payload_part, "payload"), "payload"))
    signed = header_part + b"." + payload_part
    made = _decoded(signature_part, "signature")
    if "x5c" not in header:
        reason = "The signature carries no certificate (x5c), so there is no key to verify it with."
        detail = {"reason": reason, "key_id": header.get("kid")}
        return Finding(algorithm=algorithm, verified=False, detail=detail)
    chain = _chain(header["x5c"])
    _check_signature(chain[0], algorithm, made, signed)
    return Finding(algorithm=algorithm, verified=True, detail=_detail(chain))


def _parts(signature: bytes) -> tuple[bytes, bytes, bytes]:
    """RFC 7515, 7.1: three parts of base64url in compact serialization; the JSON serialization is refused."""
    parts = signature.strip().split(b".")
    if len(parts) != 3 or not all(parts):
        raise _Wrong(
            "form", "The signature is not a JWS in compact serialization (three parts)", signature[:40]
        )
    return parts[0], parts[1], parts[2]


def _decoded(part: bytes, name: str) -> bytes:
    if _BASE64URL.fullmatch(part):
        try:
            return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
        except binascii.Error:
            pass
    raise _Wrong("form", f"The {name} of the JWS is not base64url", part[:40])


def _json_object(text: bytes, name: str) -> dict[str, Any]:
    """XAPI-00116 for the payload."""
    try:
        value = strict_json.parse(text, depth=_DEPTH).value
    except BadRequest as error:
        message = f"The {name} of the JWS is not JSON. {error.message.rstrip('.')}"
        raise _Wrong(name, message, text[:40]) from None
    if not isinstance(value, dict):
        raise _Wrong(name, f"The {name} of the JWS is not a JSON object", text[:40])
    return value


def _check_payload(statement: Mapping[str, Any], payload: dict[str, Any]) -> None:
    """Data 2.6: the payload is the statement before the signature was added."""
    attachments = [item for item in statement.get("attachments", ()) if item["usageType"] != SIGNATURE]
    unsigned = {name: value for name, value in statement.items() if name != "attachments"}
    if attachments:
        unsigned["attachments"] = attachments
    pointer = first_difference(unsigned, payload)
    if pointer is not None:
        raise _Wrong(
            "payload",
            f"The signed statement is not this one: they differ at {pointer or 'the root'}",
            pointer,
        )


def _chain(certificates: object) -> list[x509.Certificate]:
    """RFC 7515, 4.1.6: standard base64 of DER, the signer's first, each certified by the next."""
    if not isinstance(certificates, list) or not 1 <= len(certificates) <= _MOST_CERTIFICATES:
        message = f"x5c must be an array of 1 to {_MOST_CERTIFICATES} certificates"
        raise _Wrong("certificate", message, certificates)
    chain = [_certificate(text) for text in certificates]
    for certificate, issuer in pairwise(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            raise _Wrong(
                "certificate-chain",
                "A certificate of x5c was not issued by the one after it",
                _subject(certificate),
            ) from None
    return chain


def _certificate(text: object) -> x509.Certificate:
    if isinstance(text, str):
        try:
            return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
        except ValueError:
            pass
    raise _Wrong("certificate", "x5c has something that is not a certificate", text)


def _check_signature(certificate: x509.Certificate, algorithm: str, made: bytes, signed: bytes) -> None:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise _Wrong("key", "The signer's key is not readable", _subject(certificate)) from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY_BITS:
        raise _Wrong(
            "key",
            f"The key of the signer's certificate is not RSA with {_SMALLEST_KEY_BITS} bits or more",
            _subject(certificate),
        )
    try:
        key.verify(made, signed, padding.PKCS1v15(), _HASHES[algorithm])
    except InvalidSignature:
        raise _Wrong(
            "wrong",
            "The signature was not made by the key of the certificate it carries",
            _subject(certificate),
        ) from None


def _detail(chain: list[x509.Certificate]) -> dict[str, Any]:
    leaf, root = chain[0], chain[-1]
    now = datetime.now(UTC)
    return {
        "key": "x5c",
        "subject": _subject(leaf),
        "issuer": leaf.issuer.rfc4514_string(),
        "serial_number": f"{leaf.serial_number:x}",
        "sha256": leaf.fingerprint(hashes.SHA256()).hex(),
        "not_before": leaf.not_valid_before_utc.isoformat(),
        "not_after": leaf.not_valid_after_utc.isoformat(),
        "valid_when_checked": leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc,
        "certificates": len(chain),
        "chain": [_subject(certificate) for certificate in chain],
        "self_signed": root.subject == root.issuer,
        "trust": "The chain holds together; whether to trust its last certificate was not decided here.",
    }


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


class _Wrong(Exception):
    """What is wrong with the signature; becomes a rejection at the door."""

    def __init__(self, rule: str, message: str, value: object) -> None:
        super().__init__(message)
        self.rule = rule
        self.value = value.decode(errors="replace") if isinstance(value, bytes) else value
