"""Another SCIM server, asked over the guarded HTTP of the hub.

In: the settings and secrets of a connection. Out: pages of users as JSON values, and what the server says it
can do. Users are not forced into the standard's schemas: what a server adds is the mapping's to read. Never
logs a secret; never follows an address the server names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import ValidationError
from scim2_models import ScimPolicy, ServiceProviderConfig

from connectors.adapters import Reading
from connectors.errors import CannotConnect, NotAuthorized, SourceChanged
from connectors.outbound.http import Caller

_TOLERANT = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)
#: Users asked for at once where the settings do not say.
PAGE = 100


@dataclass(frozen=True, slots=True)
class Part:
    """Some users, from a place on, of how many there are."""

    users: tuple[Any, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the server says it can do."""

    filters: bool
    sorts: bool
    most: int | None


class Peer:
    """One SCIM server. A context manager."""

    def __init__(self, reading: Reading) -> None:
        settings, secrets = reading.settings, reading.secrets
        self._base = str(settings["base"]).rstrip("/")
        private = bool(settings.get("allow_private"))
        if not private and not self._base.startswith("https://"):
            raise CannotConnect("The address must begin with https://.")
        headers = {"Accept": "application/scim+json, application/json"}
        auth = None
        if token := secrets.get("token"):
            headers["Authorization"] = f"Bearer {token}"
        elif secrets.get("user"):
            auth = (secrets["user"], secrets.get("password", ""))
        else:
            raise NotAuthorized("The connection has neither a token nor a user name and password.")
        self._only = str(settings.get("filter") or "").strip()
        self._caller = Caller(allow_private=private, auth=auth, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller.close()

    def abilities(self) -> Abilities:
        """Return what the server says of itself; nothing special where it says nothing sensible."""
        answer = self._caller.send("GET", f"{self._base}/ServiceProviderConfig", fine=(200, 404, 501))
        if answer.status_code != 200:
            return Abilities(filters=False, sorts=False, most=None)
        try:
            said = ServiceProviderConfig.model_validate(_json(answer), scim_policy=_TOLERANT)
        except ValidationError:
            return Abilities(filters=False, sorts=False, most=None)
        return Abilities(
            filters=bool(said.filter and said.filter.supported),
            sorts=bool(said.sort and said.sort.supported),
            most=said.filter.max_results if said.filter else None,
        )

    def users(self, start: int, count: int, *, sorts: bool, since: str = "") -> Part:
        """Return at most `count` users from the one at `start` on; `since`, only those changed after it."""
        parts = [f"({self._only})" if since else self._only] if self._only else []
        if since:
            parts.append(f'meta.lastModified gt "{since}"')
        asked: dict[str, Any] = {"startIndex": start, "count": count}
        if parts:
            asked["filter"] = " and ".join(parts)
        if sorts:
            asked |= {"sortBy": "id", "sortOrder": "ascending"}
        answer = _json(self._caller.send("GET", f"{self._base}/Users", params=asked))
        total = answer.get("totalResults") if isinstance(answer, Mapping) else None
        if not isinstance(total, int) or isinstance(total, bool):
            raise SourceChanged(
                "The answer to a search for users is no ListResponse: totalResults is missing."
            )
        listed = answer.get("Resources") or []
        if not isinstance(listed, list):
            raise SourceChanged("The answer to a search for users is no ListResponse: Resources is no list.")
        return Part(tuple(listed), total)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise SourceChanged("The server answers with something that is no JSON.") from error
