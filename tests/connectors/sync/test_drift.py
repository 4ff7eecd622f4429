"""A source that was changed: what is in doubt is held from the first record on, everything else goes on."""

from __future__ import annotations

from connectors.models import DriftFinding, Job, RunMode
from tests.connectors.mapping.documents import row
from tests.connectors.people import context
from tests.connectors.sync.source import Roster, staff, synced


def test_a_renamed_field_is_held_for_everybody_and_the_rest_goes_on(roster: Roster) -> None:
    system = roster.system(settings={"page": 50})
    rows = staff(200)
    roster.say(rows)
    synced(system)
    renamed = [{name: value for name, value in each.items() if name != "Job_Code"} for each in rows]
    for each in renamed:
        each |= {"JobProfile": "RN2"}
    renamed[0] |= {"Location": "L9"}
    roster.say(renamed)
    run = synced(system)
    assert run.state == "succeeded"
    assert run.report["held"] == ["assignment.job"]
    assert (
        DriftFinding.objects.get(system=system, state="open", path="worker: Job_Code").proposal
        == "JobProfile"
    )
    for key in ("0000001", "0000200"):
        found = context(system, "2030-01-01", key=key)
        assert found is not None
        assert found.job_id == Job.objects.get(store=system.store, key="RN2").pk


def test_where_the_key_itself_is_gone_nothing_is_taken(roster: Roster) -> None:
    system = roster.system()
    rows = staff(60)
    roster.say(rows)
    synced(system)
    roster.say(
        [{("ID" if name == "Employee_ID" else name): value for name, value in each.items()} for each in rows]
    )
    run = synced(system)
    assert (run.state, run.records, run.ended_count) == ("failed", 0, 0)
    assert "“Employee_ID”, which is not what it was" in run.message


def test_one_changed_record_is_no_drift(roster: Roster) -> None:
    system = roster.system()
    roster.say(staff(40))
    synced(system)
    roster.say(changed=[row(**staff(1)[0] | {"Department": "ER", "Department_Name": "Emergency"})])
    run = synced(system, RunMode.CHANGES)
    assert "held" not in run.report
    assert run.changed_count == 1
