"""A client of `/api/v1/`, and the one look at the shape of a refusal."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection

from connectors.models import System
from tests.connectors.learning import academy, caught_up
from tests.connectors.people import hris
from tests.fixtures import Answer, Hub, Xapi


class Api:
    """Speaks to `/api/v1/` with the key of a caller."""

    def __init__(self, caller: Xapi) -> None:
        self.caller = caller

    @property
    def store_id(self) -> int:
        """The store of its key."""
        return self.caller.store_id

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> Answer:
        """Send one request below `/api/v1/`, or to an absolute path such as `next`."""
        address = path if path.startswith("/") else f"/api/v1/{path}"
        return self.caller.request(
            method, address, body=body, content_type=content_type, headers=headers, **parameters
        )

    def get(self, path: str, **parameters: Any) -> Any:
        """GET and return the answer, which must be a good one."""
        return self.request("GET", path, **parameters).expect(200).json()

    def pages(self, path: str, **parameters: Any) -> Iterator[list[Any]]:
        """Yield the lines of every page of a list."""
        name = path.replace("-", "_")
        answer = self.get(path, **parameters)
        yield answer[name]
        while answer["next"] is not None:
            answer = self.get(answer["next"])
            yield answer[name]

    def lines(self, path: str, **parameters: Any) -> list[Any]:
        """Return the lines of all pages of a list."""
        return list(itertools.chain.from_iterable(self.pages(path, **parameters)))

    def refused(self, status: int, path: str, *, method: str = "GET", **sent: Any) -> dict[str, Any]:
        """Return the problem details with which a request is refused."""
        return problem(self.request(method, path, **sent), status)


def problem(answer: Answer, status: int) -> dict[str, Any]:
    """Return the problem details of an answer, which must have their shape (RFC 9457)."""
    answer.expect(status)
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["type"] == "about:blank"
    assert all(found[name] and isinstance(found[name], str) for name in ("title", "detail", "rule"))
    assert found.keys() <= {"type", "title", "status", "detail", "rule", "errors", "requestId"}
    for error in found.get("errors", []):
        assert error["detail"]
        assert len(error.keys() & {"parameter", "pointer"}) == 1
        assert error.keys() <= {"parameter", "pointer", "detail", "value"}
    return found


def portal(hub: Hub, *scopes: str, store: str = "Academy") -> Api:
    """Return the workforce portal, which may read people of a store unless other scopes are named."""
    return Api(hub.caller("Workforce portal", scopes=scopes or ("workforce/read",), store=store))


def hired(hub: Hub) -> tuple[Xapi, System, Api]:
    """Return an LMS, Workday and the portal of one store."""
    moodle, store = academy(hub)
    return moodle, hris(store=store), portal(hub)


def settled() -> None:
    """Let everything be derived and stand in the log: what other databases of the server have under way holds
    it back for a moment."""
    caught_up()
    until = time.monotonic() + 60
    while not _in_the_log():
        assert time.monotonic() < until, "something holds the log back"
        time.sleep(0.01)


def _in_the_log() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(xid), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            " FROM connectors_statement_context"
        )
        [found] = cursor.fetchone()
    return bool(found)
