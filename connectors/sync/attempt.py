"""One process's go at a run: from where the last one stopped to the end.

In: a run this process has taken up. Out: everything read and applied, absent workers ended, the run succeeded
and the watermark moved. Raises what went wrong; what that means for the run is `connectors.sync.run`'s.

Steps, each of which a crash may follow: pages (connectors.sync.page) → read completely → who is absent is
ended, batch by batch → succeeded, together with the watermark → the adapter puts its files away, which it
finds out about again in the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from connectors import drift
from connectors.adapters import Adapter, Page, RawRecord, Reading, adapters
from connectors.drift.shape import HEAD
from connectors.errors import ConnectorError, Incomplete
from connectors.mapping import lifecycle
from connectors.models import RunMode, RunState, SeenRecord, SyncRun, System
from connectors.sync import absence, circuit, difference, exceptions
from connectors.sync.absence import Asks
from connectors.sync.exceptions import Refusal
from connectors.sync.page import Taker, owned, still_ours
from connectors.workforce.record import Outcome

logger = structlog.get_logger(__name__)


def adapter_of(system: System) -> Adapter:
    """Return the adapter of a system; raise where it is not there any more."""
    found = adapters().get(system.adapter)
    if found is None:
        raise ConnectorError(
            f"There is no adapter {system.adapter!r}.", suggestion="Choose another for the connection."
        )
    return found


def reading_of(run: SyncRun, system: System, adapter: Adapter) -> Reading:
    """Return what a run asks of its adapter."""
    return Reading(
        settings=system.settings,
        secrets=_secrets(system) if adapter.secrets else {},
        as_of=run.as_of,
        full=run.mode != RunMode.CHANGES,
        watermark=system.watermark,
        checkpoint=run.checkpoint,
    )


def _secrets(system: System) -> dict[str, str]:
    from connectors import vault

    found: dict[str, str] = vault.secrets_of(system)
    return found


class Attempt:
    """A go at a run; `run.attempts` is its number, which nobody else has."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self.system = System.objects.get(pk=run.system_id)
        self.adapter = adapter_of(self.system)
        if run.mapping is None:
            raise ConnectorError("The run has no mapping.", suggestion="Put a mapping to use.")
        self.mapping = lifecycle.mapping_of(run.mapping)
        self.reading = reading_of(run, self.system, self.adapter)
        self._dry = run.mode == RunMode.DRY

    def go(self) -> None:
        """Bring the run to its end, or raise why not."""
        if not self.run.read_completely:
            self._read()
        if self._absence_counts():
            self._absent()
        self._succeed()
        if not self._dry:
            self.finish(succeeded=True)

    def finish(self, *, succeeded: bool) -> None:
        """Have the adapter clear up. An error of it changes nothing about the run."""
        if self.adapter.finish is None or self._dry:
            return
        try:
            self.adapter.finish(self.reading, self._checkpoint(), succeeded)
        except Exception as error:  # noqa: BLE001  whatever an adapter's library raises
            logger.warning("sync_not_cleared_up", run=self.run.pk, reason=type(error).__name__)

    def _checkpoint(self) -> dict[str, Any]:
        found: dict[str, Any] = SyncRun.objects.values_list("checkpoint", flat=True).get(pk=self.run.pk)
        return found

    def _read(self) -> None:
        watch = drift.Watch(self.system, self.mapping, self.run)
        taker = Taker(self.run, self.system, self.mapping)
        pages = self.adapter.read(self.reading)
        try:
            for page in ahead(self._reached(pages), lambda records: watch.see(_to_keep(records))):
                taker.take(page, watch.held())
        finally:
            # A generator lets go of files and connections when it is closed.
            if isinstance(pages, Generator):
                pages.close()
        circuit.reached(self.system.pk)
        self._refresh()
        if self.run.expected is not None and self.run.records < self.run.expected:
            raise Incomplete(
                f"The source announced {self.run.expected:,} records and gave {self.run.records:,}. "
                "What came was applied; nobody was ended.",
                suggestion="Run it again; if it happens again, look at the extract.",
            )
        found = watch.finish(self.run)
        if self._dry:
            self.run.report["drift"] = [str(each) for each in found]
        still_ours(owned(self.run).update(read_completely=True, heartbeat=Now(), report=self.run.report))

    def _reached(self, pages: Iterable[Page]) -> Iterator[Page]:
        first = True
        for page in pages:
            if first:
                circuit.reached(self.system.pk)
                first = False
            yield page

    def _absence_counts(self) -> bool:
        """Whether who was not seen has left."""
        self._refresh()
        return self._whole() and self.adapter.absence_means_left

    def _whole(self) -> bool:
        """Whether everything there is was read."""
        # An adapter may find, asked for everything, something that is less.
        return self.run.mode != RunMode.CHANGES and self.run.checkpoint.get("absence", True) is not False

    def _refresh(self) -> None:
        """Read the run again; but never the number of the attempt, by which it is told who owns it."""
        self.run.refresh_from_db(
            fields=["records", "expected", "ended_count", "report", "checkpoint", "read_completely"]
        )

    def _absent(self) -> None:
        run = self.run
        missing = absence.absent_workers(run)
        why = self._why_ask(missing)
        if self._dry:
            difference.absent(run.report, missing, absence.some_absent(run, 20))
            run.report["would ask"] = why
            still_ours(owned(run).update(report=run.report))
            return
        if why and run.approved is None:
            raise Asks(why)
        absence.end_absent(run, self.system, self._took)

    def _why_ask(self, missing: int) -> str:
        """Return why ending the absent needs approval; nothing where it does not."""
        if not missing:
            return ""
        run = self.run
        open_before = absence.open_workers(self.system) + (0 if self._dry else run.ended_count)
        if not SeenRecord.objects.filter(run=run).exists():
            if run.records:
                return (
                    f"Of none of {run.records:,} records it could be told whose it is, and {missing:,} "
                    "workers would end. Nobody was ended."
                )
            return f"The extract is empty, and {missing:,} workers would end. Nobody was ended."
        if absence.too_many(self.system, missing + run.ended_count, open_before):
            share = (missing + run.ended_count) / max(1, open_before)
            return (
                f"{missing:,} workers are not in the extract any more. With {run.ended_count:,} the source "
                f"told of, that is {share:.1%} of {open_before:,}; more than "
                f"{self.system.end_share_most:.1%} need approval. Nobody was ended for absence."
            )
        unread = run.report.get("unread", 0)
        if run.report.get("keys differ"):
            unread += run.report.get("unread with key", 0)
        if unread:
            return (
                f"{missing:,} workers are not in the extract any more, but of {unread:,} refused records it "
                "could not be told whose they are: they may be theirs. Nobody was ended for absence."
            )
        return ""

    def _took(self, outcomes: list[Outcome]) -> None:
        """Count workers that were ended, in the transaction that did it."""
        ended = sum(each.what == "ended" for each in outcomes)
        still_ours(owned(self.run).update(ended_count=F("ended_count") + ended, heartbeat=Now(), failures=0))
        exceptions.keep(
            self.system,
            self.run,
            [
                Refusal(RawRecord("ended", each.key, {"key": each.key}), each.key, each.refused)
                for each in outcomes
                if each.refused is not None
            ],
        )

    def _succeed(self) -> None:
        run = self.run
        with transaction.atomic():
            still_ours(
                owned(run).update(
                    state=RunState.SUCCEEDED, ended=Now(), heartbeat=Now(), failures=0, message=""
                )
            )
            SeenRecord.objects.filter(run=run).delete()
            if self._dry:
                return
            System.objects.filter(pk=self.system.pk).update(
                watermark=dict(self.adapter.watermark(self.reading, run.checkpoint))
            )
            if self._whole():
                exceptions.resolve_unmet(run)
            supersede(run)


