"""A simulated pod of a small company, and the hub's connection to it, at a time the test sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors import vault
from connectors.adapters import Page, RawRecord, Reading, oracle_hcm
from connectors.mapping import lifecycle
from connectors.models import RunMode, SyncRun, System
from connectors.sync import run as runs
from connectors.workforce import as_of
from simulators import oracle_hcm as simulator
from simulators import population as company
from simulators.population import Population
from tests.connectors.people import hris

#: What "now" is in the pod and for the runs, unless a test goes on to another day.
TODAY = datetime(2026, 6, 15, 12, tzinfo=UTC)


@dataclass
class Clock:
    """The time, which tests move."""

    now: datetime = TODAY

    def on(self, **more: int) -> datetime:
        """Go on by so many days, hours or minutes."""
        self.now += timedelta(**more)
        return self.now


@dataclass
class Connected:
    """A pod, and what a connection to it is set up with."""

    pod: simulator.Pod
    people: Population
    clock: Clock
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=simulator.secrets)
    watermark: Mapping[str, Any] = field(default_factory=dict)

    def reading(self, *, full: bool = True, checkpoint: Mapping[str, Any] | None = None) -> Reading:
        settings = {**simulator.settings(self.pod.url), **self.settings}
        return Reading(settings, self.secrets, self.clock.now, full, self.watermark, checkpoint or {})

    def pages(self, *, full: bool = True) -> list[Page]:
        """Read by the adapter's own door, to the end; keep the watermark."""
        reading = self.reading(full=full)
        found = list(oracle_hcm.ADAPTER.read(reading))
        self.watermark = oracle_hcm.ADAPTER.watermark(reading, found[-1].checkpoint)
        return found

    def records(self, *, full: bool = True, kind: str = "worker") -> list[RawRecord]:
        return [each for page in self.pages(full=full) for each in page.records if each.kind == kind]

    def busy(self) -> None:
        """Go to the beginning of the two days in which most is entered."""
        entered = sorted(
            {
                (entry.entered, worker.number)
                for worker in self.people.workers
                for history in worker.histories()
                for entry in history.entries
                if date(2025, 6, 1) < entry.entered.date() < date(2026, 10, 1)
            }
        )

        def within(at: datetime) -> int:
            return len({who for when, who in entered if at < when < at + timedelta(days=2)})

        self.clock.now = max((each[0] - timedelta(seconds=1) for each in entered), key=within)

    def system(self, **settings: Any) -> System:
        """Return a live system connected to the pod, with the default mapping in use."""
        given = {**simulator.settings(self.pod.url), **self.settings, **settings}
        system = hris("Oracle", adapter="oracle_hcm", state="live", settings=given)
        for name, secret in self.secrets.items():
            vault.keep(system, name, secret)
        lifecycle.adopt(system)
        return system

    def started(self, system: System, mode: str = RunMode.FULL) -> SyncRun:
        """Start a run as of the pod's time."""
        run = runs.start(system, mode, wake=False)
        SyncRun.objects.filter(pk=run.pk).update(as_of=self.clock.now)
        return run

    def synced(self, system: System, mode: str = RunMode.FULL) -> SyncRun:
        """Run to the end, or to where it fails."""
        return runs.carry_on(self.started(system, mode).pk)

    def told(self, day: date) -> dict[str, tuple[Any, ...]]:
        """Return what the company says of everybody who works on a day."""
        known = self.clock.now
        found = {}
        for each in self.people.as_of(day, known):
            primary = [one for one in each.employments if one.primary is not None]
            if not primary or each.worker.number in self.pod.hidden:
                continue
            current = each.current
            position = current.primary.position if current.primary is not None else None
            if position is None or current.stay.first > day:
                continue
            found[each.worker.number] = (
                position.job,
                position.unit,
                position.location,
                position.manager,
                position.status,
                current.stay.worker_type,
                current.stay.first,
            )
        return found


@contextmanager
def connected(workers: int = 60, seed: int = 17, years: int = 2, **more: Any) -> Iterator[Connected]:
    """Give a connection to a pod with a company in it."""
    people = company.population(workers, years, seed)
    clock = Clock()
    with simulator.simulate(people, now=lambda: clock.now, **more) as pod:
        yield Connected(pod, people, clock)


def known(system: System, day: date) -> dict[str, tuple[Any, ...]]:
    """Return what the hub knows of everybody on a day, in the words of `Connected.told`."""
    from connectors.models import Job, Location, OrganizationUnit, PersonKey

    keys = {each.person_id: each.key for each in PersonKey.objects.filter(system=system)}
    units = dict(OrganizationUnit.objects.filter(namespace=system.namespace).values_list("pk", "key"))
    jobs = dict(Job.objects.filter(namespace=system.namespace).values_list("pk", "key"))
    places = dict(Location.objects.filter(namespace=system.namespace).values_list("pk", "key"))
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return {
        keys[line.person_id]: (
            jobs.get(line.job_id or 0, ""),
            f"{int(units.get(line.unit_id or 0, '0')) - simulator_units():05}",
            places.get(line.location_id or 0, ""),
            keys.get(line.manager_id or 0, ""),
            line.status,
            line.worker_type,
            line.hire_date,
        )
        for line in as_of.roster(system.store_id, moment)
    }


def simulator_units() -> int:
    from simulators.oracle_records import organization_id

    return organization_id("0")
