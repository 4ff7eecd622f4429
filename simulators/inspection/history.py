"""What HR tells: files of three years, month by month, and at last a transfer nobody told of in time.

In: a population. Out: a delivery folder behind SFTP, as `docs/integrator/files.md` wants it, read by a
connection of the store. Each row says from which day on it is so; the hub knows it from when it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from connectors.models import PersonKey, System
from simulators import sftp
from simulators.__main__ import System as Simulated
from simulators.__main__ import keep
from simulators.inspection.stage import Stage, command
from simulators.population import Population, WorkerAt

SYSTEM = "HR files"
_HEADER = (*sftp.HEADER, "action")
_DAY = timedelta(days=1)


@contextmanager
def told(stage: Stage) -> Iterator[dict[str, Any]]:
    """Leave a file of each month where the hub finds it, and have it read; yield what was counted."""
    folder = stage.folder / "deliveries"
    folder.mkdir(parents=True, exist_ok=True)
    _begin(stage.people, folder)
    with sftp.serve(folder) as server:
        address = f"sftp://{server.host}:{server.port}"
        settings, secrets = server.settings(), server.secrets()
        keep(Simulated(SYSTEM, "files", address, settings, secrets), stage.folder)
        words = ["--store", stage.store, "--name", SYSTEM, "--adapter", "files", "--state", "live"]
        words += ["--settings-file", str(stage.folder / "files.json")]
        words += ["--secret", f"private_key=@{stage.folder / 'files.private_key'}"]
        command("create_system", *words, "--match-by", "employee_number", "--namespace", "HR")
        counted = read(stage, "--full")
        for sequence, (since, until) in enumerate(_months(stage.people.since, stage.today), start=5):
            changed = list(_changed(stage.people, since, until))
            sftp.deliver(folder, changed, day=until, sequence=sequence, full=False, header=_HEADER)
            for name, number in read(stage, "--changes").items():
                if isinstance(number, int) and name != "run":
                    counted[name] += number
        yield counted


def read(stage: Stage, how: str) -> dict[str, Any]:
    """Read what waits; return what was counted."""
    return command("sync", "--store", stage.store, "--system", SYSTEM, how, "--wait")


def _begin(people: Population, folder: Path) -> None:
    """Leave the files of the first day: units, jobs, sites, and who is there."""
    first = people.since
    units = [{**each, "effective_from": first.isoformat()} for each in sftp.units(people, first)]
    sequence = 1
    jobs, locations = list(sftp.jobs(people)), list(sftp.locations(people))
    for kind, rows in (("unit", units), ("job", jobs), ("location", locations)):
        sftp.deliver(folder, rows, day=first, sequence=sequence, kind=kind, header=tuple(rows[0]))
        sequence += 1
    # What was before the first file is told as if it had been so since they were hired.
    standing = [
        {**each, **({"effective_from": each["hire_date"]} if each.get("effective_from") else {})}
        for each in (row(people, found) for found in people.as_of(first, _end(first)))
        if each["status"] != "Terminated"
    ]
    sftp.deliver(folder, standing, day=first, sequence=sequence, header=_HEADER)


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each month behind `first`, up to `last`."""
    since = first + _DAY
    while since <= last:
        following = (since.replace(day=1) + timedelta(days=32)).replace(day=1)
        until = min(following - _DAY, last)
        yield since, until
        since = until + _DAY


def _changed(people: Population, since: date, until: date) -> Iterator[dict[str, str]]:
    begin, end = datetime.combine(since, time(), UTC), _end(until)
    touched = {each.number for each in people.changes(begin, end)}
    touched |= {each.number for each in people.turning(since, until, end)}
    for number in sorted(touched):
        found = people.worker_by_number[number].at(until, end)
        yield {"worker_id": number, "action": "rescinded"} if found is None else row(people, found, end)


def row(people: Population, found: WorkerAt, known: datetime | None = None) -> dict[str, str]:
    """Return the row of a worker, with the classes of the job, and since when it is so."""
    moment = known or _end(found.day)
    told_of = sftp.row(found, moment)
    primary = found.current.primary
    if primary is not None:
        position = primary.position
        classes = {*people.job_by_key[position.job].regulatory_classes, *position.regulatory_classes}
        whole = next(
            each
            for employment in found.worker.employments
            for each in employment.assignments
            if each.number == primary.number
        )
        since = [each.first for each in whole.positions.slices(moment) if each.first <= found.day]
        began = max([found.current.stay.first, *since[-1:]])
        told_of |= {"reg_class": ";".join(sorted(classes)), "effective_from": began.isoformat()}
    return told_of


def _end(day: date) -> datetime:
    return datetime.combine(day + _DAY, time(), UTC)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Somebody moves to another unit and another job, as of a day long past."""

    number: str
    person_id: int
    name: str
    day: date
    before: str
    after: str


def transfer(stage: Stage, leaving: str, joining: str, day: date) -> Transfer:
    """Have HR tell of a transfer from a job of one class to a job of another, as of a day that is past."""
    now = {each.worker.number: each for each in stage.people.as_of(stage.today, _end(stage.today))}
    rows = {number: row(stage.people, each) for number, each in now.items() if each.status == "active"}
    # Who did the same work all the time, and whose colleague-to-be works in another unit.
    stayed = {
        number: each
        for number, each in rows.items()
        if leaving in each.get("reg_class", "").split(";")
        and each["effective_from"] < (day - timedelta(days=90)).isoformat()
    }
    number, mine = min(stayed.items())
    to = next(
        each
        for each in rows.values()
        if joining in (kept := each.get("reg_class", "").split(";"))
        and leaving not in kept
        and each["org_code"] != mine["org_code"]
    )
    moved = mine | {
        name: to[name]
        for name in ("org_code", "job_code", "job_title", "location", "reg_class", "manager_id")
    }
    if moved["manager_id"] == number:
        moved["manager_id"] = ""
    moved["effective_from"] = day.isoformat()
    folder = stage.folder / "deliveries"
    sequence = 1 + max(
        int(each.name.split("_")[-1].split(".")[0]) for each in folder.rglob("*.manifest.json")
    )
    sftp.deliver(folder, [moved], day=stage.today, sequence=sequence, full=False, header=_HEADER)
    found = read(stage, "--changes")
    stage.check(
        found["changed"] == 1, f"HR tells of one transfer, and one record changes: {found['changed']}"
    )
    return Transfer(
        number, person_of(stage, number), f"{mine['first_name']} {mine['last_name']}", day,
        f"{mine['job_title']} in {mine['org_code']}", f"{to['job_title']} in {to['org_code']}",
    )  # fmt: skip


def person_of(stage: Stage, number: str) -> int:
    """Return the id of a worker in the workforce record."""
    system = System.objects.get(store__name=stage.store, name=SYSTEM)
    person = PersonKey.objects.select_related("person").get(system=system, key=number).person
    return int(person.merged_into_id or person.pk)
