"""The only writer of the workforce record.

    apply(system, records, as_of=…) → an Outcome for each record

A batch is one transaction: subjects are found or made, what is known of them is read once, each record
changes it in memory, and the difference is written in bulk with what follows from it (paths, changes, what
was applied). A record applied before costs one comparison. A refused one leaves nothing behind but its
Outcome.

Of a unit, job or location another system has the say over (connectors.workforce.ownership), what is told is
remembered and changes nothing.

Batches of one store wait for each other (an advisory lock), so that a live change and a run never know
different things at once. The recording time is taken inside the lock: it never goes back for any subject.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from psycopg.types.range import TimestamptzRange

from connectors.errors import Refused
from connectors.models import ChangeSubject, SyncRun, System
from connectors.workforce import canonical, keys, ownership, slices, tables, timeline, tree, worker
from connectors.workforce.canonical import Ended, Job, Location, Record, Rescinded, Unit, Worker
from connectors.workforce.days import Days
from connectors.workforce.slices import Name, applied_key, name_of
from connectors.workforce.tables import Knowledge, Subject, Value
from connectors.workforce.timeline import BEGINNING, FOREVER, Period
from connectors.workforce.worker import Keys, Known, Telling
from lrs import database

#: First half of the key of the advisory lock; the second is the store.
_LOCK = 0x574F524B
#: The least by which two moments differ in the database.
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record."""

    kind: str
    key: str
    #: created, changed, unchanged, ended or refused.
    what: str
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class _Applied:
    digest: UUID
    absent: datetime | None
    open: bool


def apply(
    system: System,
    records: Sequence[Record],
    *,
    as_of: datetime,
    run: SyncRun | None = None,
    told: Collection[Name] = (),
) -> list[Outcome]:
    """Make the workforce record say what `records` say; return what became of each, in their order.

    `as_of` is the moment the source was read: what a record says without a day is so from then on. `told`
    names what the same reading told besides, so that none of it is taken for called off. Errors of the
    database are raised, and nothing of the batch is there then.
    """
    with transaction.atomic():
        with database.binary_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, system.store_id))
            # While a first run fills them the planner takes the tables for small, and reads them whole.
            cursor.execute("SET LOCAL enable_seqscan = off")
        outcomes = _Batch(system, as_of, run, told).apply(records)
        with database.binary_cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = on")
    return outcomes


