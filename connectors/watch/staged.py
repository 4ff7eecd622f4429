"""What a source says, set aside in a temporary table while it is read, so that memory stays bounded.

In: raw records of one complete reading. Out: rows by kind and key of what they tell, to be read back a few
thousand at a time. What is told in passing, as the unit a worker is in, counts where no record of its own
tells it, and as the first says it: as in a run. The table belongs to this connection alone and goes with it.
No transaction stays open while the source is waited for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
from connectors.sync.mapped import Mapped
from connectors.sync.pilot import Pilot
from connectors.watch import things
from connectors.watch.stated import Standing, from_json, stated
from connectors.workforce import canonical, worker
from connectors.workforce.canonical import Ended, Record, Rescinded, Worker
from connectors.workforce.days import Days
from connectors.workforce.slices import SUBJECTS
from lrs import database

_TABLE = "connectors_staged"
WORKER = "worker"
TOLD, REFUSED, OUTSIDE = "told", "refused", "outside"
_PEOPLE = (Worker, Ended, Rescinded)
#: How much a row counts: what is refused, what is told in passing, what a record of its own says to be over,
#: what one says to be so.
_LEAST, _PASSING, _OVER, _OWN = range(4)

_KEEP = f"""
    INSERT INTO {_TABLE} AS known (record, key, what, rank, since, said)
    SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::int2[], %b::text[], %b::text[])
    ON CONFLICT (record, key) DO UPDATE
    SET what = excluded.what, rank = excluded.rank, since = excluded.since, said = excluded.said
    WHERE (excluded.rank, excluded.since) > (known.rank, known.since)
       OR (excluded.rank = {_OWN} AND (known.rank, known.since) = ({_OWN}, excluded.since))
"""  # noqa: S608  a constant
#: Keys the source or the hub knows, from one on.
_KEYS = """
    SELECT key FROM (
        (SELECT key FROM {staged} WHERE record = %(record)s AND key > %(after)s ORDER BY key LIMIT %(most)s)
        UNION
        (SELECT key FROM {known} AND key > %(after)s ORDER BY key LIMIT %(most)s)
    ) AS known ORDER BY key LIMIT %(most)s
"""
_WORKERS_KNOWN = "connectors_person_key WHERE system_id = %(system)s"
_Row = tuple[str, str, str, int, str, str]


class Staged:
    """The staging table of one reconciliation."""

    def __init__(self, system: System, mapping: Mapping, as_of: datetime) -> None:
        self._system = system
        self._mapping = mapping
        self._as_of = as_of
        self._days = Days(ZoneInfo(system.time_zone))
        self._pilot = Pilot(system, system.pilot if system.state == "pilot" else {}, as_of)
        #: Things of which the source has records of their own.
        self.own = frozenset(kind for kind in things.KINDS if kind in mapping.kinds)
        self.records = 0
        #: Refused records: worker, unit, job or location → how many.
        self.refused: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._drop()
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE {_TABLE}"
                " (record text, key text, what text NOT NULL, rank int2 NOT NULL,"
                ' since text COLLATE "C" NOT NULL, said text NOT NULL, PRIMARY KEY (record, key))'
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def take(self, page: Page) -> None:
        """Set one page aside."""
        made = [mapped.of(each, self._mapping) for each in page.records]
        self.records += len(page.records)
        outside = self._pilot.outside(record for each in made for record in each.records)
        rows: dict[tuple[str, str], _Row] = {}
        for row in (row for each in made for row in self._rows(each, outside)):
            before = rows.get(row[:2])
            if before is None or _counts_more(row, before):
                rows[row[:2]] = row
        self._keep(list(rows.values()))

    def _rows(self, made: Mapped, outside: set[str]) -> Iterator[_Row]:
        """Yield what one raw record says, or that it is refused, by what it tells of."""
        own = made.raw.kind if made.raw.kind in things.KINDS else WORKER
        refused = made.refused or _unfit(made.records)
        if refused is not None:
            self.refused[own] += 1
            told = {(_record(each), each.key) for each in made.records}
            for record, key in {(own, made.raw.key), *told}:
                if key:
                    yield record, key[:200], REFUSED, _LEAST, "", ""
            return
        for each in made.records:
            record = _record(each)
            what = OUTSIDE if record == WORKER and each.key in outside else TOLD
            rank, since = _OWN, ""
            if isinstance(each, _PEOPLE):
                standing = stated(each, self._as_of, self._days)
            else:
                standing, since = things.stated(record, each, self._as_of, self._days)
                rank = _PASSING if made.raw.kind != record else _OVER if standing.gone else _OWN
            yield record, each.key[:200], what, rank, since, orjson.dumps(standing.to_json()).decode()

    def ready(self) -> None:
        """Let the database know how much there is, before it is read back."""
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_TABLE}")

    def keys(self, record: str, after: str, most: int) -> list[str]:
        """Return the next keys the source or the hub knows, in the order of the database."""
        known = _WORKERS_KNOWN if record == WORKER else _things_known(record)
        about = {"record": record, "after": after, "most": most, "system": self._system.pk}
        about |= {"store": self._system.store_id, "namespace": self._system.namespace}
        with database.binary_cursor() as cursor:
            cursor.execute(_KEYS.format(staged=_TABLE, known=known), about)
            return [row[0] for row in cursor]

    def standings(self, record: str, keys: Sequence[str]) -> dict[str, tuple[str, Standing | None]]:
        """Return what the source said of each of these: told, refused or outside, and what."""
        with database.binary_cursor() as cursor:
            cursor.execute(
                f"SELECT key, what, said FROM {_TABLE} WHERE record = %s AND key = ANY (%b::text[])",  # noqa: S608  a constant
                (record, list(keys)),
            )
            return {
                key: (what, from_json(orjson.loads(said)) if said else None) for key, what, said in cursor
            }

    def _keep(self, rows: Sequence[_Row]) -> None:
        if rows:
            with database.binary_cursor() as cursor:
                cursor.execute(_KEEP, [[row[place] for row in rows] for place in range(6)])

    def _drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")


def _record(record: Record) -> str:
    return WORKER if isinstance(record, _PEOPLE) else canonical.kind_of(record)


def _counts_more(row: _Row, before: _Row) -> bool:
    """Return whether one of two rows of a page stands: as the database decides between pages."""
    return row[3:5] > before[3:5] or (row[3] == _OWN and row[3:5] == before[3:5])


def _things_known(kind: str) -> str:
    """Return the things of a system's namespace of which anything is known."""
    of = SUBJECTS[kind]
    return (
        f"{of} t WHERE store_id = %(store)s AND namespace = %(namespace)s AND EXISTS"
        f" (SELECT FROM {of}_version v WHERE v.{kind}_id = t.id AND upper_inf(v.recorded))"
    )


def _unfit(records: Iterable[Record]) -> Refused | None:
    """Return why the workforce record would not take a worker."""
    try:
        for each in records:
            if isinstance(each, Worker):
                worker.check(each)
    except Refused as refused:
        return refused
    return None
