"""Time-stamps of checkpoints by an authority (RFC 3161): that this tree existed at that time.

In: a checkpoint's note. Out: the authority's answer, kept as it came, with its certificates. An answer is
kept only if it is of this note, with our nonce, and where roots are given, signed by one that leads to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from compliance.models import LogCheckpoint, LogTimestamp
from compliance.proof import conf
from compliance.proof.errors import StampRefused
from connectors.errors import ConnectorError
from connectors.outbound.http import Caller

_GRANTED = frozenset({0, 1})
#: Bytes an answer has at most.
_ANSWER_MOST = 1_000_000


def stamp(checkpoint: LogCheckpoint, address: str) -> LogTimestamp:
    """Have an authority stamp a checkpoint; StampRefused where it does not, or not this one."""
    note = checkpoint.note.encode()
    request = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
    with Caller(
        allow_private=conf.private_addresses(), read_seconds=30.0, attempts=2, body_most=_ANSWER_MOST
    ) as caller:
        try:
            answer = caller.send(
                "POST",
                address,
                content=request.as_bytes(),
                headers={"Content-Type": "application/timestamp-query"},
                safe=True,
            )
        except ConnectorError as error:
            raise StampRefused(f"The time-stamping authority: {error.reason}") from error
    moment = check(answer.content, note, nonce=request.nonce)
    made, _ = LogTimestamp.objects.get_or_create(
        checkpoint=checkpoint,
        defaults={"authority": address[:500], "response": answer.content, "moment": moment},
    )
    return made


def check(response: bytes, note: bytes, *, nonce: int | None = None) -> datetime:
    """Return the time an answer gives a note; StampRefused where it does not hold."""
    try:
        found = decode_timestamp_response(response)
    except ValueError as error:
        raise StampRefused(f"It is no answer of an authority: {error}") from error
    if found.status not in _GRANTED:
        raise StampRefused(f"The authority did not grant it (status {found.status}).")
    stamped = found.tst_info
    if bytes(stamped.message_imprint.message) != sha256(note).digest():
        raise StampRefused("It is of something else.")
    if nonce is not None and stamped.nonce != nonce:
        raise StampRefused("It is not the answer to what was asked (another nonce).")
    _check_chain(found, note)
    return stamped.gen_time


def _check_chain(found: TimeStampResponse, note: bytes) -> None:
    path = conf.timestamp_roots()
    if path is None:
        return
    builder = VerifierBuilder()
    for each in _roots(path):
        builder = builder.add_root_certificate(each)
    try:
        builder.build().verify_message(found, note)
    except (VerificationError, ValueError) as error:
        raise StampRefused(f"Its signature does not hold: {error}") from error


@lru_cache(maxsize=4)
def _roots(path: Path) -> Iterable[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StampRefused(f"{path} holds no certificates: {error}") from error
