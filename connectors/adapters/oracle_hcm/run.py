"""A run over a pod: everything, or what the Atom feeds tell of.

In: a `Reading`. Out: pages of raw records, work structures before workers, each with a checkpoint behind
which to go on. Nothing is ended here: who is absent from a full run is the engine's to say, and so is when
the next full run, the reconcile, is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from connectors.adapters import Page, RawRecord, Reading
from connectors.adapters.oracle_hcm.changes import Person, gathered
from connectors.adapters.oracle_hcm.client import Client, Json, connected
from connectors.adapters.oracle_hcm.options import LIMIT_MOST, STRUCTURES, Options, options
from connectors.adapters.oracle_hcm.pages import Place, Resource, pages
from connectors.adapters.oracle_hcm.workers import KEY, RESOURCE, Workers

#: Rows that began so long ago are read in every run: what was entered late is then told with its days.
LATE = timedelta(days=31)
#: Workers read again in one request.
_AT_ONCE = 20


def read(reading: Reading) -> Iterator[Page]:
    """Yield the pages of a run. Raises CannotConnect and its kind, SourceChanged, Incomplete."""
    chosen = options(reading.settings)
    with connected(chosen, reading.secrets) as client:
        yield from (_everything if reading.full else _changes)(reading, client, chosen)


def watermark(reading: Reading, checkpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return where the next run for changes begins; nothing where it must be a full one."""
    if checkpoint.get("full"):
        return {}
    return {"as_of": reading.as_of.isoformat(), "feeds": checkpoint.get("feeds", {})}


def floor_of(reading: Reading, chosen: Options) -> date:
    """Return the day from which on workers are told of."""
    return chosen.history_from or reading.as_of.date() - LATE


def _everything(reading: Reading, client: Client, chosen: Options) -> Iterator[Page]:
    workers, floor = Workers(client), floor_of(reading, chosen)
    plan = [*chosen.structures, ("", RESOURCE)]
    went = reading.checkpoint
    step, before = int(went.get("step", 0)), int(went.get("before", 0))
    place = Place(int(went.get("offset", 0)), str(went.get("after", "")), int(went.get("given", 0)))
    for number, (setting, name) in enumerate(plan[step:], step):
        resource = _structure(setting, name) if setting else _workers(workers, chosen)
        for rows in pages(client, resource, place):
            place = rows.place
            records = (
                _told(setting, rows.rows) if setting else workers.records((each, floor) for each in rows.rows)
            )
            checkpoint = {
                "step": number, "before": before,
                "offset": place.offset, "after": place.after, "given": place.given,
            }  # fmt: skip
            yield Page(records, checkpoint, None if rows.total is None else before + rows.total)
        before, place = before + place.given, Place()


def _structure(setting: str, name: str) -> Resource:
    return Resource(name, STRUCTURES[setting][1], {}, LIMIT_MOST)


def _workers(workers: Workers, chosen: Options) -> Resource:
    return Resource(RESOURCE, KEY, workers.asked(), chosen.page)


def _told(setting: str, rows: tuple[Any, ...]) -> tuple[RawRecord, ...]:
    kind, key = STRUCTURES[setting]
    return tuple(
        RawRecord(kind, str(each[key]), each)
        if isinstance(each, dict) and each.get(key)
        else RawRecord(kind, "", {"row": each}, f"A row of {setting} has no {key}.")
        for each in rows
    )


def _changes(reading: Reading, client: Client, chosen: Options) -> Iterator[Page]:
    floor = floor_of(reading, chosen)
    place = dict(reading.checkpoint) or gathered(client, chosen, reading, floor).as_json()
    waiting = list(place["structures"])
    for setting in list(waiting):
        for rows in pages(client, _structure(setting, getattr(chosen, setting)), Place()):
            yield Page(_told(setting, rows.rows), {**place, "structures": waiting})
        waiting = waiting[1:]
    place["structures"] = []
    people = [Person(*each) for each in place["people"]]
    workers = Workers(client)
    while people:
        now, people = people[:_AT_ONCE], people[_AT_ONCE:]
        place["people"] = [list(each) for each in people]
        yield Page(_again(workers, now), dict(place))
    yield Page((), place)


def _again(workers: Workers, people: list[Person]) -> tuple[RawRecord, ...]:
    """Return people of whom feeds tell, as REST tells of them now."""
    found: dict[tuple[str, str], Json] = {}
    for field in (KEY, "PersonNumber"):
        asked = [each.value for each in people if each.field == field]
        if asked:
            found |= {(field, own): worker for own, worker in workers.some(field, asked).items()}
    there = [(each, found.get((each.field, each.value))) for each in people]
    records = workers.records((worker, date.fromisoformat(each.floor)) for each, worker in there if worker)
    return (*records, *(_gone(each) for each, worker in there if worker is None))


def _gone(person: Person) -> RawRecord:
    """Return what it means that REST knows nobody of whom a feed tells."""
    raw = {person.field: person.value, "PersonNumber": person.number}
    if person.deleted and person.number:
        return RawRecord("rescinded", person.number, raw)
    why = "A feed tells of this worker, and REST shows none; may the account see them?"
    return RawRecord("worker", person.number, raw, why)
