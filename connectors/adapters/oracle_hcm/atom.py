"""Atom feeds: what changed since a moment.

In: the pages of a feed, fetched. Out: entries, each once, with whom they tell of and from which day. A feed
is read by feedparser from bytes: it fetches nothing itself, and a document with a type or entities is refused
before. What an entry says beyond who and when is not used: the worker is read again.
"""

from __future__ import annotations

from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import defusedxml.ElementTree
import feedparser  # type: ignore[import-untyped]  # it has no types
import orjson
from defusedxml.common import DefusedXmlException

from connectors.adapters.oracle_hcm.client import Client
from connectors.errors import Incomplete, SourceChanged

#: Entries in a page, and pages of a feed at most.
PAGE, _PAGES_MOST = 100, 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed."""

    id: str
    updated: datetime
    #: When it was put into the feed, where that is told.
    published: datetime | None
    person_id: str = ""
    person_number: str = ""
    #: The first day anything in it is about.
    effective: date | None = None
    #: Whether it tells of something that was taken back altogether.
    deleted: bool = False


def entries(client: Client, feed: str, since: datetime) -> Iterator[Entry]:
    """Yield the entries of a feed that were updated since a moment."""
    stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    address = f"{client.options.atom}/{feed}"
    parameters: dict[str, str | int] = {"updated-min": stamp, "page-size": PAGE}
    seen: set[str] = set()
    for _ in range(_PAGES_MOST):
        found, following = _page(client.feed(address, parameters), feed)
        fresh = [each for each in found if each.id not in seen]
        seen |= {each.id for each in fresh}
        yield from fresh
        if not following:
            return
        if not fresh:
            raise SourceChanged(f"The feed {feed} goes on without telling anything new.")
        address, parameters = following, {}
    raise SourceChanged(f"The feed {feed} has no end.")


def _page(body: bytes, feed: str) -> tuple[list[Entry], str]:
    try:
        defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise SourceChanged(f"The feed {feed} has a document type or entities.") from error
    except defusedxml.ElementTree.ParseError as error:
        raise Incomplete(f"The feed {feed} is no XML, or was cut off.") from error
    # From a stream: given text or bytes, feedparser would try them as an address or a file first.
    found = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if not found.get("version", "").startswith("atom"):
        raise SourceChanged(f"The feed {feed} is no Atom feed.")
    following = next((each.href for each in found.feed.get("links", ()) if each.rel == "next"), "")
    return [_entry(each, feed) for each in found.entries], following


def _entry(told: Any, feed: str) -> Entry:
    updated = _moment(told.get("updated_parsed"))
    if not told.get("id") or updated is None:
        raise SourceChanged(f"An entry of the feed {feed} has no id or no time.")
    contexts = _contexts(told, feed)
    days = [
        each
        for context in contexts
        for name in ("EffectiveStartDate", "EffectiveDate")
        if (each := _day(context.get(name))) is not None
    ]
    first: dict[str, Any] = contexts[0] if contexts else {}
    return Entry(
        id=str(told.id),
        updated=updated,
        published=_moment(told.get("published_parsed")),
        person_id=str(first.get("PersonId") or ""),
        person_number=str(first.get("PersonNumber") or ""),
        effective=min(days, default=None),
        deleted=any(str(each.get("DMLOperation", "")).upper() == "DELETE" for each in contexts),
    )


def _contexts(told: Any, feed: str) -> list[dict[str, Any]]:
    content = next((str(each.value) for each in told.get("content", ())), "") or told.get("summary", "")
    try:
        found = orjson.loads(content) if content else {}
    except orjson.JSONDecodeError as error:
        raise SourceChanged(f"The content of an entry of the feed {feed} is no JSON.") from error
    contexts = found.get("Context") if isinstance(found, dict) else None
    return [each for each in contexts if isinstance(each, dict)] if isinstance(contexts, list) else []


def _moment(parsed: Any) -> datetime | None:
    return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None
