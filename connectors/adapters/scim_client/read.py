"""Reading every user of another SCIM server, or those changed since, page by page.

In: a `Reading`. Out: pages; an active user is a worker, another has ended. Pages are numbered by position
(startIndex), and positions shift while users are deleted: each page is therefore asked for from the last row
of the one before. Where that row is not there, the reader goes back until it meets a row it knows, so that
nobody is skipped; who is met twice is given once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.adapters import Page, RawRecord, Reading
from connectors.adapters.scim_client.peer import PAGE, Abilities, Part, Peer

#: Clocks differ: changes are asked for from this long before the last run.
_SKEW = timedelta(minutes=5)


def read(reading: Reading) -> Iterator[Page]:
    """Yield the pages of a run."""
    with Peer(reading) as peer:
        abilities = peer.abilities()
        since = _since(reading, abilities)
        size = min(int(reading.settings.get("page") or PAGE), abilities.most or PAGE)
        start = int(reading.checkpoint.get("next", 1))
        recent: Sequence[str] = reading.checkpoint.get("recent", [])
        while True:
            part, at, fresh = _part(peer, abilities, start, size, recent, since)
            start = at + len(part.users)
            recent = [_id(each) for each in part.users] or recent
            done = not part.users or start > part.total
            yield Page(
                tuple(map(_record, fresh)),
                {"next": start, "recent": recent},
                # Of changes nobody knows how many there should be: they become more while they are read.
                None if since else part.total,
            )
            if done:
                return


def _part(
    peer: Peer, abilities: Abilities, start: int, size: int, recent: Sequence[str], since: str
) -> tuple[Part, int, Sequence[Any]]:
    """Return some users, the place of the first, and those of them who were not given before."""
    at = max(1, start - 1)
    known = set(recent)
    while True:
        part = peer.users(at, size + (start - at), sorts=abilities.sorts, since=since)
        places = [place for place, each in enumerate(part.users) if _id(each) in known]
        if places:
            return part, at, [each for each in part.users[places[0] :] if _id(each) not in known]
        if not known or at == 1:
            # Nobody was given before, or everybody who was is gone: all that is there may be new.
            return part, at, part.users
        at = max(1, at - size)


def _since(reading: Reading, abilities: Abilities) -> str:
    """Return since when users changed who are to be read; nothing: everybody."""
    last = reading.watermark.get("as_of")
    if reading.full or not last or not abilities.filters or reading.settings.get("changes") is False:
        return ""
    return (datetime.fromisoformat(str(last)) - _SKEW).isoformat().replace("+00:00", "Z")


def _record(user: Any) -> RawRecord:
    if not isinstance(user, Mapping):
        return RawRecord("worker", "", {"value": user}, "The user is no JSON object.")
    key = _id(user)
    if not key:
        return RawRecord("worker", "", dict(user), "The user has no id.")
    active = user.get("active")
    inactive = active is False or (isinstance(active, str) and active.strip().lower() == "false")
    return RawRecord("ended" if inactive else "worker", key, dict(user))


def _id(user: Any) -> str:
    found = user.get("id") if isinstance(user, Mapping) else None
    return found if isinstance(found, str) else ""
