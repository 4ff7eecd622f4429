"""The version tables as timelines: what is known now is read, what is known next is written.

In: subjects and their new timelines. Out: the timelines known now; rows closed and rows added, both in
bulk. Never an update of anything but the end of a recording time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql
from psycopg.types.range import TimestamptzRange

from connectors.workforce.timeline import BEGINNING, FOREVER, Period, Timeline, difference
from lrs import database

#: What a timeline is about: the values of a table's subject columns.
Subject = tuple[Any, ...]
Value = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One version table."""

    name: str
    #: Columns that say what a row is about; the first is what rows are looked up by.
    subject: tuple[str, ...]
    #: Columns that say what is so, with their types in PostgreSQL.
    value: Mapping[str, str]


PERSON = Table(
    "connectors_person_version",
    ("person_id", "system_id"),
    {
        "formatted_name": "text",
        "given_name": "text",
        "family_name": "text",
        "preferred_name": "text",
        "language": "text",
    },
)
IDENTIFIER = Table(
    "connectors_identifier",
    ("person_id", "system_id", "type", "issuer", "normal"),
    {"value": "text", "mbox_sha1": "text", "mbox_sha1_written": "text", "primary": "bool"},
)
UNIT = Table(
    "connectors_organization_unit_version",
    ("unit_id",),
    {"kind": "text", "code": "text", "name": "text", "parent_id": "int8"},
)
UNIT_PATH = Table("connectors_unit_path", ("unit_id",), {"path": "int8[]"})
JOB = Table(
    "connectors_job_version",
    ("job_id",),
    {"title": "text", "family": "text", "regulatory_classes": "text[]"},
)
LOCATION = Table(
    "connectors_location_version",
    ("location_id",),
    {"name": "text", "country": "text", "region": "text", "city": "text"},
)
RELATIONSHIP = Table(
    "connectors_work_relationship_version",
    ("relationship_id",),
    {
        "worker_type": "text",
        "hire_kind": "text",
        "hire_date": "date",
        "original_hire_date": "date",
        "end_reason": "text",
        "legal_employer": "text",
        "sponsor_id": "int8",
    },
)
ASSIGNMENT = Table(
    "connectors_work_assignment_version",
    ("assignment_id", "relationship_id", "person_id"),
    {
        "worker_type": "text",
        "status": "text",
        "primary": "bool",
        "title": "text",
        "job_id": "int8",
        "unit_id": "int8",
        "location_id": "int8",
        "manager_id": "int8",
        "position": "text",
        "full_time_equivalent": "numeric",
        "regulatory_classes": "text[]",
    },
)


@dataclass(slots=True)
class Knowledge:
    """The timelines of some subjects of one table: as known before, and as they are known now."""

    table: Table
    before: dict[Subject, Timeline[Value]] = field(default_factory=dict)
    now: dict[Subject, Timeline[Value]] = field(default_factory=dict)
    #: Row of each period known before.
    rows: dict[tuple[Subject, Period[Value]], int] = field(default_factory=dict)
    latest: datetime = BEGINNING
    #: What `now` held before the record at hand, so that a refused one leaves nothing behind.
    _undo: dict[Subject, Timeline[Value] | None] = field(default_factory=dict)
    #: Subjects by the value of a column, for the columns that were asked for.
    _about: dict[int, dict[Any, dict[Subject, None]]] = field(default_factory=dict)

    def of(self, subject: Subject) -> Timeline[Value]:
        """Return the timeline of a subject; empty where nothing is known."""
        return self.now.get(subject, ())

    def set(self, subject: Subject, timeline: Timeline[Value]) -> None:
        """Replace the timeline of a subject."""
        self._undo.setdefault(subject, self.now.get(subject))
        self.now[subject] = timeline
        for column, index in self._about.items():
            index.setdefault(subject[column], {})[subject] = None

    def keep(self) -> None:
        """Accept what was set."""
        self._undo.clear()

    def undo(self) -> None:
        """Take back what was set since the last `keep`."""
        for subject, timeline in self._undo.items():
            if timeline is None:
                del self.now[subject]
            else:
                self.now[subject] = timeline
        self._undo.clear()

    def about(self, column: int, value: int) -> list[Subject]:
        """Return the subjects whose `column` is `value`, of which anything is or was known."""
        index = self._about.get(column)
        if index is None:
            index = self._about[column] = {}
            for subject in self.now:
                index.setdefault(subject[column], {})[subject] = None
        return [each for each in index.get(value, {}) if each in self.now]


