"""Signed statements: signatures another library made, good ones, useless ones and wrong ones of all kinds."""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from lrs.errors import StatementsRejected
from lrs.validation.attachments import SIGNATURE
from lrs.validation.signature import Finding, verify

Sample = Callable[..., dict[str, Any]]
OCTETS = "application/octet-stream"


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(
    name: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=36_500))
        .sign(issuer_key, hashes.SHA256())
    )


class Signers:
    """Ann's key, certified by the plant's authority."""

    def __init__(self) -> None:
        self.ann = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.plant = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.root = certificate("Plant CA", self.plant, "Plant CA", self.plant)
        self.leaf = certificate("Ann", self.ann, "Plant CA", self.plant)

    @property
    def x5c(self) -> list[str]:
        return [encoded(self.leaf), encoded(self.root)]


def encoded(found: x509.Certificate) -> str:
    return base64.b64encode(found.public_bytes(serialization.Encoding.DER)).decode()


@pytest.fixture(scope="module")
def signers() -> Signers:
    return Signers()


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def sign(
    payload: bytes | dict[str, Any], key: rsa.RSAPrivateKey, algorithm: str = "RS256", **header: Any
) -> bytes:
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    registry = jws.JWSRegistry(algorithms=[algorithm])
    return jws.serialize_compact(
        {"alg": algorithm, **header}, text, RSAKey.import_key(pem(key)), registry=registry
    ).encode()


def with_attachment(statement: dict[str, Any], usage: str = SIGNATURE) -> dict[str, Any]:
    attachment = {"usageType": usage, "display": {}, "contentType": OCTETS, "length": 1, "sha2": "ab" * 32}
    return {**statement, "attachments": [*statement.get("attachments", []), attachment]}


def refusal(statement: dict[str, Any], signature: bytes, content_type: str = OCTETS) -> str:
    with pytest.raises(StatementsRejected) as caught:
        verify(with_attachment(statement), signature, content_type)
    return caught.value.rule


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_it_verifies_a_signature_with_the_certificate_it_carries(
    sample: Sample, signers: Signers, algorithm: str
) -> None:
    """XAPI-00115, XAPI-00117."""
    statement = sample("completed_course")
    found = verify(
        with_attachment(statement), sign(statement, signers.ann, algorithm, x5c=signers.x5c), OCTETS
    )
    assert (found.verified, found.algorithm) == (True, algorithm)
    assert found.detail["subject"] == "CN=Ann"
    assert found.detail["chain"] == ["CN=Ann", "CN=Plant CA"]
    assert found.detail["self_signed"] is True
    assert found.detail["valid_when_checked"] is True
    json.dumps(found.detail)


def test_a_signature_without_certificate_is_checked_for_form_and_payload_only(
    sample: Sample, signers: Signers
) -> None:
    statement = sample("voided")
    found = verify(with_attachment(statement), memoryview(sign(statement, signers.ann, kid="ann-1")), OCTETS)
    assert found == Finding(
        algorithm="RS256",
        verified=False,
        detail={
            "reason": "The signature carries no certificate (x5c), so there is no key to verify it with.",
            "key_id": "ann-1",
        },
    )
    assert refusal(sample("rated_likert"), sign(statement, signers.ann)) == "signature.payload"


def test_the_payload_may_differ_where_statements_may(sample: Sample, signers: Signers) -> None:
    signed = sample("completed_course", {"/timestamp": "2024-02-29T08:30:00.12Z"})
    stored = sample(
        "completed_course", {"/id": "aa97b177-9383-4934-8543-0f91a7a02836", "/stored": "2024-03-01T00:00:00Z"}
    )
    assert verify(with_attachment(stored), sign(signed, signers.ann, x5c=signers.x5c), OCTETS).verified


def test_the_other_attachments_are_signed_too(sample: Sample, signers: Signers) -> None:
    statement = sample("earned_certificate")
    signature = sign(statement, signers.ann, x5c=signers.x5c)
    assert verify(with_attachment(statement), signature, OCTETS).verified
    assert refusal(with_attachment(statement, "http://example.com/x"), signature) == "signature.payload"


def test_it_refuses_a_changed_statement(sample: Sample, signers: Signers) -> None:
    """XAPI-00116."""
    signature = sign(sample("completed_course"), signers.ann, x5c=signers.x5c)
    changed = sample("completed_course", {"/result/score/scaled": 1})
    with pytest.raises(StatementsRejected) as caught:
        verify(with_attachment(changed), signature, OCTETS, index=3, pointer="/attachments/0")
    (found,) = caught.value.rejections
    assert (found.rule, found.index, found.pointer) == ("signature.payload", 3, "/attachments/0")
    assert found.value == "/result/score/scaled"