class _Batch:
    """One batch on its way from records to rows."""

    def __init__(self, system: System, as_of: datetime, run: SyncRun | None, told: Collection[Name]) -> None:
        self.system = system
        self.as_of = as_of
        self.run = run
        self.told = told
        self.days = Days(ZoneInfo(system.time_zone))
        #: Units, jobs and locations of which a record without a day said something else than was known.
        self.denied: set[Name] = set()
        #: Records of this system's own things that are so as another system told.
        self.overwritten: set[Name] = set()

    def apply(self, records: Sequence[Record]) -> list[Outcome]:
        digests = [canonical.digest(each) for each in records]
        applied = self._applied(records)
        things = ownership.things_of(records)
        elsewhere = ownership.elsewhere(self.system, things)
        fresh = self._fresh(records, digests, applied, things - elsewhere)
        outcomes = [Outcome(canonical.kind_of(each), each.key, "unchanged") for each in records]
        if not fresh:
            return outcomes
        said_here = [p for p in fresh if ownership.thing_of(records[p]) not in elsewhere]
        at_hand = [records[position] for position in said_here]
        self._open(at_hand)
        # What another system overwrote stands again as what was called off does.
        self.called_off = {name for name, before in applied.items() if before.absent is not None}
        self.called_off |= self.overwritten
        self.next_days = slices.next_days(self.system, at_hand, self.called_off)
        said = {position: self._tell(records[position]) for position in said_here}
        changed = self._write()
        for position in said_here:
            record = records[position]
            before = applied.get(name_of(record))
            outcomes[position] = self._outcome(record, said[position], before, changed)
        taken = [(records[p], digests[p]) for p in fresh if outcomes[p].what != "refused"]
        self._forget_denied([record for record, _ in taken])
        self._remember(taken)
        # What an earlier page of the same run called off is told beside it: from now on it stands.
        both = {name for name, before in applied.items() if before.absent == self.as_of}
        slices.stand(self.system, [record for record, _ in taken if name_of(record) in both], self.recorded)
        slices.call_off(self.system, self.denied, self.as_of, {*self.told, *map(name_of, records)})
        return outcomes

    def _fresh(
        self,
        records: Sequence[Record],
        digests: Sequence[UUID],
        applied: Mapping[Name, _Applied],
        own: Collection[Name],
    ) -> list[int]:
        """Return the positions of the records that may say something else than is known.

        `own`: the things among them that this system has the say over.
        """
        new = [
            self._is_new(applied.get(name_of(record)), digest, record)
            for record, digest in zip(records, digests, strict=True)
        ]
        known = [record for record, is_new in zip(records, new, strict=True) if not is_new]
        told = {*self.told, *map(name_of, records)}
        due = self._overtaken(known) | slices.overtaken(self.system, known, self.as_of, told)
        self.overwritten = ownership.overwritten(self.system, self.as_of, own)
        due |= self.overwritten
        fresh: list[int] = []
        # What was applied last under a name counts no more once another record of that name is applied.
        last: dict[Name, UUID] = {}
        for position, (record, digest) in enumerate(zip(records, digests, strict=True)):
            name = name_of(record)
            if new[position] or name in due or last.get(name, digest) != digest:
                fresh.append(position)
                last[name] = digest
        return fresh

    def _is_new(self, before: _Applied | None, digest: UUID, record: Record) -> bool:
        return (
            before is None
            or before.digest != digest
            or (before.absent is not None and not isinstance(record, Ended))
        )

    def _applied(self, records: Sequence[Record]) -> dict[tuple[str, str], _Applied]:
        with database.binary_cursor() as cursor:
            cursor.execute(
                """
                SELECT a.kind, a.key, a.digest, a.absent, a.open
                FROM connectors_applied_record a JOIN unnest(%b::text[], %b::text[]) AS u (kind, key)
                  ON a.system_id = %s AND a.kind = u.kind AND a.key = u.key
                """,
                (
                    [canonical.kind_of(each) for each in records],
                    [applied_key(each) for each in records],
                    self.system.pk,
                ),
            )
            return {(row[0], row[1]): _Applied(row[2], row[3], row[4]) for row in cursor}

    def _overtaken(self, records: Sequence[Record]) -> set[tuple[str, str]]:
        """Return which records, told before, something has come into effect against since.

        A source that still says what it said, on the day for which another record had planned a move, says
        that the move did not happen. One that tells the whole history says so anyhow.
        """
        since = canonical.History.SINCE
        workers = [each for each in records if isinstance(each, Worker) and each.history is since]
        if not workers:
            return set()
        with database.binary_cursor() as cursor:
            cursor.execute(
                """
                SELECT a.kind, a.key FROM unnest(%b::text[]) AS u (key)
                JOIN connectors_applied_record a ON a.system_id = %s AND a.kind = 'worker' AND a.key = u.key
                JOIN connectors_person_key k ON k.system_id = a.system_id AND k.key = a.key
                WHERE EXISTS (
                    SELECT FROM connectors_work_assignment_version v
                    WHERE v.person_id = k.person_id AND v.system_id = a.system_id
                      AND upper_inf(v.recorded) IS TRUE AND lower(v.valid) > a.as_of AND lower(v.valid) <= %s)
                """,
                ([each.key for each in workers], self.system.pk, self.as_of),
            )
            return {(row[0], row[1]) for row in cursor}

    def _open(self, records: Sequence[Record]) -> None:
        """Find or make the subjects of the records and read what is known of them."""
        self.keys: Keys = keys.resolve(self.system, records)
        people = [
            self.keys.people[each.key] for each in records if isinstance(each, (Worker, Ended, Rescinded))
        ]
        relationships = [
            each for (person, _), each in self.keys.relationships.items() if person in set(people)
        ]
        self.known = Known(
            names=tables.load(tables.PERSON, "person_id", people, system_id=self.system.pk),
            identifiers=tables.load(tables.IDENTIFIER, "person_id", people, system_id=self.system.pk),
            relationships=tables.load(tables.RELATIONSHIP, "relationship_id", relationships),
            assignments=tables.load(tables.ASSIGNMENT, "relationship_id", relationships),
        )
        self.units = tables.load(tables.UNIT, "unit_id", _named(records, Unit, self.keys.units))
        self.jobs = tables.load(tables.JOB, "job_id", _named(records, Job, self.keys.jobs))
        self.locations = tables.load(
            tables.LOCATION, "location_id", _named(records, Location, self.keys.locations)
        )

    def _shelves(self) -> list[Knowledge]:
        known = self.known
        return [
            known.names, known.identifiers, known.relationships, known.assignments,
            self.units, self.jobs, self.locations,
        ]  # fmt: skip

    def _tell(self, record: Record) -> Refused | None:
        """Change what is known by one record, or not at all; return why not."""
        try:
            self._tellers()[type(record)](record)
        except Refused as refused:
            for shelf in self._shelves():
                shelf.undo()
            return refused
        for shelf in self._shelves():
            shelf.keep()
        return None

    def _tellers(self) -> dict[type, Callable[[Any], None]]:
        return {
            Worker: self._tell_worker,
            Ended: lambda record: worker.end(record, self._telling(record.key), self.known),
            Rescinded: lambda record: worker.rescind(record, self._telling(record.key), self.known),
            Unit: self._tell_unit,
            Job: lambda record: self._tell_named(
                record, self.jobs, self.keys.jobs, (record.title, record.family, record.regulatory_classes)
            ),
            Location: lambda record: self._tell_named(
                record,
                self.locations,
                self.keys.locations,
                (record.name, record.country, record.region, record.city),
            ),
        }

    def _telling(self, key: str) -> Telling:
        return Telling(self.system.pk, self.keys.people[key], self.keys, self.days, self.as_of)

    def _tell_worker(self, record: Worker) -> None:
        worker.check(record)
        worker.tell(record, self._telling(record.key), self.known)

    def _tell_unit(self, record: Unit) -> None:
        if record.parent == record.key:
            raise Refused(
                f"The unit {record.key!r} is its own parent.", rule="unit.parent", value=record.parent
            )
        parent = self.keys.units[record.parent] if record.parent else None
        self._tell_named(record, self.units, self.keys.units, (record.kind, record.code, record.name, parent))

    def _tell_named(self, record: Unit | Job | Location, shelf: Knowledge, ids: Any, value: Value) -> None:
        subject: Subject = (ids[record.key],)
        now = shelf.of(subject)
        start = self.as_of if now else BEGINNING
        if record.valid_from is not None:
            start = self.days.begins(record.valid_from)
        end = self.days.ends(record.valid_to)
        if record.valid_to is not None:
            # It says itself until when it is so; for ever denies whatever was known to come.
            now = timeline.replaced(
                self._cut(record, now, end), [Period(start, end, value)], start=start, end=end
            )
        elif record.valid_from is not None:
            now = timeline.asserted(now, start, value, told=self._until_when_told(record, start))
        elif timeline.at(now, start) != value:
            if now:
                self.denied.add(name_of(record))
            now = timeline.asserted(now, start, value, told=max(start, self.as_of))
        shelf.set(subject, now)

    def _until_when_told(self, record: Unit | Job | Location, start: datetime) -> datetime:
        """Return until when a slice without an end denies what was known to come: one that was called off and
        is told again until now, but nothing another slice says; any other not at all."""
        if name_of(record) not in self.called_off:
            return start
        following = self.next_days.get(name_of(record))
        behind = self.as_of if following is None else self.days.begins(following) - _MOMENT
        return max(start, min(self.as_of, behind))

    def _cut(
        self, record: Unit | Job | Location, now: timeline.Timeline[Value], end: datetime
    ) -> timeline.Timeline[Value]:
        """Return what is known without what was so before the end of a slice and was to go on behind it."""
        lasting = next((each for each in now if each.start < end < each.end), None)
        if lasting is None:
            return now
        # Two slices that say the same are one period: the next one, told before, goes on.
        following = self.next_days.get(name_of(record))
        until = lasting.end if following is None else min(lasting.end, self.days.begins(following))
        return timeline.without(now, end, max(until, end))

    def _write(self) -> set[tuple[int, int]]:
        """Write what changed; return (subject of change, id) of everything that did."""
        shelves = self._shelves()
        recorded = tables.recording_time(shelves)
        run_id = None if self.run is None else self.run.pk
        changes: list[tuple[int, int, datetime, datetime]] = []
        for shelf in shelves:
            changed = tables.store(shelf, recorded, system_id=self.system.pk, run_id=run_id)
            changes += self._changes(shelf, changed)
        moved = {each[1] for each in changes if each[0] == ChangeSubject.UNIT}
        new = {each for each in self.keys.units.values() if each not in moved}
        if moved or new:
            paths = tree.follow(self.system.store_id, moved | self._without_path(new))
            changed = tables.store(paths, recorded, system_id=None, run_id=run_id)
            changes += self._changes(paths, changed)
        self.recorded = recorded
        self._write_changes(changes, recorded)
        return {(each[0], each[1]) for each in changes}

    def _without_path(self, units: set[int]) -> set[int]:
        with database.binary_cursor() as cursor:
            cursor.execute(
                "SELECT u FROM unnest(%s::bigint[]) AS n (u)"
                " WHERE NOT EXISTS (SELECT FROM connectors_unit_path p WHERE p.unit_id = n.u)",
                (list(units),),
            )
            return {row[0] for row in cursor}

    def _changes(
        self, shelf: Knowledge, changed: Iterable[Subject]
    ) -> list[tuple[int, int, datetime, datetime]]:
        """Return (kind of subject, its id, from, to) for every span another answer is given for."""
        of = {
            tables.PERSON.name: (ChangeSubject.PERSON, 0),
            tables.IDENTIFIER.name: (ChangeSubject.IDENTIFIER, 0),
            tables.ASSIGNMENT.name: (ChangeSubject.PERSON, 2),
            tables.UNIT.name: (ChangeSubject.UNIT, 0),
            tables.UNIT_PATH.name: (ChangeSubject.UNIT, 0),
            tables.JOB.name: (ChangeSubject.JOB, 0),
            tables.LOCATION.name: (ChangeSubject.LOCATION, 0),
        }
        if shelf.table.name == tables.RELATIONSHIP.name:
            owner = {rid: person for (person, _), rid in self.keys.relationships.items()}
            return [
                (int(ChangeSubject.PERSON), owner[subject[0]], *span)
                for subject in changed
                for span in timeline.touched(shelf.before.get(subject, ()), shelf.now[subject])
            ]
        kind, column = of[shelf.table.name]
        return [
            (int(kind), subject[column], *span)
            for subject in changed
            for span in timeline.touched(shelf.before.get(subject, ()), shelf.now[subject])
        ]

    def _write_changes(
        self, changes: Iterable[tuple[int, int, datetime, datetime]], recorded: datetime
    ) -> None:
        rows = sorted(set(changes))
        if not rows:
            return
        with database.binary_cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            row = cursor.fetchone()
            xid = 0 if row is None else row[0]
            with cursor.copy(
                "COPY connectors_workforce_change (store_id, subject, subject_id, touched, recorded, xid)"
                " FROM STDIN (FORMAT BINARY)"
            ) as copy:
                copy.set_types(["int8", "int2", "int8", "tstzrange", "timestamptz", "int8"])
                for kind, subject_id, start, end in rows:
                    touched = TimestamptzRange(
                        None if start <= BEGINNING else start, None if end >= FOREVER else end
                    )
                    copy.write_row((self.system.store_id, kind, subject_id, touched, recorded, xid))

    def _outcome(
        self, record: Record, refused: Refused | None, before: _Applied | None, changed: set[tuple[int, int]]
    ) -> Outcome:
        kind = canonical.kind_of(record)
        if refused is not None:
            return Outcome(kind, record.key, "refused", refused)
        subject = self._subject(record)
        if before is None and not isinstance(record, (Ended, Rescinded)):
            return Outcome(kind, record.key, "created")
        if not changed & subject:
            return Outcome(kind, record.key, "unchanged")
        if kind == "worker" and before is not None and before.open and not self._is_open(record):
            return Outcome(kind, record.key, "ended")
        return Outcome(kind, record.key, "changed")

    def _subject(self, record: Record) -> set[tuple[int, int]]:
        if isinstance(record, Unit):
            return {(int(ChangeSubject.UNIT), self.keys.units[record.key])}
        if isinstance(record, Job):
            return {(int(ChangeSubject.JOB), self.keys.jobs[record.key])}
        if isinstance(record, Location):
            return {(int(ChangeSubject.LOCATION), self.keys.locations[record.key])}
        person = self.keys.people[record.key]
        return {(int(ChangeSubject.PERSON), person), (int(ChangeSubject.IDENTIFIER), person)}

    def _until(self, record: Record) -> datetime | None:
        """Return when the person's last engagement in this system ends; None while one is open-ended."""
        if not isinstance(record, (Worker, Ended, Rescinded)):
            return None
        ends = [
            period.end
            for each in worker.relationships_of(self._telling(record.key), self.known)
            for period in self.known.relationships.of(each)
        ]
        last = max(ends, default=BEGINNING)
        return None if last >= FOREVER else max(last, BEGINNING)

    def _is_open(self, record: Record) -> bool:
        until = self._until(record)
        return until is None or until > self.as_of

    def _forget_denied(self, records: Sequence[Record]) -> None:
        """Forget slices told before that a slice told now denies: told once more, they are new."""
        spans = [
            (canonical.kind_of(each), applied_key(each), f"{each.key}@{each.valid_to.isoformat()}")
            for each in records
            if isinstance(each, (Unit, Job, Location))
            if each.valid_from is not None and each.valid_to is not None
        ]
        if not spans:
            return
        with database.binary_cursor() as cursor:
            # Slices of one thing differ in the day behind their key only: their text is in the order of days.
            cursor.execute(
                """
                DELETE FROM connectors_applied_record a
                USING unnest(%b::text[], %b::text[], %b::text[]) AS u (kind, first, last)
                WHERE a.system_id = %s AND a.kind = u.kind
                  AND a.key COLLATE "C" > u.first AND a.key COLLATE "C" <= u.last
                """,
                (*([each[place] for each in spans] for place in range(3)), self.system.pk),
            )

    def _remember(self, taken: Sequence[tuple[Record, UUID]]) -> None:
        """Keep what was applied; of several records with one key, the last."""
        last = {name_of(record): (record, digest) for record, digest in taken}
        if not last:
            return
        with database.binary_cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO connectors_applied_record
                    (system_id, kind, key, digest, canonical, applied, as_of, absent, open, until)
                SELECT %s, u.kind, u.key, u.digest, u.canonical::jsonb, %s, %s, NULL, u.open, u.until
                FROM unnest(%b::text[], %b::text[], %b::uuid[], %b::text[], %b::boolean[], %b::timestamptz[])
                     AS u (kind, key, digest, canonical, open, until)
                ON CONFLICT (system_id, kind, key) DO UPDATE
                SET digest = excluded.digest, canonical = excluded.canonical, applied = excluded.applied,
                    as_of = excluded.as_of, absent = NULL, open = excluded.open, until = excluded.until
                """,
                (
                    self.system.pk,
                    self.recorded,
                    self.as_of,
                    [kind for kind, _ in last],
                    [key for _, key in last],
                    [digest for _, digest in last.values()],
                    [canonical.to_text(record) for record, _ in last.values()],
                    [self._is_open(record) for record, _ in last.values()],
                    [self._until(record) for record, _ in last.values()],
                ),
            )


def _named(records: Sequence[Record], type_: type, ids: Any) -> list[int]:
    return [ids[each.key] for each in records if isinstance(each, type_)]
