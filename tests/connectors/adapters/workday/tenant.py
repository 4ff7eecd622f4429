"""A Workday tenant as the tests see it: a simulated company, a connection to it, and runs on chosen days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from connectors import vault
from connectors.mapping import lifecycle
from connectors.models import Job, Location, OrganizationUnit, PersonKey, RunMode, SyncRun, System
from connectors.sync import run as runs
from connectors.workforce import as_of
from simulators import workday
from simulators.population import Population, WorkerAt
from tests.connectors.people import hris


def noon(day: str | date) -> datetime:
    """Return the middle of a day."""
    return datetime.combine(date.fromisoformat(day) if isinstance(day, str) else day, time(12), UTC)


@dataclass
class Tenant:
    """A simulated tenant whose clock the test sets, and a connection to it."""

    population: Population
    server: workday.Workday
    system: System
    clock: list[datetime]

    def run(self, at: datetime, mode: str = RunMode.FULL) -> SyncRun:
        """Have a run read the tenant at a moment, and see it through as far as one attempt goes."""
        run = self.begin(at, mode)
        return runs.carry_on(run.pk)

    def begin(self, at: datetime, mode: str = RunMode.FULL) -> SyncRun:
        """Have a run wait that reads the tenant at a moment."""
        self.clock[0] = at
        run = runs.start(self.system, mode, wake=False)
        SyncRun.objects.filter(pk=run.pk).update(as_of=at)
        return run

    def set(self, **settings: Any) -> None:
        """Change settings of the connection."""
        self.system.settings = {**self.system.settings, **settings}
        self.system.save(update_fields=["settings"])

    def expected(self, day: date, known: datetime) -> dict[str, dict[str, Any]]:
        """Return what the company says of everybody at work on a day, by WID."""
        return {
            at.worker.wid: self._expected(at, known)
            for at in self.population.as_of(day, known)
            if at.current.stay.first <= day and at.current.primary is not None
        }

    def _expected(self, at: WorkerAt, known: datetime) -> dict[str, Any]:
        primary, stay = at.current.primary, at.current.stay
        assert primary is not None
        position = primary.position
        job = self.population.job_by_key[position.job]
        manager = self.population.worker_by_number.get(position.manager)
        return {
            "unit": self.population.path(position.unit, at.day, known),
            "job": position.job,
            "location": position.location,
            "manager": manager.wid if manager is not None else None,
            "type": stay.worker_type,
            "status": "leave" if at.status == "suspended" else at.status,
            "hired": stay.first,
            "classes": sorted({*job.regulatory_classes, *position.regulatory_classes}),
        }

    def found(self, day: date, known: datetime | None = None) -> dict[str, dict[str, Any]]:
        """Return what the hub says of the same."""
        store = self.system.store_id
        units = dict(OrganizationUnit.objects.filter(store_id=store).values_list("pk", "key"))
        jobs = dict(Job.objects.filter(store_id=store).values_list("pk", "key"))
        locations = dict(Location.objects.filter(store_id=store).values_list("pk", "key"))
        people = dict(PersonKey.objects.filter(system=self.system).values_list("person_id", "key"))
        contexts = as_of.people_at(list(people), [noon(day)] * len(people), known)
        return {
            people[each.person_id]: {
                "unit": [units[unit] for unit in each.path],
                "job": jobs.get(each.job_id or 0),
                "location": locations.get(each.location_id or 0),
                "manager": people.get(each.manager_id or 0),
                "type": each.worker_type,
                "status": each.status,
                "hired": each.hire_date,
                "classes": sorted(each.regulatory_classes),
            }
            for each in contexts
            if each is not None
        }


@contextmanager
def tenant(population: Population, **settings: Any) -> Iterator[Tenant]:
    """Run a tenant with a live connection to it."""
    clock = [noon(population.until)]
    with workday.simulate(population, now=lambda: clock[0]) as server:
        raas = settings.get("interface") == "raas"
        known = workday.report_settings(server.url) if raas else workday.settings(server.url)
        system = hris(
            adapter=workday.ADAPTER,
            state="live",
            end_share_most=1.0,
            settings={**known, "count": 25, **settings},
        )
        for name, secret in (workday.secrets() | workday.report_secrets()).items():
            vault.keep(system, name, secret)
        lifecycle.adopt(system)
        yield Tenant(population, server, system, clock)