def supersede(run: SyncRun) -> None:
    """Cancel earlier runs that wait for approval: what they ask is answered, or asked again, by this one."""
    earlier = SyncRun.objects.filter(system_id=run.system_id, state=RunState.ASKING, pk__lt=run.pk)
    if run.mode != RunMode.FULL:
        earlier = earlier.filter(mode=run.mode)
    for each in earlier:
        cancelled = SyncRun.objects.filter(pk=each.pk, state=RunState.ASKING).update(
            state=RunState.CANCELLED,
            ended=Now(),
            message=f"{each.message} Superseded by run {run.pk}.".strip(),
        )
        if cancelled:
            SeenRecord.objects.filter(run=each).delete()


def _to_keep(records: Sequence[RawRecord]) -> list[RawRecord]:
    """Return records of which the database can keep samples."""
    return [
        each if exceptions.keepable(each.raw) else replace(each, raw=exceptions.clean(each.raw))
        for each in records
    ]


def ahead(pages: Iterable[Page], see: Callable[[Sequence[RawRecord]], None]) -> Iterator[Page]:
    """Give the pages, each only after the first thousand records, or all there are, were shown to `see`."""
    waiting: list[Page] | None = []
    shown = 0
    for page in pages:
        see(page.records)
        if waiting is None:
            yield page
            continue
        waiting.append(page)
        shown += len(page.records)
        if shown >= HEAD:
            yield from waiting
            waiting = None
    yield from waiting or ()
