"""kill -9 in the middle of a run: another process goes on, nothing is lost and nothing is doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from connectors.models import (
    AppliedRecord,
    Identifier,
    PersonKey,
    PersonVersion,
    SeenRecord,
    SyncException,
    SyncRun,
    System,
    WorkAssignmentVersion,
    WorkRelationshipVersion,
)
from connectors.sync import run as runs
from tests.connectors.mapping.documents import row
from tests.connectors.sync.process import environment
from tests.connectors.sync.source import Roster, staff, synced

ROOT = Path(__file__).resolve().parents[3]
NURSES, KILLS = 6_000, 4


def carried_on(run: SyncRun) -> subprocess.Popen[bytes]:
    """Have a process of its own carry a run on, over the test's database."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.connectors.sync.process", str(run.pk)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def some_way_on(process: subprocess.Popen[bytes], run: SyncRun, records: int) -> bool:
    """Wait until a run has more than so many records; whether its process is still at it."""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        run.refresh_from_db()
        if run.records > records:
            return True
        time.sleep(0.01)
    return False


def silent_for_long(run: SyncRun) -> None:
    SyncRun.objects.filter(pk=run.pk).update(heartbeat=timezone.now() - timedelta(hours=1))


def kept(system: System) -> dict[str, Any]:
    """Return what there is of a system, each thing by what it says."""
    return {
        "names": sorted(PersonVersion.objects.filter(system=system).values_list("formatted_name", flat=True)),
        "identifiers": sorted(Identifier.objects.filter(system=system).values_list("type", "value")),
        "relationships": WorkRelationshipVersion.objects.filter(system=system).count(),
        "assignments": WorkAssignmentVersion.objects.filter(system=system).count(),
        "people": PersonKey.objects.filter(system=system).count(),
        "applied": sorted(AppliedRecord.objects.filter(system=system).values_list("kind", "key", "open")),
        "refused": list(SyncException.objects.filter(system=system).values_list("key", "rule", "times")),
    }


def test_killed_again_and_again_a_run_brings_everybody_once(roster: Roster) -> None:
    chance = random.Random(4)
    rows = [*staff(NURSES), row(End_Date="2019-01-01")]
    rows[100:100] = [row(Employee_ID="9000001", End_Date="2019-01-01")]
    roster.say(rows, announced=len(rows))
    system = roster.system(settings={"page": 100, "pause": 0.005})
    run = runs.start(system, wake=False)
    killed = 0
    while killed < KILLS:
        process = carried_on(run)
        # The first thousand are looked at before anything is applied; so the run stands still at first.
        if not some_way_on(process, run, run.records):
            break
        time.sleep(chance.uniform(0.0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
        run.refresh_from_db()
        silent_for_long(run)
    assert killed == KILLS
    assert 0 < run.records < len(rows)
    done = runs.carry_on(run.pk)
    assert (done.state, done.attempts) == ("succeeded", KILLS + 1)
    assert (done.records, done.created_count, done.refused_count) == (len(rows), NURSES, 2)
    undisturbed = Roster(roster.path.parent)
    undisturbed.say(rows)
    other = undisturbed.system(settings={"page": 1000})
    synced(other)
    assert kept(system) == kept(other)
    assert not SeenRecord.objects.filter(run=run).exists()


def test_killed_while_it_ends_who_is_absent_it_ends_the_rest(roster: Roster) -> None:
    system = roster.system(end_share_most=1.0)
    roster.say(staff(30))
    synced(system)
    roster.say(staff(10))
    run = runs.start(system, wake=False)
    # As a crash leaves it: everything read, some of the absent ended.
    roster.meanwhile(lambda _: None)
    from connectors.sync import absence

    before, absence.BATCH = absence.BATCH, 8
    try:
        taken = absence.end_absent

        def dies(run: SyncRun, system: System, took: Any) -> None:
            def once(outcomes: Any) -> None:
                took(outcomes)
                absence.some_absent = gone  # the next batch never comes

            taken(run, system, once)

        def gone(run: SyncRun, most: int) -> list[str]:
            raise SystemExit

        real = absence.some_absent
        absence.end_absent = dies
        try:
            runs.carry_on(run.pk)
        except SystemExit:
            pass
        finally:
            absence.some_absent, absence.end_absent = real, taken
    finally:
        absence.BATCH = before
    run.refresh_from_db()
    assert (run.state, run.read_completely, run.ended_count) == ("running", True, 8)
    silent_for_long(run)
    done = runs.carry_on(run.pk)
    assert (done.state, done.ended_count, done.records) == ("succeeded", 20, 10)
    assert len(roster.begun) == 2
    assert AppliedRecord.objects.filter(system=system, kind="worker", open=True).count() == 10
