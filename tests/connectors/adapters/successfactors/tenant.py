"""A simulated tenant, a system connected to it, and what the hub and the population say of everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from connectors import vault
from connectors.adapters import RawRecord, Reading, adapters
from connectors.mapping import lifecycle
from connectors.models import (
    Job,
    Location,
    OrganizationUnit,
    PersonKey,
    PersonVersion,
    RunMode,
    SyncRun,
    System,
)
from connectors.sync import run as runs
from connectors.workforce import as_of
from simulators import successfactors
from simulators.population import Population, WorkerAt, population
from tests.connectors.people import hris

#: Days on which the hub is compared with the population.
DAYS = (date(2025, 6, 15), date(2026, 1, 31), date(2026, 8, 31), date(2026, 9, 20))
#: When the hub reads the tenant unless a test says otherwise.
AT = datetime(2026, 9, 1, 3, tzinfo=UTC)


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


class Tenant:
    """A tenant whose clock the test sets."""

    def __init__(self, workers: int = 100, years: int = 3) -> None:
        self.population: Population = population(workers, years)
        self.now = AT
        self.server = successfactors.simulate(self.population, now=lambda: self.now)

    def settings(self, **changed: Any) -> dict[str, Any]:
        return successfactors.settings(self.server.url) | {"page_size": 40} | changed

    def system(self, **fields: Any) -> System:
        """Return a live system connected to the tenant, with the default mapping in use."""
        settings = fields.pop("settings", None) or self.settings()
        secrets = fields.pop("secrets", successfactors.secrets())
        made = hris("SuccessFactors", adapter="successfactors", settings=settings, state="live", **fields)
        for name, secret in secrets.items():
            vault.keep(made, name, secret)
        lifecycle.adopt(made)
        return made

    def started(self, system: System, mode: str = RunMode.FULL) -> SyncRun:
        """Start a run as of the tenant's now."""
        run = runs.start(system, mode, wake=False)
        SyncRun.objects.filter(pk=run.pk).update(as_of=self.now)
        return run

    def synced(self, system: System, mode: str = RunMode.FULL) -> SyncRun:
        """Start a run as of the tenant's now, and see it through."""
        return runs.carry_on(self.started(system, mode).pk)

    def reading(self, **changed: Any) -> Reading:
        standing: dict[str, Any] = {
            "settings": self.settings(),
            "secrets": successfactors.secrets(),
            "as_of": self.now,
            "full": True,
        }
        return Reading(**(standing | changed))

    def read(self, **changed: Any) -> list[RawRecord]:
        """Read a run to its end; return the records."""
        pages = adapters()["successfactors"].read(self.reading(**changed))
        return [record for page in pages for record in page.records]

    def asked(self, *parts: str) -> list[str]:
        """Return the requests that have all of these in them."""
        return [each for each in self.server.asked if all(part in each for part in parts)]


@contextmanager
def tenant(workers: int = 100, years: int = 3) -> Iterator[Tenant]:
    """Give a tenant that answers."""
    made = Tenant(workers, years)
    with made.server:
        yield made


def counts(run: SyncRun) -> dict[str, int]:
    names = ("created", "changed", "unchanged", "ended", "refused", "outside")
    return {name: count for name in names if (count := getattr(run, f"{name}_count"))}


Line = dict[str, Any]


def told(system: System, day: date) -> dict[str, Line]:
    """Return what the hub says of everybody who has an assignment on a day, by their numbers."""
    people = dict(PersonKey.objects.filter(system=system).values_list("key", "person_id"))
    keys = {person: key for key, person in people.items()}
    units = dict(OrganizationUnit.objects.filter(store_id=system.store_id).values_list("pk", "key"))
    jobs = dict(Job.objects.filter(store_id=system.store_id).values_list("pk", "key"))
    sites = dict(Location.objects.filter(store_id=system.store_id).values_list("pk", "key"))
    names = dict(PersonVersion.objects.filter(system=system).values_list("pk", "formatted_name"))
    found: dict[str, Line] = {}
    contexts = as_of.people_at(list(people.values()), [at_noon(day)] * len(people))
    for key, context in zip(people, contexts, strict=True):
        if context is not None:
            found[key] = {
                "name": names.get(context.person_version_id or 0, ""),
                "unit": units.get(context.unit_id or 0, ""),
                "path": [units[each] for each in context.path],
                "job": jobs.get(context.job_id or 0, ""),
                "location": sites.get(context.location_id or 0, ""),
                "manager": keys.get(context.manager_id or 0, ""),
                "type": context.worker_type,
                "status": context.status,
                "hired": context.hire_date,
            }
    return found


def true(population: Population, day: date, known: datetime) -> dict[str, Line]:
    """Return what was so of everybody on a day, as entered by `known`."""
    found = {}
    for each in population.as_of(day, known):
        primary = each.current.primary
        if primary is not None:
            found[each.worker.number] = _line(population, each, day, known)
    return found


def _line(population: Population, each: WorkerAt, day: date, known: datetime) -> Line:
    current = each.current
    assert current.primary is not None
    position = current.primary.position
    return {
        "name": each.name.formatted,
        "unit": position.unit,
        "path": population.path(position.unit, day, known),
        "job": position.job,
        "location": position.location,
        "manager": position.manager,
        "type": "employee" if current.stay.worker_type == "employee" else "contractor",
        "status": each.status,
        "hired": current.stay.first,
    }


def differences(found: Mapping[str, Line], wanted: Mapping[str, Line]) -> dict[str, Any]:
    """Return where two tables differ."""
    return {
        key: (found.get(key), wanted.get(key))
        for key in sorted({*found, *wanted})
        if found.get(key) != wanted.get(key)
    }


def later(moment: datetime, days: int) -> datetime:
    return moment + timedelta(days=days)
