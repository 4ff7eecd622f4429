"""Statements with attachments, as a client sends them and as the hub sends them back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha256
from typing import Any

BOUNDARY = "between-the-parts"
USAGE = "http://example.com/attachments/certificate"


def attachment(content: bytes, content_type: str) -> dict[str, Any]:
    """Return what a statement says of an attachment."""
    return {
        "usageType": USAGE,
        "display": {"en": "Certificate"},
        "contentType": content_type,
        "length": len(content),
        "sha2": sha256(content).hexdigest(),
    }


def with_attachment(statement: dict[str, Any], content: bytes, content_type: str) -> dict[str, Any]:
    """Return body and content type of a request that stores `statement` with one attachment; the statement
    is changed to say so."""
    statement["attachments"] = [attachment(content, content_type)]
    body = b"".join(
        [
            f"--{BOUNDARY}\r\nContent-Type: application/json\r\n\r\n".encode(),
            json.dumps(statement).encode(),
            f"\r\n--{BOUNDARY}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n"
            f"X-Experience-API-Hash: {sha256(content).hexdigest()}\r\n\r\n".encode(),
            content,
            f"\r\n--{BOUNDARY}--\r\n".encode(),
        ]
    )
    return {"body": body, "content_type": f"multipart/mixed; boundary={BOUNDARY}"}


def contents(headers: Mapping[str, str], body: bytes) -> dict[str, bytes]:
    """Return the attachment contents of an answer by their SHA-256."""
    head = f"Content-Type: {headers['content-type']}\r\n\r\n".encode()
    _, *parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
    return {str(part["X-Experience-API-Hash"]): bytes(part.get_payload(decode=True)) for part in parts}
