"""An identity provider as tests see it: it holds a token of one connection and writes users and groups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

from connectors.mapping import lifecycle
from connectors.models import System
from connectors.scim import tokens
from connectors.scim.resources import ENTERPRISE, EXTENSION
from tests.connectors.people import hris
from tests.fixtures import Answer

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def connection(name: str = "Entra", **fields: Any) -> System:
    """Return a live SCIM connection with its default mapping in use."""
    system = hris(name, **({"state": "live", "adapter": "scim"} | fields))
    lifecycle.adopt(system)
    return system


class Idp:
    """Writes to one connection."""

    def __init__(self, system: System | None = None) -> None:
        self.system = system or connection()
        self.token = tokens.issue(self.system)

    def send(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request below /scim/v2; `body` is sent as it is when it is bytes."""
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        response = Client(raise_request_exception=False).generic(
            method,
            f"/scim/v2{path}",
            content,
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.token}"} | dict(headers or {}),
        )
        return Answer(
            response.status_code, {name.lower(): value for name, value in response.items()}, response.content
        )

    def made(self, **fields: Any) -> dict[str, Any]:
        """Create Ann, changed by `fields`; return her as the hub answers."""
        user: dict[str, Any] = self.send("POST", "/Users", ann(**fields)).expect(201).json()
        return user

    def patched(self, path: str, *operations: Mapping[str, Any]) -> dict[str, Any]:
        """Patch a resource; return it."""
        answered: dict[str, Any] = self.send("PATCH", path, patch(*operations)).expect(200).json()
        return answered

    def found(self, what: str, **parameters: str) -> list[str]:
        """Return the userNames a filter finds."""
        body = {"filter": what, **parameters}
        answered = self.send("POST", "/Users/.search", body).expect(200).json()
        return [each["userName"] for each in answered["Resources"]]


def patch(*operations: Mapping[str, Any]) -> dict[str, Any]:
    """Return a PATCH request."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def ann(**fields: Any) -> dict[str, Any]:
    """Return Ann Lee as an identity provider sends her; what is None is left out."""
    user: dict[str, Any] = {
        "schemas": [USER, ENTERPRISE, EXTENSION],
        "externalId": "21001",
        "userName": "ann@example.com",
        "name": {"givenName": "Ann", "familyName": "Lee"},
        "emails": [{"value": "Ann@example.com", "type": "work", "primary": True}],
        "title": "Nurse",
        "active": True,
        ENTERPRISE: {"employeeNumber": "21001", "department": "ICU"},
        EXTENSION: {"hireDate": "2020-03-01", "jobCode": "RN2"},
    } | fields
    return {name: value for name, value in user.items() if value is not None}


def bob(**fields: Any) -> dict[str, Any]:
    """Return Bob Ray, who reports to nobody and works in the emergency room."""
    return ann(
        **{
            "externalId": "21002",
            "userName": "bob@example.com",
            "name": {"givenName": "Bob", "familyName": "Ray"},
            "emails": [{"value": "bob@example.com", "type": "work", "primary": True}],
            ENTERPRISE: {"employeeNumber": "21002", "department": "ER"},
            **fields,
        }
    )
