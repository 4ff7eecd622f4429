"""A source that changed its shape: what is held is shown, a rename becomes a draft, a change is accepted."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connectors.mapping import lifecycle
from connectors.models import DriftFinding, DriftState, FieldMapping, System
from tests.connectors.admin.pages import notes, said, seen, send
from tests.connectors.sync.source import Roster, staff, synced


@pytest.fixture
def renamed(roster: Roster) -> System:
    """A system whose report calls the department otherwise since an upgrade."""
    roster.say(_varied())
    system = roster.system()
    synced(system)
    rows = _varied()
    for each in rows:
        each["Department_Code"] = each.pop("Department")
    roster.say(rows)
    synced(system)
    return system


def _varied() -> list[dict[str, Any]]:
    rows = staff(60)
    for place, each in enumerate(rows):
        each["Department"] = ("ICU", "ER", "LAB")[place % 3]
    return rows


def finding(system: System) -> DriftFinding:
    return DriftFinding.objects.get(
        system=system, path__contains="Department", state=DriftState.OPEN, kind="renamed"
    )


def test_it_shows_what_is_usual_what_is_so_and_what_is_held(vera: Client, renamed: System) -> None:
    page = said(vera, "driftfinding/", system=renamed.pk)
    assert "Held, so kept as they are known until this is settled" in page
    assert "assignment.unit" in page
    assert "→ Department_Code likely by" in page
    assert "in 100% of records" in page
    assert "ER, ICU, LAB" in page or "ICU, ER, LAB" in page
    assert "1 open drift findings" in said(vera, f"system/{renamed.pk}/")


def test_a_rename_becomes_a_draft_with_one_click(ingo: Client, renamed: System) -> None:
    response = send(ingo, f"driftfinding/repair/{renamed.pk}/")
    made = FieldMapping.objects.get(system=renamed, version=2)
    assert response["Location"] == f"/admin/connectors/fieldmapping/{made.pk}/"
    assert '"from":"Department_Code"' in str(made.document).replace("'", '"').replace(": ", ":")
    assert "repaired in version 2" in said(ingo, "driftfinding/", system=renamed.pk)
    send(ingo, f"fieldmapping/{made.pk}/step/", step="test")
    send(ingo, f"fieldmapping/{made.pk}/step/", step="activate")
    synced(renamed)
    assert lifecycle.active(renamed) == made
    assert not DriftFinding.objects.filter(system=renamed, state=DriftState.OPEN, kind="renamed").exists()


def test_a_change_that_is_meant_is_accepted(ingo: Client, renamed: System) -> None:
    found = finding(renamed)
    send(ingo, f"driftfinding/{found.pk}/accept/")
    found.refresh_from_db()
    assert found.state == DriftState.ACCEPTED
    assert found.settled_by is not None
    assert any(each.startswith("Accepted: ") for each in notes(renamed, "drift"))
    send(ingo, f"driftfinding/{found.pk}/accept/")
    assert "was accepted before" in seen(ingo, "driftfinding/", system=renamed.pk)
    assert "settled" in said(ingo, "driftfinding/", system=renamed.pk, state="accepted")


def test_without_a_proposal_there_is_nothing_to_repair(ingo: Client, roster: Roster) -> None:
    system = roster.system()
    send(ingo, f"driftfinding/repair/{system.pk}/")
    assert "There is no proposal to apply" in seen(ingo, "driftfinding/", system=system.pk)
    assert FieldMapping.objects.filter(system=system).count() == 1


def test_who_only_looks_settles_no_drift(vera: Client, gus: Client, renamed: System) -> None:
    found = finding(renamed)
    send(vera, f"driftfinding/{found.pk}/accept/", status=403)
    send(vera, f"driftfinding/repair/{renamed.pk}/", status=403)
    seen(gus, "driftfinding/", status=403)
    assert finding(renamed) == found
