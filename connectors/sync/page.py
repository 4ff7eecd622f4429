"""One page of a run: mapped, applied, counted, and the place behind it kept; in one transaction.

In: a page of raw records. Out: the workforce record, exceptions, what was seen, the run's counts and its
checkpoint, all or nothing. A process that no longer owns its run (another took it over, somebody cancelled
it) changes nothing: the last statement of the transaction asks whether it still does.

Every raw record is counted once: created, changed, unchanged, ended, refused or outside the pilot. What is
told in passing, as the unit a worker is in, counts with the record that told it, and is taken from the first
that tells it in a run; where the source has records of such things, too, only what these do not tell.

A full run does not map what it remembers (connectors.sync.memory) and finds applied as it was: such a record
is settled. Whatever is not exactly so goes the whole way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from connectors.adapters import Page
from connectors.errors import Refused, Stopped
from connectors.mapping import Mapping as FieldMap
from connectors.models import AppliedRecord, RunMode, RunState, SyncRun, System
from connectors.sync import absence, apply, difference, exceptions, mapped
from connectors.sync.absence import Asks
from connectors.sync.exceptions import Refusal, text
from connectors.sync.mapped import Mapped
from connectors.sync.memory import Memory, Met, Named, named, names_of
from connectors.sync.pilot import Pilot
from connectors.workforce import slices
from connectors.workforce.canonical import Ended, Record, Rescinded, Worker
from connectors.workforce.record import Outcome
from connectors.workforce.slices import Name
from lrs import database

#: What became of a raw record, the most important first.
_RANK = ("ended", "created", "changed", "unchanged")
_SHARED = ("unit", "job", "location")
_PEOPLE = (Worker, Ended, Rescinded)
#: Digest of what a record of its own told in an earlier run: like nothing that is told in passing.
_BEFORE = UUID(int=0)
_HELD = Refused(
    "Somebody new, of whom a field has changed in the source that nobody can be taken without.",
    rule="drift.held",
    suggestion="Repair the mapping or accept the change, then replay the record.",
)


def owned(run: SyncRun) -> Any:
    """Return the run as a query that finds nothing once another process, or nobody, has it."""
    return SyncRun.objects.filter(pk=run.pk, state=RunState.RUNNING, attempts=run.attempts)


def still_ours(changed: int) -> None:
    """Raise Stopped where an update of an owned run changed nothing."""
    if not changed:
        raise Stopped("Somebody cancelled the run, or another process took it over.")


class Taker:
    """Takes the pages of one attempt at a run."""

    def __init__(self, run: SyncRun, system: System, mapping: FieldMap) -> None:
        self._run = run
        self._system = system
        self._mapping = mapping
        self._dry = run.mode == RunMode.DRY
        self._keeps_seen = run.mode in (RunMode.FULL, RunMode.DRY)
        self._pilot = Pilot(system, run.pilot, run.as_of)
        self._ended = run.ended_count
        # Asked for only where it may matter: counting takes its time, and a live run takes single records.
        self._open_before = 0 if run.approved is not None else absence.open_workers(system) + run.ended_count
        #: Digests of the units, jobs and locations told so far.
        self._told: dict[Name, UUID] = {}
        #: Those of which the source has records of their own.
        self._own = frozenset(kind for kind in _SHARED if kind in mapping.kinds)
        self._report: dict[str, Any] = dict(run.report)
        # A filter and a dry run look into the records; a live run takes single ones.
        remembers = run.mode == RunMode.FULL and self._pilot.everybody
        self._memory = Memory(system, mapping, run.as_of) if remembers else None

    def take(self, page: Page, held: frozenset[str]) -> None:
        """Take one page. Raises Asks before it ends too many, Stopped where the run is no longer ours."""
        met = self._met(page, held)
        made = [
            mapped.of(raw, self._mapping, held) if known.names is None else Mapped(raw, names=known.names)
            for raw, known in zip(page.records, met, strict=True)
        ]
        self._refuse_unknown(made)
        outside = self._pilot.outside(record for each in made for record in each.records)
        told = self._known_in_passing(made)
        differing = self._differing(made, told)
        groups = []
        for place, each in enumerate(made):
            if each.names is not None and not self._settled(each, told, differing):
                made[place] = mapped.of(each.raw, self._mapping, held)
            groups.append(self._to_apply(made[place], outside, told))
        self._bring_back(made, groups, held, outside, told)
        if held:
            self._report["held"] = sorted({*self._report.get("held", ()), *held})
        with transaction.atomic():
            outcomes = self._apply(groups, self._told.keys() | told.keys())
            refusals = _refusals(made, groups, outcomes)
            verdicts = Counter(
                _verdict(each, found, outside) for each, found in zip(made, outcomes, strict=True)
            )
            self._ask_before(verdicts["ended"])
            if self._dry:
                self._tell(groups, outcomes, refusals)
            else:
                refused = {(each.raw.kind, each.key) for each in refusals}
                exceptions.keep(self._system, self._run, refusals)
                exceptions.resolve(self._system, {(each.raw.kind, _key(each)) for each in made} - refused)
            if self._keeps_seen:
                self._see(made)
            if self._memory is not None:
                self._memory.keep(
                    (each.raw, known.fingerprint, [named(record) for record in each.records])
                    for each, known in zip(made, met, strict=True)
                    if known.fingerprint and known.names is None and each.refused is None and not each.left
                )
            self._advance(page, verdicts)
        # A crash before the commit leaves nothing of the page; after it, the next attempt goes on behind it.
        self._told |= told
        self._ended += verdicts["ended"]

    def _met(self, page: Page, held: frozenset[str]) -> list[Met]:
        if self._memory is None:
            return [Met()] * len(page.records)
        return self._memory.meet(page.records, held)

    def _refuse_unknown(self, made: list[Mapped]) -> None:
        """Refuse records that leave somebody as known who is not known: they come when nothing is held."""
        left = {key for each in made for key in each.left}
        if not left:
            return
        known = set(
            AppliedRecord.objects.filter(system=self._system, kind="worker", key__in=left).values_list(
                "key", flat=True
            )
        )
        for place, each in enumerate(made):
            if each.refused is None and any(key not in known for key in each.left):
                made[place] = replace(each, refused=_HELD)

    def _differing(self, made: Sequence[Mapped], told: Mapping[Name, UUID]) -> set[Named]:
        """Return what is remembered and not known as it was remembered."""
        if self._memory is None:
            return set()
        asked = {
            pair
            for each in made
            for pair in each.names or ()
            if pair[0] not in self._told and pair[0] not in told
        }
        return self._memory.differing(asked)

    def _settled(self, made: Mapped, told: dict[Name, UUID], differing: set[Named]) -> bool:
        """Whether applying what a record is remembered to have become would change nothing; then what it
        tells in passing counts as told."""
        new: dict[Name, UUID] = {}
        for name, digest in made.names or ():
            before = self._told.get(name) or told.get(name) or new.get(name)
            if before is None:
                if (name, digest) in differing:
                    return False
                if name[0] in _SHARED:
                    new[name] = digest
            elif before != digest and made.raw.kind == name[0]:
                return False
        told |= new
        return True

    def _bring_back(
        self,
        made: list[Mapped],
        groups: list[list[Record]],
        held: frozenset[str],
        outside: set[str],
        told: dict[Name, UUID],
    ) -> None:
        """Apply settled records, too, where another record of the page tells of the same worker."""
        again = {record.key for group in groups for record in group if isinstance(record, _PEOPLE)}
        for place, each in enumerate(made):
            if any(kind == "worker" and key in again for (kind, key), _ in each.names or ()):
                made[place] = mapped.of(each.raw, self._mapping, held)
                groups[place] = self._to_apply(made[place], outside, told)

    def _to_apply(self, made: Mapped, outside: set[str], told: dict[Name, UUID]) -> list[Record]:
        """Return the records to apply: without workers left out and without what was told before."""
        found: list[Record] = []
        for record in made.records:
            if isinstance(record, _PEOPLE):
                if record.key not in outside:
                    found.append(record)
                continue
            name, digest = named(record)
            before = self._told.get(name) or told.get(name)
            if before is None or (before != digest and made.raw.kind == name[0]):
                told[name] = digest
                if made.raw.kind == name[0]:
                    # Also of a slice: what names the thing in passing names no day.
                    told.setdefault((name[0], record.key), digest)
                found.append(record)
        return found

    def _known_in_passing(self, made: Sequence[Mapped]) -> dict[Name, UUID]:
        """Return what is only named in passing and was told by a record of its own before, in whichever run:
        the name of a unit beside a worker must not undo the parent that the unit's own record tells."""
        asked = {
            name
            for each in made
            for name in names_of(each)
            if name[0] in self._own and name[0] != each.raw.kind and name not in self._told
        }
        if not asked:
            return {}
        with database.binary_cursor() as cursor:
            cursor.execute(
                """
                SELECT a.kind, a.key FROM connectors_applied_record a
                JOIN unnest(%b::text[], %b::text[]) AS u (kind, key)
                  ON a.system_id = %s AND a.kind = u.kind AND a.key = u.key
                """,
                ([name[0] for name in asked], [name[1] for name in asked], self._system.pk),
            )
            known = {(kind, key) for kind, key in cursor}
        known |= slices.told_in_slices(self._system, [name for name in asked if name not in known])
        return dict.fromkeys(known, _BEFORE)

    def _apply(self, groups: Sequence[Sequence[Record]], told: Collection[Name]) -> list[list[Outcome]]:
        if not self._dry:
            return apply.apply(self._system, groups, as_of=self._run.as_of, run=self._run, told=told)
        with transaction.atomic():
            outcomes = apply.apply(self._system, groups, as_of=self._run.as_of, run=None, told=told)
            transaction.set_rollback(True)
        return outcomes

    def _ask_before(self, ended: int) -> None:
        if not ended or self._dry or self._run.approved is not None:
            return
        would = self._ended + ended
        if absence.too_many(self._system, would, self._open_before):
            raise Asks(
                f"The source says of {would:,} or more of {self._open_before:,} workers that they left; "
                f"more than {self._system.end_share_most:.1%} need approval. The rest of the run waits, and "
                "the page that goes beyond is not applied."
            )

    def _tell(
        self,
        groups: Sequence[Sequence[Record]],
        outcomes: Sequence[Sequence[Outcome]],
        refusals: Iterable[Refusal],
    ) -> None:
        pairs = [
            pair
            for group, found in zip(groups, outcomes, strict=True)
            for pair in zip(group, found, strict=True)
        ]
        difference.add(self._report, self._system, pairs)
        for each in refusals:
            difference.refused(self._report, each.why.rule, each.why.field, each.raw.kind, each.key)

    def _see(self, made: Sequence[Mapped]) -> None:
        """Note whom the page had, also who was refused, left out or left as known: none of them is absent."""
        keys: set[str] = set()
        for each in made:
            people = [*each.left, *(key for kind, key in names_of(each) if kind == "worker")]
            keys.update(people)
            if each.raw.kind in _SHARED:
                continue
            if people and each.raw.key and people[0] != each.raw.key:
                self._report["keys differ"] = True
            if not people and each.refused is not None:
                unread = "unread with key" if each.raw.key else "unread"
                self._report[unread] = self._report.get(unread, 0) + 1
                keys.add(each.raw.key)
        with database.binary_cursor() as cursor:
            cursor.execute(
                "INSERT INTO connectors_seen_record (run_id, kind, key)"
                " SELECT %s, 'worker', k FROM unnest(%b::text[]) AS u (k) ON CONFLICT DO NOTHING",
                (self._run.pk, sorted({text(key, 200) for key in keys if key})),
            )

    def _advance(self, page: Page, verdicts: Mapping[str, int]) -> None:
        counts: dict[str, Any] = {
            f"{what}_count": F(f"{what}_count") + verdicts[what]
            for what in (*_RANK, "refused", "outside")
            if verdicts[what]
        }
        if page.total is not None:
            counts["expected"] = page.total
        still_ours(
            owned(self._run).update(
                records=F("records") + len(page.records),
                checkpoint=dict(page.checkpoint),
                report=self._report,
                heartbeat=Now(),
                failures=0,
                **counts,
            )
        )


def _refusals(
    made: Sequence[Mapped], groups: Sequence[Sequence[Record]], outcomes: Sequence[Sequence[Outcome]]
) -> list[Refusal]:
    found = []
    for each, group, became in zip(made, groups, outcomes, strict=True):
        if each.refused is not None:
            found.append(Refusal(each.raw, _key(each), each.refused))
        for _, outcome in zip(group, became, strict=True):
            if outcome.refused is not None:
                found.append(Refusal(each.raw, _key(each), outcome.refused))
    return found


def _verdict(made: Mapped, outcomes: Sequence[Outcome], outside: set[str]) -> str:
    """Return what became of a raw record."""
    if made.refused is not None or any(each.what == "refused" for each in outcomes):
        return "refused"
    if any(isinstance(each, Worker) and each.key in outside for each in made.records):
        return "outside"
    main = made.raw.kind if made.raw.kind in _SHARED else "worker"
    became = {each.what for each in outcomes if each.kind == main} or {each.what for each in outcomes}
    return next((what for what in _RANK if what in became), "unchanged")


def _key(made: Mapped) -> str:
    """Return the key a raw record is known by among the exceptions."""
    return made.raw.key or next((each.key for each in made.records if isinstance(each, _PEOPLE)), "")
