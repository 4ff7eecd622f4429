"""What happened in a population, as the Atom feeds of Oracle HCM tell of it.

In: a population. Out: events in the order in which they were entered, and a page of them as a feed. An event
tells who and from which day on; what is so now, REST tells.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from simulators.oracle_records import organization_id, person_id
from simulators.population import History, Population, Stay, Worker

EMPLOYEE = ("newhire", "termination", "empassignment", "empupdate", "workrelshipupdate")


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something that was entered."""

    at: datetime
    feed: str
    #: PersonNumber, or OrganizationId.
    key: str
    effective: date
    operation: str
    person_id: str = ""

    @property
    def id(self) -> str:
        """The id of its entry, the same whenever it is asked for."""
        return f"tag:oracle.com,2013:{self.feed}:{self.key}:{self.at:%Y%m%d%H%M%S%f}:{self.effective:%Y%m%d}"


class Feeds:
    """The feeds of a population."""

    def __init__(self, population: Population) -> None:
        self._by_feed: dict[str, list[Event]] = {f"employee/{name}": [] for name in EMPLOYEE}
        self._by_feed |= {f"workstructures/{name}": [] for name in ("organizations", "jobs", "locations")}
        events = {event for worker in population.workers for event in _of(worker)}
        for unit in population.units:
            key = str(organization_id(unit.key))
            events |= set(_changes("workstructures/organizations", key, "", unit.states, "UPDATE"))
        for event in sorted(events):
            self._by_feed[event.feed].append(event)

    def since(self, feed: str, least: datetime | None, until: datetime) -> list[Event] | None:
        """Return the events of a feed, the latest first; None: there is no such feed."""
        events = self._by_feed.get(feed)
        if events is None:
            return None
        first = bisect_left(events, least, key=lambda each: each.at) if least is not None else 0
        last = bisect_right(events, until, key=lambda each: each.at)
        return events[first:last][::-1]


def _of(worker: Worker) -> Iterator[Event]:
    number, own = worker.number, str(person_id(worker))
    hires = {each.entered for one in worker.employments for each in one.stays.entries[:1]}
    for history in (worker.names, worker.emails):
        for event in _changes("employee/empupdate", number, own, history, "UPDATE"):
            if event.at not in hires:
                yield event
    for one in worker.employments:
        yield from _stays(number, own, one.stays)
        for assignment in one.assignments:
            yield from _changes("employee/empassignment", number, own, assignment.positions, "UPDATE")


def _changes(feed: str, key: str, person: str, history: History[Any], operation: str) -> Iterator[Event]:
    for each in history.entries:
        for moment in (each.entered, each.withdrawn):
            if moment is not None:
                yield Event(moment, feed, key, each.effective, operation, person)


def _stays(key: str, person: str, stays: History[Stay]) -> Iterator[Event]:
    entered = sorted(stays.entries, key=lambda each: each.entered)
    for nth, each in enumerate(entered):
        stay = each.value
        if stay is None:
            continue
        if nth == 0:
            yield Event(each.entered, "employee/newhire", key, stay.first, "INSERT", person)
        elif stay.last is not None:
            yield Event(each.entered, "employee/termination", key, stay.last, "UPDATE", person)
        else:
            yield Event(each.entered, "employee/workrelshipupdate", key, stay.first, "UPDATE", person)
    last = entered[-1] if entered else None
    if last is not None and last.withdrawn is not None and last.value is not None:
        first = last.value.first
        yield Event(last.withdrawn, "employee/workrelshipupdate", key, first, "DELETE", person)


def document(feed: str, address: str, events: Iterable[Event], following: str, *, lag: timedelta) -> str:
    """Return a page of a feed."""
    entries = "".join(_entry(each, address, lag) for each in events)
    further = f'<link rel="next" href={quoteattr(following)}/>' if following else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{escape(address)}/{feed}</id><title>{feed}</title>{further}{entries}</feed>"
    )


def _entry(event: Event, address: str, lag: timedelta) -> str:
    content = json.dumps({"Context": [_context(event)], "Changed Attributes": []})
    related = f"{address}?q=PersonNumber='{event.key}'&effectiveDate={event.effective}"
    return (
        f"<entry><id>{escape(event.id)}</id><title>{event.feed}</title>"
        f"<published>{_stamp(event.at + lag)}</published><updated>{_stamp(event.at)}</updated>"
        f'<link rel="related" href={quoteattr(related)}/>'
        f'<content type="text">{escape(content)}</content></entry>'
    )


def _context(event: Event) -> dict[str, str]:
    day = event.effective.isoformat()
    if not event.person_id:
        return {"OrganizationId": event.key, "EffectiveDate": day, "DMLOperation": event.operation}
    return {
        "PersonId": event.person_id,
        "PersonNumber": event.key,
        "EffectiveStartDate": day,
        "EffectiveDate": day,
        "DMLOperation": event.operation,
    }


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def page(events: Sequence[Event], number: int, size: int) -> tuple[Sequence[Event], bool]:
    """Return a page, and whether there are more."""
    start = (number - 1) * size
    return events[start : start + size], start + size < len(events)
