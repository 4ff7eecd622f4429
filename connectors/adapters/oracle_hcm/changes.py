"""Who changed, by the Atom feeds, and whether they can be trusted with it.

In: what the last run left of each feed. Out: the people to be read again, each once, with the day from which
on; the work structures to be read again; where each feed stands now; and whether a full read is needed,
because entries were purged before they were read, or come later than the overlap allows for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import structlog

from connectors.adapters import Reading
from connectors.adapters.oracle_hcm.atom import Entry, entries
from connectors.adapters.oracle_hcm.client import Client
from connectors.adapters.oracle_hcm.options import Options
from connectors.errors import SourceChanged

logger = structlog.get_logger(__name__)

#: Feeds are not trusted with more than this: Oracle purges them.
KEPT = timedelta(days=3)
#: Entry ids kept of one feed, to know them again.
_IDS_MOST = 20_000


class Person(NamedTuple):
    """Somebody to be read again."""

    #: PersonId, or PersonNumber where a feed tells of no id.
    field: str
    value: str
    number: str
    #: Day from which on, in ISO 8601.
    floor: str
    #: Whether they were taken back.
    deleted: bool


@dataclass(slots=True)
class Gathered:
    """What the feeds say."""

    structures: list[str] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    feeds: dict[str, list[str]] = field(default_factory=dict)
    full: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as a checkpoint."""
        return {
            "structures": self.structures,
            "people": [list(each) for each in self.people.values()],
            "feeds": self.feeds,
            "full": self.full,
        }


def gathered(client: Client, chosen: Options, reading: Reading, floor: date) -> Gathered:
    """Read the feeds, work structures first."""
    found = Gathered()
    known: Mapping[str, list[str]] = reading.watermark.get("feeds", {})
    text = reading.watermark.get("as_of")
    last = datetime.fromisoformat(text) if text else reading.as_of
    since = last - chosen.overlap
    found.full = not text or reading.as_of - last > KEPT
    for setting, resource in chosen.structures:
        feed = f"workstructures/{resource}"
        try:
            fresh = _fresh(client, feed, since, known.get(feed, []), found, reading)
        except SourceChanged as error:
            # Not every work structure has a feed; full runs read it all the same.
            logger.info("oracle_hcm_feed_not_read", feed=feed, reason=error.reason)
            continue
        if fresh:
            found.structures.append(setting)
    for name in chosen.feeds:
        feed = f"employee/{name}"
        for entry in _fresh(client, feed, since, known.get(feed, []), found, reading):
            _add(found, entry, floor)
    return found


def _fresh(
    client: Client, feed: str, since: datetime, known: list[str], found: Gathered, reading: Reading
) -> list[Entry]:
    """Return the entries of a feed nobody read before; note where it stands."""
    overlap = client.options.overlap
    came = list(entries(client, feed, since))
    ids = {each.id for each in came}
    if set(known) - ids:
        logger.warning("oracle_hcm_feed_purged", feed=feed, missing=len(set(known) - ids))
        found.full = True
    fresh = [each for each in came if each.id not in set(known)]
    if any(each.published is not None and each.published - each.updated > overlap for each in fresh):
        logger.warning("oracle_hcm_feed_lags", feed=feed)
        found.full = True
    # What the next run will ask for again.
    kept = [each.id for each in came if each.updated >= reading.as_of - overlap]
    found.feeds[feed] = kept[-_IDS_MOST:]
    return fresh


def _add(found: Gathered, entry: Entry, floor: date) -> None:
    value = entry.person_id or entry.person_number
    if not value or not value.isalnum():
        found.full = True  # somebody changed, and nobody says who
        return
    told = min(floor, entry.effective or floor) - timedelta(days=1)
    before = found.people.get(value)
    if before is not None:
        told = min(told, date.fromisoformat(before.floor))
    found.people[value] = Person(
        "PersonId" if entry.person_id else "PersonNumber",
        value,
        entry.person_number or (before.number if before else ""),
        told.isoformat(),
        entry.deleted or (before is not None and before.deleted),
    )
