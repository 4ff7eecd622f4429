"""An upgrade of the HR system breaks mapped fields: they are held, their new names are proposed, somebody is
told, and nobody is ended; also where the key, or what the rows are selected by, is among them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors import drift
from connectors.adapters import WITHHELD
from connectors.mapping import lifecycle
from connectors.models import AppliedRecord, DriftFinding, SyncException, SyncRun, System
from simulators import sftp
from tests.connectors.adapters.files.incoming import worker
from tests.connectors.mapping.documents import document
from tests.connectors.people import context, hris
from tests.connectors.sync.source import Roster, staff, synced
from tests.connectors.watch.watching import looked_at, open_alerts

#: What the upgrade calls twelve of the fields from then on.
RENAMED = {
    "First_Name": "GivenName",
    "Last_Name": "FamilyName",
    "Work_Email": "EmailWork",
    "User_Name": "LoginName",
    "Worker_Type": "WorkerKind",
    "Employee_Status": "EmployeeState",
    "Hire_Date": "HireDate",
    "Job_Code": "JobProfileCode",
    "Job_Title": "BusinessTitle",
    "Department": "DepartmentCode",
    "Location": "WorkLocation",
    "Manager_ID": "ManagerNumber",
}


def upgraded(rows: list[dict[str, Any]], renamed: dict[str, str] = RENAMED) -> list[dict[str, Any]]:
    return [{renamed.get(name, name): value for name, value in each.items()} for each in rows]


def different(count: int) -> list[dict[str, Any]]:
    """Return nurses whose values are as various as those of people."""
    return [
        each | {"Hire_Date": f"20{10 + at % 10}-0{1 + at % 9}-1{at % 7}", "Manager_ID": f"00090{at % 40:02}"}
        for at, each in enumerate(staff(count))
    ]


def employed(system: System) -> int:
    return AppliedRecord.objects.filter(system=system, kind="worker", open=True, absent=None).count()


def told(system: System) -> dict[str, str]:
    """Evaluate the alerts of a system's store; return their texts by kind."""
    looked_at(system.store)
    return {each.kind: each.text for each in open_alerts(system.store)}


@pytest.fixture
def known(roster: Roster) -> System:
    """A system that was read well, and then upgraded."""
    system = roster.system(settings={"page": 50})
    roster.say(different(120))
    assert synced(system).created_count == 120
    roster.say(upgraded(different(120)))
    return system


def test_an_upgrade_that_breaks_twelve_mapped_fields_harms_nobody_and_is_told(known: System) -> None:
    before = {key: context(known, "2030-01-01", key=key) for key in ("0000001", "0000120")}
    run = synced(known)
    assert (run.state, run.records, run.refused_count, run.ended_count) == ("succeeded", 120, 0, 0)
    assert employed(known) == 120
    assert {key: context(known, "2030-01-01", key=key) for key in before} == before
    found = DriftFinding.objects.filter(system=known, state="open", kind="renamed")
    assert {each.detail["path"]: each.proposal for each in found} == RENAMED
    assert "assignment.job" in run.report["held"]
    alert = told(known)["drift"]
    assert "12 ways" in alert
    assert "worker: First_Name → GivenName" in alert
    assert "kept as it is known" in alert


def test_read_again_and_again_while_nobody_looks_it_still_ends_nobody(known: System) -> None:
    for _ in range(3):
        run = synced(known)
        assert (run.state, run.ended_count, employed(known)) == ("succeeded", 0, 120)


def test_who_really_left_in_the_same_extract_is_ended(roster: Roster, known: System) -> None:
    roster.say(upgraded(different(119)))
    run = synced(known)
    assert (run.state, run.ended_count, employed(known)) == ("succeeded", 1, 119)


def test_somebody_new_whose_hire_is_held_waits_among_the_exceptions(roster: Roster, known: System) -> None:
    roster.say(upgraded(different(121)))
    run = synced(known)
    assert (run.state, run.refused_count, employed(known)) == ("succeeded", 1, 120)
    [waits] = SyncException.objects.filter(system=known, state="open")
    assert (waits.key, waits.rule) == ("0000121", "drift.held")


