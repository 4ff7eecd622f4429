"""Page after page of a run: the organization, then people, each entity held to one snapshot where it can be.

In: a Reading. Out: pages with checkpoints: which entity, the link that goes on, and the filter. A snapshot
that ran out begins its entity again; what was applied before is then found unchanged. An entity that refuses
snapshots is asked for a cursor, then for plain pages.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from connectors.adapters import Page, RawRecord, Reading
from connectors.adapters.successfactors import query, records
from connectors.adapters.successfactors.client import Client, Declined
from connectors.adapters.successfactors.manager_keys import Managers
from connectors.adapters.successfactors.options import ORGANIZATION, PAGING, Options, options
from connectors.errors import CannotConnect, SourceChanged

#: How often one entity is begun again in one attempt at a run.
_AGAIN_MOST = 3
#: Entity of a checkpoint behind which nothing is left.
_DONE = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is."""

    entity: str
    #: The link to the next page as the service gave it; empty: the first page comes.
    next: str = ""
    #: Filter of the entity, the same however often it is begun again.
    filter: str | None = None
    #: Records of the entities before, and of this one so far.
    before: int = 0
    given: int = 0
    #: Entries of this one as the service counts them; 0: it does not.
    count: int = 0


def read(reading: Reading) -> Iterator[Page]:
    """Yield the pages of a run from where it is."""
    chosen = options(reading.settings)
    entities = [*chosen.organization, query.PEOPLE]
    place = Place(**reading.checkpoint) if reading.checkpoint else Place(entities[0])
    if place.entity == _DONE:
        return
    with Client(chosen, reading.secrets) as client:
        managers = Managers(client)
        for entity in entities[entities.index(place.entity) :]:
            if entity != place.entity:
                place = Place(entity, before=place.before + place.given)
            if place.filter is None:
                place = replace(place, filter=query.filter_of(chosen, entity, _since(reading), reading.as_of))
            place = yield from _entity(client, place, managers, counted=reading.full)


def _since(reading: Reading) -> datetime | None:
    """Return from when on changes are to be read; None: everything."""
    mark = None if reading.full else reading.watermark.get("as_of")
    return datetime.fromisoformat(mark) if mark else None


def _entity(
    client: Client, place: Place, managers: Managers, *, counted: bool
) -> Generator[Page, None, Place]:
    """Yield the pages of one entity; return where that led."""
    again = 0
    while True:
        try:
            answer = client.get(place.next) if place.next else _first(client, place, counted=counted)
        except Declined as error:
            # A link that was good a page ago leads to a snapshot that is gone.
            if not place.next:
                raise
            if again == _AGAIN_MOST:
                raise CannotConnect(
                    f"{place.entity} cannot be read to its end: {error.reason}",
                    suggestion="Choose paging with a cursor, or other pages.",
                ) from error
            again += 1
            place = replace(place, next="", given=0, count=0)
            continue
        entries = answer.get("results")
        if not isinstance(entries, list):
            raise SourceChanged(f"{place.entity} gives no list of results.")
        place = replace(
            place,
            next=str(answer.get("__next") or ""),
            given=place.given + len(entries),
            count=_count(answer, place) if counted else 0,
        )
        found = _records(place.entity, entries, managers)
        expected = place.before + place.count if place.count else None
        yield Page(found, _checkpoint(client.chosen, place), expected)
        if not place.next:
            return place


def _first(client: Client, place: Place, *, counted: bool) -> dict[str, Any]:
    """Ask for the first page in the first way the entity does not refuse."""
    ways = PAGING[PAGING.index(client.chosen.paging) :]
    for paging in ways:
        url = query.first_page(client.chosen, place.entity, place.filter or "", paging, count=counted)
        try:
            return client.get(url)
        except Declined as error:
            if paging == ways[-1]:
                raise
            refused = error
    raise refused


def _count(answer: Mapping[str, Any], place: Place) -> int:
    """Return how many entries there are as the service says it last.

    Where nothing keeps pages apart, the most it ever said: whoever is deleted between two pages lets somebody
    else slip through, and then fewer come than there were.
    """
    try:
        count = int(answer["__count"])
    except (KeyError, TypeError, ValueError):
        return place.count
    return count if "paging=" in str(answer.get("__next") or place.next) else max(count, place.count)


def _records(entity: str, entries: list[Any], managers: Managers) -> tuple[RawRecord, ...]:
    if entity != query.PEOPLE:
        return tuple(records.foundation(ORGANIZATION[entity], each) for each in entries)
    managers.meet(entries)
    return tuple(records.person(each, managers.person_of) for each in entries)


def _checkpoint(chosen: Options, place: Place) -> dict[str, Any]:
    """Return where a run goes on behind a page."""
    if place.next:
        return asdict(place)
    entities = [*chosen.organization, query.PEOPLE, _DONE]
    after = entities[entities.index(place.entity) + 1]
    return asdict(Place(after, before=place.before + place.given))
