"""Another SCIM server as tests see it: it pages by position, filters by lastModified, and has its quirks."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Self

from simulators.server import Answer, Request, Server, json_answer

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
TOKEN = "a-token-of-the-peer"
_CHANGED = re.compile(r'meta\.lastModified gt "([^"]+)"')


def user(number: int, **fields: Any) -> dict[str, Any]:
    """Return a user as the peer holds it."""
    return {
        "id": f"u{number:04}",
        "userName": f"nurse.{number}@example.com",
        "name": {"givenName": "Nurse", "familyName": str(number)},
        "emails": [{"value": f"nurse.{number}@example.com", "primary": True}],
        "active": True,
        "meta": {"created": "2024-01-15T08:00:00Z", "lastModified": "2026-01-01T00:00:00Z"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": str(number),
            "department": "ICU",
        },
        **fields,
    }


class OtherServer:
    """Holds users; a context manager that answers on loopback."""

    def __init__(self, *users: Any) -> None:
        self.users: list[Any] = list(users)
        self.filters, self.sorts, self.most = True, True, 10_000
        self.asked: list[dict[str, str]] = []
        #: Called before a search is answered, with the number of searches before it.
        self.meanwhile: Callable[[int], None] = lambda _: None
        self.server = Server()
        self.server.route("GET", "/scim/v2/ServiceProviderConfig")(self._config)
        self.server.route("GET", "/scim/v2/Users")(self._search)

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.__exit__(None, None, None)

    @property
    def base(self) -> str:
        return f"{self.server.url}/scim/v2"

    def _config(self, request: Request) -> Answer:
        if not _may(request):
            return json_answer({}, 401)
        return json_answer(
            {
                "patch": {"supported": False},
                "filter": {"supported": self.filters, "maxResults": self.most},
                "sort": {"supported": self.sorts},
            }
        )

    def _search(self, request: Request) -> Answer:
        if not _may(request):
            return json_answer({}, 401)
        self.meanwhile(len(self.asked))
        self.asked.append(dict(request.query))
        start, count = int(request.query["startIndex"]), int(request.query["count"])
        found = self.users
        if changed := _CHANGED.search(request.query.get("filter", "")):
            found = [each for each in found if each["meta"]["lastModified"] > changed[1]]
        page = found[start - 1 : start - 1 + min(count, self.most)]
        return json_answer(
            {"schemas": [LIST], "totalResults": len(found), "startIndex": start, "Resources": page}
        )


def _may(request: Request) -> bool:
    basic = "Basic " + b64encode(b"reader:secret").decode()
    return request.headers.get("authorization") in (f"Bearer {TOKEN}", basic)
