"""What every refusal must be: the right status, a document that says where and why, and nothing stored."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import requests

from tests.live import Lms

Statement = dict[str, Any]
BOUNDARY = "a-boundary"
MULTIPART = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
CERTIFICATE = b"%PDF certificate of Ann\r\n--no boundary\r\n"


def a_statement(**more: Any) -> Statement:
    """Return a sound statement with an id of its own."""
    return {
        "id": str(uuid4()),
        "actor": {"objectType": "Agent", "name": "Ann", "mbox": "mailto:ann@example.com"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.example.com/courses/forklift-safety"},
        **more,
    }


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def with_certificate(content: bytes = CERTIFICATE, **more: Any) -> Statement:
    """Return a statement with one attachment."""
    attachment = {
        "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
        "display": {"en": "Certificate"},
        "contentType": "application/pdf",
        "length": len(content),
        "sha2": sha256(content),
        **more,
    }
    return a_statement(attachments=[attachment])


def part(content: bytes, **headers: str) -> bytes:
    """Return one part of a multipart body; `X_Experience_API_Hash` stands for that header."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"--{BOUNDARY}", *lines, "", ""]).encode() + content + b"\r\n"


def statement_part(statements: Any) -> bytes:
    return part(json.dumps(statements).encode(), Content_Type="application/json")


def attachment_part(content: bytes = CERTIFICATE, **headers: str) -> bytes:
    return part(
        content,
        **{
            "Content_Type": "application/pdf",
            "Content_Transfer_Encoding": "binary",
            "X_Experience_API_Hash": sha256(content),
            **headers,
        },
    )


END = f"--{BOUNDARY}--\r\n".encode()


def refused(
    response: requests.Response,
    status: int,
    rule: str,
    *,
    pointer: str | None = None,
    index: int | None = None,
) -> dict[str, Any]:
    """Assert that `response` is a refusal that says where and why; return its problem document."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Experience-API-Version"]
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert len(problem["detail"]) > 10
    assert problem["rule"] == rule, problem
    assert problem["requestId"] == response.headers["X-Request-ID"]
    assert len(str(problem.get("value", ""))) <= 120
    if pointer is not None:
        assert problem["pointer"] == pointer, problem
    if index is not None:
        error = problem["errors"][0]
        assert (error["index"], error["rule"], error["pointer"]) == (index, rule, problem["pointer"])
        assert error["message"] == problem["detail"]
    return problem


def nothing_is_stored(lms: Lms) -> None:
    """Assert that the store of `lms` has no statement, and that the hub goes on answering."""
    assert lms.all_statements() == []
