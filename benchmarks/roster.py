"""A nightly file of the whole roster, synchronised; beside it, COPY of the rows that came of it.

In: the hub's database, the floors' database, a number of workers. Out: `Timing`: seconds of the first full
sync, of the next one in which nothing changed, and of COPY into the same tables with the same indexes and
constraints; the memory the sync took. Workers are the learners of benchmarks.sample, so that their statements
find them.
"""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import psycopg

from benchmarks.hub import STORE

SYSTEM = "Nightly roster"
UNITS, JOBS, LOCATIONS, TEAM = 800, 150, 40, 12
_HEADER = (
    "worker_id", "status", "hire_date", "first_name", "last_name", "email", "job_code", "job_title",
    "org_code", "org_path", "location", "manager_id", "worker_type", "reg_class",
)  # fmt: skip
#: What a row of the others refers to; copied beforehand, not timed.
_BEFORE = (
    "lrs_store", "connectors_system", "connectors_field_mapping", "connectors_sync_run",
)  # fmt: skip
#: What a sync writes, in an order their references allow.
_WRITTEN = (
    "connectors_person", "connectors_person_key", "connectors_organization_unit", "connectors_job",
    "connectors_location", "connectors_work_relationship", "connectors_work_assignment",
    "connectors_person_version", "connectors_identifier", "connectors_organization_unit_version",
    "connectors_unit_path", "connectors_job_version", "connectors_location_version",
    "connectors_work_relationship_version", "connectors_work_assignment_version",
    "connectors_applied_record", "connectors_workforce_change",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What it took."""

    workers: int
    rows: int
    first: float
    unchanged: float
    copy: float
    #: MiB the process of the first sync held at most, and before it read anything.
    memory: float
    memory_before: float


def measure(folder: Path, *, workers: int, hub: str, floor: str) -> Timing:
    """Sync `workers` twice and copy the rows."""
    incoming = folder / "roster"
    incoming.mkdir()
    first, before, memory = _in_process(incoming, workers, 1)
    unchanged, _, _ = _in_process(incoming, workers, 2)
    copy, rows = _copy(hub, floor)
    return Timing(
        workers=workers, rows=rows, first=first, unchanged=unchanged, copy=copy, memory=memory,
        memory_before=before,
    )  # fmt: skip


def _in_process(incoming: Path, workers: int, sequence: int) -> tuple[float, float, float]:
    """Deliver the file and sync it in a process of its own, whose memory is its own, too."""
    _deliver(incoming, workers, sequence)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_sync, args=(str(incoming), sequence, theirs))
    process.start()
    theirs.close()
    try:
        found: tuple[float, float, float] = ours.recv()
    except EOFError:
        raise SystemExit("The process of the roster sync ended early; see above.") from None
    process.join()
    return found


def _sync(incoming: str, sequence: int, pipe: Connection) -> None:
    import django

    django.setup()
    from django.apps import apps

    from connectors.mapping import lifecycle
    from connectors.models import RunState, System
    from connectors.sync import run as runs

    if sequence == 1:
        store, _ = apps.get_model("lrs", "Store").objects.get_or_create(name=STORE)
        system = System.objects.create(
            store=store,
            name=SYSTEM,
            adapter="files",
            namespace="hr",
            state="live",
            settings={"from": "folder", "folder": incoming},
        )
        lifecycle.adopt(system)
    system = System.objects.get(name=SYSTEM)
    before = _peak()
    began = time.perf_counter()
    run = runs.carry_on(runs.start(system, wake=False).pk)
    took = time.perf_counter() - began
    if run.state != RunState.SUCCEEDED or run.refused_count or not run.records:
        raise SystemExit(f"The roster sync is {run.state}, {run.refused_count} refused: {run.message}")
    pipe.send((took, before, _peak()))
    pipe.close()


def _peak() -> float:
    """Return the most this process ever held, in MiB; getrusage would count the parent's as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _deliver(incoming: Path, workers: int, sequence: int) -> None:
    path = incoming / f"workers_{sequence}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        # A file with the same bytes would not be read a second time.
        rows = list(_rows(workers))
        writer.writerows(rows if sequence == 1 else reversed(rows))
    manifest = {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": workers,
        "mode": "full",
        "as_of": f"2026-01-{sequence:02}",
        "sequence": sequence,
    }
    path.with_name(f"{path.name}.manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _rows(workers: int) -> Iterator[Sequence[str]]:
    began = date(2015, 1, 1)
    for number in range(workers):
        unit, job, location = number % UNITS, number * 7 % JOBS, number * 3 % LOCATIONS
        hired = began + timedelta(days=number % 3_600)
        yield (
            f"emp-{number:06d}", "Active", str(hired), f"Given{number % 900}",
            f"Family{number % 5_000}", f"w{number}@example.org", f"J{job}", f"Job {job}", f"U{unit}",
            f"ACME/D{unit % 20}/U{unit}", f"L{location}", f"emp-{number // TEAM:06d}" if number else "",
            "Employee", "GMP" if job % 3 == 0 else "",
        )  # fmt: skip


def _copy(hub: str, floor: str) -> tuple[float, int]:
    """Copy what the sync wrote into the floors' database; return the seconds that took, and the rows."""
    with psycopg.connect(hub) as source, psycopg.connect(floor) as target:
        for table in _BEFORE:
            _copy_table(source, target, table)
        seconds, rows = 0.0, 0
        for table in _WRITTEN:
            took, count = _copy_table(source, target, table)
            seconds += took
            rows += count
        began = time.perf_counter()
        target.commit()
        return seconds + time.perf_counter() - began, rows


def _copy_table(
    source: psycopg.Connection[tuple[Any, ...]], target: psycopg.Connection[tuple[Any, ...]], table: str
) -> tuple[float, int]:
    """Copy one table through a file, so that only the writing is timed."""
    with TemporaryFile() as held:
        with source.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                (table,),
            )
            columns = (cursor.fetchone() or ("",))[0]
            with cursor.copy(f"COPY {table} ({columns}) TO STDOUT (FORMAT binary)") as copy:
                for piece in copy:
                    held.write(piece)
        held.seek(0)
        began = time.perf_counter()
        with target.cursor() as cursor:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)") as copy:
                while piece := held.read(1 << 20):
                    copy.write(piece)
            return time.perf_counter() - began, cursor.rowcount
