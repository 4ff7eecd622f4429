"""What a source says, set aside in a temporary table while it is read, so that memory stays bounded.

In: raw records of one complete reading. Out: rows by the workers' keys, to be read back a few thousand at a
time. The table belongs to this connection alone and goes with it. No transaction stays open while the source
is waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from connectors.adapters import Page
from connectors.errors import Refused
from connectors.mapping import Mapping
from connectors.models import System
from connectors.sync import mapped
from connectors.sync.pilot import Pilot
from connectors.watch.stated import Standing, from_json, stated
from connectors.workforce import worker
from connectors.workforce.canonical import Ended, Record, Rescinded, Worker
from connectors.workforce.days import Days
from lrs import database

_TABLE = "connectors_staged_worker"
TOLD, REFUSED, OUTSIDE = "told", "refused", "outside"
_PEOPLE = (Worker, Ended, Rescinded)

_KEEP = f"""
    INSERT INTO {_TABLE} AS known (key, what, said)
    SELECT u.key, u.what, u.said FROM unnest(%b::text[], %b::text[], %b::text[]) AS u (key, what, said)
    ON CONFLICT (key) DO UPDATE SET what = excluded.what, said = excluded.said
    WHERE NOT excluded.what = 'refused'
"""  # noqa: S608  a constant
#: Keys the source or the hub knows, from one on.
_KEYS = f"""
    SELECT key FROM (
        (SELECT key FROM {_TABLE} WHERE key > %(after)s ORDER BY key LIMIT %(most)s)
        UNION
        (SELECT key FROM connectors_person_key WHERE system_id = %(system)s AND key > %(after)s
         ORDER BY key LIMIT %(most)s)
    ) AS known ORDER BY key LIMIT %(most)s
"""  # noqa: S608  a constant


class Staged:
    """The staging table of one reconciliation."""

    def __init__(self, system: System, mapping: Mapping, as_of: datetime) -> None:
        self._system = system
        self._mapping = mapping
        self._as_of = as_of
        self._days = Days(ZoneInfo(system.time_zone))
        self._pilot = Pilot(system, system.pilot if system.state == "pilot" else {}, as_of)
        self.records = 0
        self.refused = 0

    def __enter__(self) -> Self:
        self._drop()
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE {_TABLE}"
                " (key text PRIMARY KEY, what text NOT NULL, said text NOT NULL)"
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def take(self, page: Page) -> None:
        """Set one page aside."""
        made = [mapped.of(each, self._mapping) for each in page.records]
        self.records += len(page.records)
        outside = self._pilot.outside(record for each in made for record in each.records)
        rows: dict[str, tuple[str, str, str]] = {}
        for each in made:
            refused = each.refused or _unfit(each.records)
            people = [record for record in each.records if isinstance(record, _PEOPLE)]
            if refused is not None:
                self.refused += 1
                for key in {each.raw.key, *(record.key for record in people)} - {""}:
                    rows.setdefault(key[:200], (key[:200], REFUSED, ""))
                continue
            for record in people:
                what = OUTSIDE if record.key in outside else TOLD
                said = orjson.dumps(stated(record, self._as_of, self._days).to_json()).decode()
                rows[record.key[:200]] = (record.key[:200], what, said)
        self._keep(list(rows.values()))

    def ready(self) -> None:
        """Let the database know how much there is, before it is read back."""
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_TABLE}")

    def keys(self, after: str, most: int) -> list[str]:
        """Return the next keys the source or the hub knows, in the database's order."""
        with database.binary_cursor() as cursor:
            cursor.execute(_KEYS, {"after": after, "most": most, "system": self._system.pk})
            return [row[0] for row in cursor]

    def standings(self, keys: Sequence[str]) -> dict[str, tuple[str, Standing | None]]:
        """Return what the source said of each of these workers: told, refused or outside, and what."""
        with database.binary_cursor() as cursor:
            cursor.execute(
                f"SELECT key, what, said FROM {_TABLE} WHERE key = ANY (%b::text[])",  # noqa: S608  a constant
                (list(keys),),
            )
            return {
                key: (what, from_json(orjson.loads(said)) if said else None) for key, what, said in cursor
            }

    def _keep(self, rows: Sequence[tuple[str, str, str]]) -> None:
        if rows:
            with database.binary_cursor() as cursor:
                cursor.execute(_KEEP, [[row[place] for row in rows] for place in range(3)])

    def _drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")


def _unfit(records: Iterable[Record]) -> Refused | None:
    """Return why the workforce record would not take a worker."""
    try:
        for each in records:
            if isinstance(each, Worker):
                worker.check(each)
    except Refused as refused:
        return refused
    return None
