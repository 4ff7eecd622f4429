"""HTTP as a learning system speaks it, for a qualification.

In: the address of a hub, a key and its secret. Out: answers. Certificates are checked as always. Never
another store than the key's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx

from hub.validation.steps import Unmet

Json = dict[str, Any]

_VERSION = {"X-Experience-API-Version": "1.0.3"}
_SECONDS = 60.0
#: What a record store adds to a statement.
_ADDED = frozenset({"stored", "authority", "version"})
_TEXT_MOST = 300


class Caller:
    """A system with a credential."""

    def __init__(self, address: str, key: str = "", secret: str = "") -> None:
        self.address = address.rstrip("/")
        self._client = httpx.Client(
            base_url=self.address, auth=(key, secret) if key else None, timeout=_SECONDS
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        expect: int,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request; Unmet where the answer is not of the status expected."""
        response = self._client.request(
            method,
            path,
            params=parameters,
            content=content if body is None else json.dumps(body).encode(),
            headers={
                **(_VERSION if path.startswith("/xapi/") else {}),
                **({"Content-Type": "application/json"} if body is not None else {}),
                **(headers or {}),
            },
        )
        if response.status_code != expect:
            said = response.text[:_TEXT_MOST]
            raise Unmet(f"{method} {path} was answered {response.status_code}, not {expect}: {said}")
        return response

    def get(self, path: str, **parameters: str) -> Json:
        """Return the JSON of a good answer."""
        found: Json = self.send("GET", path, expect=200, parameters=parameters).json()
        return found

    def post(self, statements: Any) -> list[str]:
        """Post one statement or several; return their ids."""
        found: list[str] = self.send("POST", "/xapi/statements", expect=200, body=statements).json()
        return found

    def statement(self, statement_id: str) -> Json:
        """Return a statement."""
        return self.get("/xapi/statements", statementId=statement_id)

    def raw(self, statement_id: str) -> bytes:
        """Return a statement byte for byte as it is served."""
        return self.send(
            "GET", "/xapi/statements", expect=200, parameters={"statementId": statement_id}
        ).content

    def ask(self, path: str, **parameters: str) -> Json | None:
        """Return the JSON of a good answer; None where there is nothing yet (404)."""
        response = self._client.get(path, params=parameters)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if response.status_code != httpx.codes.OK:
            raise Unmet(f"GET {path} was answered {response.status_code}: {response.text[:_TEXT_MOST]}")
        found: Json = response.json()
        return found

    def absent(self, statement_id: str) -> None:
        """Unmet where there is such a statement."""
        self.send("GET", "/xapi/statements", expect=404, parameters={"statementId": statement_id})

    def post_with_attachment(self, statement: Json, content: bytes) -> str:
        """Post a statement with an attachment, as multipart/mixed; return its id."""
        said = {**statement, "attachments": [attachment(content)]}
        border = f"border-{uuid4().hex}"
        head = f"--{border}\r\nContent-Type: application/json\r\n\r\n{json.dumps(said)}\r\n--{border}\r\n"
        head += "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
        head += f"X-Experience-API-Hash: {sha256(content).hexdigest()}\r\n\r\n"
        body = head.encode() + content + f"\r\n--{border}--\r\n".encode()
        kind = {"Content-Type": f"multipart/mixed; boundary={border}"}
        answer = self.send("POST", "/xapi/statements", expect=200, content=body, headers=kind)
        [found] = answer.json()
        return str(found)

    def attachments(self, statement_id: str) -> list[bytes]:
        """Return the contents that come with a statement."""
        answer = self.send(
            "GET",
            "/xapi/statements",
            expect=200,
            parameters={"statementId": statement_id, "attachments": "true"},
        )
        kind = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(kind + answer.content).walk()
        contents = [each.get_payload(decode=True) for each in parts if each["X-Experience-API-Hash"]]
        return [each for each in contents if isinstance(each, bytes)]


def attachment(content: bytes) -> Json:
    """Return what a statement says of an attachment."""
    return {
        "usageType": "https://w3id.org/lrshub/qualification/evidence",
        "display": {"en": "Evidence of the qualification"},
        "contentType": "application/octet-stream",
        "length": len(content),
        "sha2": sha256(content).hexdigest(),
    }


def differing(sent: Json, found: Json) -> list[str]:
    """Return the members in which a statement that came back is not what was sent."""
    names = (set(sent) | set(found)) - (_ADDED - set(sent))
    return sorted(each for each in names if not _same(each, sent.get(each), found.get(each)))


def _same(name: str, one: Any, other: Any) -> bool:
    if name == "timestamp" and isinstance(one, str) and isinstance(other, str):
        return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    return bool(one == other)
