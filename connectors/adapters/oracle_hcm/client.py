"""Calls to one pod: authenticated, in JSON or XML, with ids as texts.

In: addresses and parameters. Out: what Oracle answers, parsed. An answer that is cut in the middle is asked
for again before it is taken for what Oracle means to say. Never a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import orjson

from connectors.adapters.oracle_hcm.options import Options
from connectors.adapters.oracle_hcm.tokens import Credentials
from connectors.errors import Incomplete, NotAuthorized, SourceChanged
from connectors.outbound.http import Caller

Json = dict[str, Any]

#: The version of Oracle's framework whose answers are understood: children are collections.
_HEADERS = {"REST-Framework-Version": "4", "Accept": "application/json"}
#: How often an answer that is no JSON is asked for.
_READS = 3


class Client:
    """Speaks to a pod with the credentials of a connection."""

    def __init__(self, options: Options, credentials: Credentials, caller: Caller) -> None:
        self.options = options
        self._credentials = credentials
        self._caller = caller

    def collection(self, address: str, parameters: Mapping[str, str | int]) -> Json:
        """Return a collection of rows: {items, hasMore, …}. An address from an answer must be the pod's."""
        for left in reversed(range(_READS)):
            body = self._get(address, parameters, _HEADERS).content
            try:
                found = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                if left:
                    continue
                raise Incomplete(
                    f"{_name(address)} sends what is no JSON, {_READS} times over.",
                    suggestion="Run it again; if it happens again, ask Oracle's support.",
                ) from error
            if isinstance(found, dict) and isinstance(found.get("items"), list):
                texts(found["items"])
                return found
            raise SourceChanged(f"{_name(address)} is no collection of rows any more.")
        raise AssertionError  # the loop returns or raises

    def rows(self, resource: str, parameters: Mapping[str, str | int]) -> Json:
        """Return a page of a REST resource."""
        return self.collection(f"{self.options.rest}/{resource}", {"onlyData": "true", **parameters})

    def feed(self, address: str, parameters: Mapping[str, str | int]) -> bytes:
        """Return a page of an Atom feed as it came."""
        return self._get(address, parameters, {"Accept": "application/atom+xml"}).content

    def ours(self, address: str) -> bool:
        """Whether an address that stands in an answer is one of the pod, to which our credentials may go."""
        return _origin(address) == _origin(self.options.url)

    def _get(
        self, address: str, parameters: Mapping[str, str | int], headers: Mapping[str, str]
    ) -> httpx.Response:
        if not self.ours(address):
            raise SourceChanged(f"An answer of the pod leads elsewhere: {address[:200]}.")
        parts: dict[str, Any] = {"params": parameters} if parameters else {}
        for again in (self._credentials.renewable, False):
            try:
                return self._caller.send(
                    "GET",
                    address,
                    headers={**headers, "Authorization": self._credentials.header()},
                    fine={200},
                    **parts,
                )
            except NotAuthorized:
                if not again:
                    raise
                self._credentials.forget()
        raise AssertionError  # the second time returns or raises


@contextmanager
def connected(options: Options, secrets: Mapping[str, str]) -> Iterator[Client]:
    """Give a client for as long as the block lasts."""
    with Caller(allow_private=options.allow_private) as caller:
        yield Client(options, Credentials(options, secrets, caller), caller)


def texts(value: Any) -> None:
    """Make numbers of members that are ids into texts: they go beyond what JavaScript can tell apart."""
    if isinstance(value, list):
        for each in value:
            texts(each)
    elif isinstance(value, dict):
        for name, each in cast("Json", value).items():
            if isinstance(each, int) and not isinstance(each, bool) and name.endswith("Id"):
                value[name] = str(each)
            elif isinstance(each, dict | list):
                texts(each)


def _origin(address: str) -> tuple[str, str, int | None]:
    """Return where an address leads; Oracle writes the port into its links even where it is the usual one."""
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", "", None


def _name(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]