def load(table: Table, column: str, ids: Iterable[int], *, system_id: int | None = None) -> Knowledge:
    """Read what is known now of the subjects whose `column` is one of `ids`."""
    knowledge = Knowledge(table)
    wanted = list(set(ids))
    if not wanted:
        return knowledge
    names = [*table.subject, *table.value]
    query = sql.SQL(
        "SELECT id, lower(valid), upper(valid), lower(recorded), {names} FROM {table}"
        " WHERE {column} = ANY (%b) AND upper_inf(recorded) {system}"
    ).format(
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        table=sql.Identifier(table.name),
        column=sql.Identifier(column),
        system=sql.SQL("") if system_id is None else sql.SQL("AND system_id = {}").format(system_id),
    )
    width = len(table.subject)
    found: dict[Subject, list[Period[Value]]] = {}
    with database.binary_cursor() as cursor:
        cursor.execute(query, (wanted,))
        for row_id, start, end, recorded, *columns in cursor:
            subject = tuple(columns[:width])
            value = tuple(tuple(each) if isinstance(each, list) else each for each in columns[width:])
            period = Period(start or BEGINNING, end or FOREVER, value)
            found.setdefault(subject, []).append(period)
            knowledge.rows[subject, period] = row_id
            knowledge.latest = max(knowledge.latest, recorded)
    for subject, periods in found.items():
        timeline = tuple(sorted(periods, key=lambda each: each.start))
        knowledge.before[subject] = knowledge.now[subject] = timeline
    return knowledge


def recording_time(shelves: Sequence[Knowledge]) -> datetime:
    """Return now by the database's clock, and later than anything recorded on `shelves`."""
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("the database has no clock")
    latest = max((each.latest for each in shelves), default=BEGINNING)
    moment: datetime = row[0]
    return max(moment, latest + timedelta(microseconds=1))


def store(
    knowledge: Knowledge, recorded: datetime, *, system_id: int | None, run_id: int | None
) -> list[Subject]:
    """Write the difference between what was known and what is; return the subjects that changed."""
    closed: list[int] = []
    opened: list[tuple[Subject, Period[Value]]] = []
    changed: list[Subject] = []
    for subject, now in knowledge.now.items():
        before = knowledge.before.get(subject, ())
        if now == before:
            continue
        gone, new = difference(before, now)
        closed += [knowledge.rows[subject, period] for period in gone]
        opened += [(subject, period) for period in new]
        changed.append(subject)
    _close(knowledge.table, closed, recorded)
    _open(knowledge.table, opened, recorded, system_id=system_id, run_id=run_id)
    return changed


def _close(table: Table, rows: list[int], recorded: datetime) -> None:
    if not rows:
        return
    with database.binary_cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "UPDATE {} SET recorded = tstzrange(lower(recorded), %s)"
                " WHERE id = ANY (%b) AND upper_inf(recorded)"
            ).format(sql.Identifier(table.name)),
            (recorded, rows),
        )
        if cursor.rowcount != len(rows):
            raise RuntimeError(f"{table.name}: another writer closed a row first")


def _open(
    table: Table,
    opened: list[tuple[Subject, Period[Value]]],
    recorded: datetime,
    *,
    system_id: int | None,
    run_id: int | None,
) -> None:
    if not opened:
        return
    with_system = "system_id" not in table.subject
    names = [
        *table.subject,
        *table.value,
        "valid",
        "recorded",
        "run_id",
        *(["system_id"] if with_system else []),
    ]
    types = [
        *("text" if each in {"type", "issuer", "normal"} else "int8" for each in table.subject),
        *table.value.values(),
        "tstzrange",
        "tstzrange",
        "int8",
        *(["int8"] if with_system else []),
    ]
    since = TimestamptzRange(recorded, None)
    tail = (since, run_id, system_id) if with_system else (since, run_id)
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with database.binary_cursor() as cursor, cursor.copy(command) as copy:
        copy.set_types(types)
        for subject, period in opened:
            value = [list(each) if isinstance(each, tuple) else each for each in period.value]
            copy.write_row((*subject, *value, _range(period), *tail))


def _range(period: Period[Value]) -> TimestamptzRange:
    return TimestamptzRange(
        None if period.start <= BEGINNING else period.start, None if period.end >= FOREVER else period.end
    )