def test_it_refuses_a_signature_by_another_key(sample: Sample, signers: Signers) -> None:
    statement = sample("completed_course")
    assert refusal(statement, sign(statement, signers.plant, x5c=signers.x5c)) == "signature.wrong"
    made = sign(statement, signers.ann, x5c=signers.x5c)
    flipped = made[:-4] + (b"AAAA" if made[-4:] != b"AAAA" else b"BBBB")
    assert refusal(statement, flipped) == "signature.wrong"


def test_it_refuses_a_chain_that_does_not_hold(sample: Sample, signers: Signers) -> None:
    statement = sample("completed_course")
    stranger = certificate("Plant CA", signers.ann, "Plant CA", signers.ann)
    broken = [encoded(signers.leaf), encoded(stranger)]
    assert refusal(statement, sign(statement, signers.ann, x5c=broken)) == "signature.certificate-chain"
    assert (
        refusal(statement, sign(statement, signers.ann, x5c=signers.x5c[::-1]))
        == "signature.certificate-chain"
    )


@pytest.mark.parametrize("x5c", [None, "x", [], [1], ["x"], ["AAAA"], ["A"] * 11])
def test_it_refuses_what_is_no_certificate(sample: Sample, signers: Signers, x5c: Any) -> None:
    statement = sample("voided")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "x5c": x5c}).encode()).rstrip(b"=")
    _, payload, made = sign(statement, signers.ann).split(b".")
    assert refusal(statement, b".".join((header, payload, made))) == "signature.certificate"


def test_it_refuses_another_kind_of_key_and_a_short_one(sample: Sample, signers: Signers) -> None:
    statement = sample("voided")
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    for key in (ec.generate_private_key(ec.SECP256R1()), short):
        x5c = [encoded(certificate("Ann", key, "Plant CA", signers.plant))]
        assert refusal(statement, sign(statement, signers.ann, x5c=x5c)) == "signature.key"


def test_it_refuses_another_algorithm(sample: Sample, signers: Signers) -> None:
    """XAPI-00117."""
    statement = sample("voided")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shared = jws.serialize_compact({"alg": "HS256"}, json.dumps(statement), OctKey.import_key("k" * 40))
    assert refusal(statement, shared.encode()) == "signature.algorithm"
    assert refusal(statement, sign(statement, signers.ann, "PS256")) == "signature.algorithm"
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=")
    _, payload, made = sign(statement, signers.ann).split(b".")
    assert refusal(statement, b".".join((none, payload, made))) == "signature.algorithm"


def test_it_refuses_what_is_no_signature(sample: Sample, signers: Signers) -> None:
    statement = sample("voided")
    header, payload, made = sign(statement, signers.ann).split(b".")
    text = json.dumps(statement).encode()

    def part(plain: bytes) -> bytes:
        return base64.urlsafe_b64encode(plain).rstrip(b"=")

    for broken, rule in [
        (b"", "form"),
        (b"..", "form"),
        (header + b"." + payload, "form"),
        (header + b"." + payload + b"." + made + b".x", "form"),
        (json.dumps({"payload": "x", "signatures": []}).encode(), "form"),
        (b"a" + header + b"." + payload + b"." + made, "form"),
        (header + b"." + payload + b"." + made[:-2] + b"+/", "form"),
        (part(b"not json") + b"." + payload + b"." + made, "header"),
        (part(b'["alg"]') + b"." + payload + b"." + made, "header"),
        (part(b'{"alg":"RS256","alg":"RS256"}') + b"." + payload + b"." + made, "header"),
        (part(b'{"alg":"RS256","crit":["b64"],"b64":false}') + b"." + payload + b"." + made, "header"),
        (header + b"." + part(text.replace(b'"', b"'", 1)) + b"." + made, "payload"),
        (header + b"." + part(b'"' + b"x" * 9 + b'"') + b"." + made, "payload"),
        (header + b"." + part(b"[" * 50_000) + b"." + made, "payload"),
    ]:
        assert refusal(statement, broken) == f"signature.{rule}", broken[:60]


def test_it_refuses_another_content_type(sample: Sample, signers: Signers) -> None:
    """XAPI-00115."""
    statement = sample("voided")
    assert (
        refusal(statement, sign(statement, signers.ann), "text/plain; charset=ascii")
        == "signature.content-type"
    )
