"""A dry run says what would change and changes nothing."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from connectors.mapping import lifecycle
from connectors.models import RunMode, SeenRecord, System
from connectors.sync import run as runs
from tests.connectors.mapping.documents import document, row
from tests.connectors.sync.source import Roster, staff, synced

_OF_STORE = ("Person", "OrganizationUnit", "Job", "Location", "WorkforceChange")
_OF_SYSTEM = (
    "AppliedRecord", "PersonKey", "PersonVersion", "Identifier", "WorkRelationship", "WorkAssignmentVersion",
    "SyncException", "DriftFinding", "SourceShape",
)  # fmt: skip


def everything(system: System) -> dict[str, Any]:
    """Return all there is of a system, counted."""

    def count(name: str, **of: Any) -> int:
        found: int = apps.get_model("connectors", name).objects.filter(**of).count()
        return found

    return {name: count(name, store_id=system.store_id) for name in _OF_STORE} | {
        name: count(name, system=system) for name in _OF_SYSTEM
    }


def test_it_tells_what_would_become_of_each_record_and_changes_nothing(roster: Roster) -> None:
    system = roster.system()
    roster.say(staff(30))
    synced(system)
    before = everything(system)
    rows = [*staff(28), *staff(32)[30:], row(End_Date="2019-01-01")]
    rows[0] |= {"Department": "ER", "Department_Name": "Emergency"}
    rows[1] |= {"Job_Title": "Head nurse"}
    rows[2] |= {"End_Date": "2025-12-31"}
    roster.say(rows)
    run = synced(system, RunMode.DRY)
    assert run.state == "succeeded"
    assert (run.created_count, run.changed_count, run.ended_count) == (2, 2, 1)
    assert (run.unchanged_count, run.refused_count) == (25, 1)
    report = run.report
    assert report["records"]["worker"] == {
        "created": 2,
        "changed": 2,
        "ended": 1,
        "unchanged": 25,
        "refused": 1,
    }
    assert report["fields"]["relationships.assignments.unit"] == {
        "count": 1,
        "examples": [{"key": "0000001", "before": "ICU", "after": "ER"}],
    }
    assert report["fields"]["relationships.end_date"]["examples"][0]["after"] == "2025-12-31"
    assert report["absent"] == {"count": 2, "examples": ["0000029", "0000030"]}
    assert [each["key"] for each in report["examples"]["created"] if each["kind"] == "worker"] == [
        "0000031",
        "0000032",
    ]
    assert report["refused"]["relationship.period"]["count"] == 1
    assert report["would ask"] == ""
    assert everything(system) == before
    assert not SeenRecord.objects.filter(run=run).exists()
    system.refresh_from_db()
    assert "as_of" in system.watermark
    assert system.watermark["as_of"] != run.as_of.isoformat()


def test_what_is_held_is_no_difference(roster: Roster) -> None:
    system = roster.system()
    rows = staff(60)
    roster.say(rows)
    synced(system)
    for each in rows:
        each["JobProfile"] = each.pop("Job_Code")
        each["Mail"] = each.pop("Work_Email")
    rows[0] |= {"Job_Title": "Head nurse"}
    roster.say(rows)
    run = synced(system, RunMode.DRY)
    assert set(run.report["held"]) == {"assignment.job", "identifiers.email"}
    assert run.changed_count == 1
    assert {name: each["count"] for name, each in run.report["fields"].items()} == {
        "relationships.assignments.title": 1
    }


def test_it_tells_that_the_real_run_would_ask(roster: Roster) -> None:
    system = roster.system(end_share_most=0.1, end_count_least=3)
    roster.say(staff(30))
    synced(system)
    roster.say(staff(20))
    run = synced(system, RunMode.DRY)
    assert (run.state, run.ended_count) == ("succeeded", 0)
    assert "10 workers are not in the extract any more" in run.report["would ask"]


def test_it_shows_what_lifting_the_pilot_would_bring(roster: Roster) -> None:
    system = roster.system(state="pilot", pilot={"workers": ["0000001"]})
    roster.say(staff(12))
    assert synced(system).outside_count == 11
    assert synced(system, RunMode.DRY).created_count == 0
    lifted = synced(system, RunMode.DRY, pilot={})
    assert (lifted.created_count, lifted.unchanged_count, lifted.outside_count) == (11, 1, 0)


def test_it_tries_a_mapping_that_is_not_in_use(roster: Roster) -> None:
    system = roster.system()
    roster.say(staff(5))
    synced(system)
    content = document()
    worker = content["records"]["worker"]["emit"][-1]["fields"]
    worker["relationships"][0]["assignments"][0]["title"] = {"const": "Somebody"}
    run = synced(system, RunMode.DRY, mapping=lifecycle.draft(system, content))
    assert run.changed_count == 5
    title = run.report["fields"]["relationships.assignments.title"]["examples"][0]
    assert (title["before"], title["after"]) == ("Registered Nurse", "Somebody")


def test_killed_in_the_middle_it_goes_on_counting(roster: Roster) -> None:
    system = roster.system(settings={"page": 700})
    roster.say(staff(2000), breaks=[2, "CannotConnect"])
    run = synced(system, RunMode.DRY)
    assert (run.state, run.records) == ("waiting", 1400)
    roster.say(staff(2000))
    done = runs.carry_on(run.pk, at_once=True)
    assert (done.state, done.records, done.created_count) == ("succeeded", 2000, 2000)
    assert done.report["records"]["worker"] == {"created": 2000}
    assert everything(system)["Person"] == 0
