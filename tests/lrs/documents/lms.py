"""An LMS as the tests drive it: the Django client with a credential and the xAPI headers.

Its store is rolled back with the test, or removed by it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from lrs.auth.issue import issue
from lrs.models import Source

ANN = {"objectType": "Agent", "account": {"homePage": "https://hr.example.com", "name": "ann"}}
BOB = {"objectType": "Agent", "mbox": "mailto:bob@example.com"}
FORKLIFT = "https://lms.example.com/course/forklift-safety"


RESOURCES: list[tuple[str, dict[str, Any]]] = [
    ("activities/state", {"activityId": FORKLIFT, "agent": ANN, "stateId": "bookmark"}),
    ("activities/profile", {"activityId": FORKLIFT, "profileId": "highscores"}),
    ("agents/profile", {"agent": ANN, "profileId": "preferences"}),
]
each_resource = pytest.mark.parametrize(("path", "named"), RESOURCES, ids=[path for path, _ in RESOURCES])
each_version = pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])


class Lms:
    """A source with a credential of its own."""

    def __init__(
        self,
        name: str,
        *,
        store: str = "Berlin academy",
        scopes: tuple[str, ...] = ("all",),
        version: str = "1.0.3",
    ) -> None:
        self.issued = issue(store=store, source=name, scopes=scopes)
        self.version = version

    @property
    def source(self) -> Source:
        """Its source."""
        return self.issued.credential.source

    def speaking(self, version: str) -> Lms:
        """Return the same LMS speaking another version of the xAPI."""
        other = object.__new__(Lms)
        other.issued, other.version = self.issued, version
        return other

    def call(
        self,
        method: str,
        path: str,
        body: object = b"",
        *,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> Any:
        """Send a request; a body that is not bytes is sent as JSON, parameters that are objects too."""
        query = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()
        }
        login = b64encode(f"{self.issued.key}:{self.issued.secret}".encode()).decode()
        # Django's client leaves the content type out of a request without a body; a real one does not.
        extra: dict[str, Any] = {"CONTENT_TYPE": content_type} if content_type else {}
        return Client().generic(
            method,
            f"/xapi/{path}?{urlencode(query)}" if query else f"/xapi/{path}",
            body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={
                "Authorization": f"Basic {login}",
                "X-Experience-API-Version": self.version,
                **(headers or {}),
            },
            **extra,
        )

    def create(
        self, path: str, body: object, *, content_type: str = "application/json", **named: Any
    ) -> None:
        """PUT a document that is new."""
        response = self.call("PUT", path, body, content_type=content_type, headers=ONLY_NEW, **named)
        assert response.status_code == 204, response.content


ONLY_NEW = {"If-None-Match": "*"}


def told(response: Any) -> tuple[int, str]:
    """Return status and rule of a refusal."""
    problem = json.loads(response.content)
    assert problem["detail"]
    return response.status_code, problem.get("rule", "")