def test_repaired_it_reads_the_new_names_and_the_alert_is_over(roster: Roster, known: System) -> None:
    synced(known)
    assert "drift" in told(known)
    findings = list(DriftFinding.objects.filter(system=known, state="open", kind="renamed"))
    version = drift.repair(known, findings)
    assert lifecycle.try_out(version)["passed"]
    lifecycle.activate(version)
    moved = upgraded(different(121))
    moved[0]["EmailWork"] = "nurse.one@example.com"
    roster.say(moved)
    run = synced(known)
    assert (run.state, run.created_count, run.changed_count, run.refused_count) == ("succeeded", 1, 1, 0)
    assert "drift" not in told(known)


def test_of_whom_the_source_withholds_the_hire_has_not_left(roster: Roster) -> None:
    system = roster.system(end_share_most=1.0)
    roster.say(staff(40))
    synced(system)
    rows = staff(40)
    rows[7] |= {WITHHELD: ["Hire_Date"]}
    roster.say(rows)
    for _ in range(2):
        run = synced(system)
        assert (run.state, run.refused_count, run.ended_count, employed(system)) == ("succeeded", 0, 0, 40)


def test_where_the_key_is_renamed_the_alert_says_so_and_nobody_is_ended(
    roster: Roster, known: System
) -> None:
    roster.say(upgraded(different(120), RENAMED | {"Employee_ID": "WorkerNumber"}))
    run = synced(known)
    assert (run.state, run.records, employed(known)) == ("failed", 0, 120)
    said = told(known)
    assert "nobody was ended" in said["failing"]
    assert "The key of its records, or what they are selected by, is among them" in said["drift"]
    assert "worker: Employee_ID" in said["drift"]


def test_where_what_rows_are_selected_by_is_renamed_nobody_is_ended(roster: Roster) -> None:
    selecting = document()
    selecting["records"]["worker"]["emit"][-1]["when"] = {"from": "Real"}
    system = roster.system(end_share_most=1.0, settings={"page": 50})
    rows = [each | {"Real": "yes"} for each in staff(60)]
    version = lifecycle.draft(system, selecting, sample={"worker": rows[:3]})
    assert lifecycle.try_out(version)["passed"]
    lifecycle.activate(version)
    roster.say(rows)
    assert synced(system).created_count == 60
    roster.say(upgraded(rows, {"Real": "IsReal"}))
    run = synced(system)
    assert (run.state, run.ended_count, employed(system)) == ("failed", 0, 60)
    assert "(worker: Real)" in told(system)["drift"]


def test_a_run_that_asks_points_to_the_drift_and_both_are_told(roster: Roster, known: System) -> None:
    roster.say(upgraded(different(60)))
    run = synced(known)
    assert (run.state, run.ended_count, employed(known)) == ("asking", 0, 120)
    assert "Look at the drift first: " in run.message
    assert {"asking", "drift"} <= told(known).keys()


def files(folder: Path) -> System:
    system = hris(state="live", adapter="files", settings={"from": "folder", "folder": str(folder)})
    lifecycle.adopt(system)
    return system


def delivered(system: System, rows: list[dict[str, str]], sequence: int) -> SyncRun:
    folder = Path(system.settings["folder"])
    sftp.deliver(folder, rows, day=date(2026, 1, 19), sequence=sequence, header=list(rows[0]))
    return synced(system)


def test_a_file_whose_key_column_is_renamed_is_drift_and_no_empty_extract(
    database: None, tmp_path: Path
) -> None:
    system = files(tmp_path)
    rows = [worker(f"00{number}") for number in range(100, 160)]
    assert delivered(system, rows, 1).created_count == 60
    renamed = [{"WorkerNumber" if name == "worker_id" else name: v for name, v in r.items()} for r in rows]
    run = delivered(system, renamed, 2)
    assert (run.state, run.ended_count, employed(system)) == ("failed", 0, 60)
    assert "“worker_id”, which is not what it was" in run.message
    assert "worker: worker_id → WorkerNumber" in told(system)["drift"]
