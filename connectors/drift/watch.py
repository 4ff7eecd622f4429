"""The watch over one run: it sees every raw record, says what to hold, and keeps what it found.

    watch = Watch(system, mapping, run)
    watch.see(records)            as they are read, before they are mapped
    held = watch.held()           for Mapping.apply; once the first thousand were seen it does not change
    watch.finish(run)             after everything was read; returns the findings that are open

Findings are kept as soon as something is held, so that people hear of it while the run goes on. A run that
fails before its end changes nothing of what is usual. A dry run keeps nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from connectors.adapters import RawRecord
from connectors.drift import compare, findings
from connectors.drift.baseline import baseline_of, learn
from connectors.drift.compare import Comparing, Difference
from connectors.drift.shape import Profile
from connectors.errors import SourceChanged
from connectors.mapping import Mapping
from connectors.models import DriftFinding, RunMode, SourceShape, SyncRun, System


class Watch:
    """What one run shows of its source."""

    def __init__(self, system: System, mapping: Mapping, run: SyncRun | None = None) -> None:
        self._system = system
        self._mapping = mapping
        self._run = run
        self._full = run is None or run.mode in (RunMode.FULL, RunMode.DRY)
        self._keeps = run is None or run.mode != RunMode.DRY
        #: A run that goes on where it was killed has not seen its beginning.
        self._whole = run is None or not run.checkpoint
        self._profile = Profile()
        self._usual = baseline_of(system)
        self._decided_at = -1
        self._differences: list[Difference] = []

    def see(self, raw_records: Sequence[RawRecord]) -> None:
        """Take records into account."""
        self._profile.see(raw_records)

    def held(self) -> frozenset[str]:
        """Return what is kept as it is known in this run, for `Mapping.apply`.

        Raises SourceChanged where nothing can be taken: the field of the worker's own key, or one by which it
        is told that there is a worker, is not what it was.
        """
        self._decide()
        stops = [each for each in self._differences if each.stops]
        if stops:
            raise SourceChanged(
                f"The key of every record, or whether it is taken at all, depends on “{stops[0].path}”, "
                "which is not what it was. Nothing was taken and nobody was ended.",
                suggestion=f"It is probably “{stops[0].proposal}” now: repair the mapping."
                if stops[0].proposal
                else "Look at the finding and repair the mapping, or accept the change.",
            )
        return frozenset(held for each in self._differences for held in each.holds)

    def finish(self, run: SyncRun) -> list[DriftFinding]:
        """Keep the run's shape, what is different, and, where nothing is, what is usual from now on."""
        now = self._profile.shapes()
        how = Comparing(full=self._full and self._whole)
        found = compare.differences(now, self._usual, self._mapping.reads, how)
        if run.mode == RunMode.DRY:
            return [findings.unsaved(self._system, run, each) for each in found]
        with transaction.atomic():
            SourceShape.objects.update_or_create(
                run=run,
                defaults={
                    "system": self._system,
                    "records": self._profile.records,
                    "kinds": now,
                    "at": timezone.now(),
                },
            )
            opened = findings.keep(self._system, run, found)
            if self._profile.records:
                findings.settle(self._system, found, now, self._mapping)
            if how.full:
                learn(self._system, now, self._profile.samples(), drifting=findings.drifting(self._system))
        return opened

    def _decide(self) -> None:
        records = self._profile.records
        if records == self._decided_at or (self._profile.head_complete and self._decided_at >= 0):
            return
        self._decided_at = records
        how = Comparing(full=self._full, head=self._whole)
        found = compare.differences(self._profile.shapes(), self._usual, self._mapping.reads, how)
        self._differences = [each for each in found if each.holds or each.stops]
        if self._differences and self._keeps:
            findings.keep(self._system, self._run, self._differences)
