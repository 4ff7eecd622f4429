"""Runs are started, watched, approved and cancelled; dry runs tell what would change."""

from __future__ import annotations

from typing import Any

from django.test import Client

from connectors.models import RunMode, RunState, SyncRun, System
from connectors.sync import run as runs
from tests.connectors.admin.pages import BASE, notes, said, seen, send
from tests.connectors.mapping.documents import row
from tests.connectors.sync.source import Roster, staff, synced


def progress(client: Client, run: SyncRun) -> dict[str, Any]:
    response = client.get(f"{BASE}/syncrun/{run.pk}/progress/")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    found: dict[str, Any] = response.json()
    return found


def asking(roster: Roster) -> tuple[System, SyncRun]:
    """Return a run that would end half of forty workers."""
    roster.say(staff(40))
    system = roster.system()
    synced(system)
    roster.say(staff(20))
    run = synced(system)
    assert run.state == RunState.ASKING
    return system, run


def test_a_run_tells_how_far_it_is(vera: Client, roster: Roster) -> None:
    roster.say(staff(1001), announced=1001)
    run = runs.start(roster.system(settings={"page": 500}), wake=False)
    waiting = progress(vera, run)
    assert (waiting["state"], waiting["under_way"], waiting["percent"]) == ("waiting", True, None)
    between: list[dict[str, Any]] = []
    roster.meanwhile(lambda _: between.append(progress(vera, run)))
    runs.carry_on(run.pk)
    last = between[-1]
    assert (last["state"], last["attempt"], last["expected"]) == ("running", 1, 1001)
    assert last["counts"]["created"] == last["counts"]["records"] == 1000
    assert last["percent"] == 100
    assert last["checkpoint"] == '{"row":1000}'
    done = progress(vera, run)
    assert (done["under_way"], done["counts"]["created"], done["percent"]) == (False, 1001, 100)


def test_a_run_under_way_asks_for_its_progress_and_one_that_ended_does_not(
    vera: Client, roster: Roster
) -> None:
    roster.say(staff(3))
    run = runs.start(roster.system(), wake=False)
    assert f'data-progress="/admin/connectors/syncrun/{run.pk}/progress/"' in seen(vera, f"syncrun/{run.pk}/")
    runs.carry_on(run.pk)
    page = seen(vera, f"syncrun/{run.pk}/")
    assert "data-progress" not in page
    assert "connectors/run.js" not in page


def test_a_failed_attempt_says_when_it_is_tried_again(vera: Client, roster: Roster) -> None:
    roster.say(staff(3), breaks=[0, "Throttled"])
    run = synced(roster.system())
    told = progress(vera, run)
    assert (told["state"], told["failures"], told["message"]) == ("waiting", 1, "Slow down.")
    assert 800 < told["next_attempt"] <= 900
    assert "Slow down." in said(vera, f"syncrun/{run.pk}/")


def test_a_full_run_and_one_of_changes_are_started(ingo: Client, roster: Roster) -> None:
    roster.say(staff(2))
    system = roster.system()
    send(ingo, f"syncrun/start/{system.pk}/", mode="full")
    first = SyncRun.objects.get(system=system)
    assert first.asked_by is not None
    assert (first.mode, first.asked_by.first_name) == (RunMode.FULL, "Ingo")
    send(ingo, f"syncrun/start/{system.pk}/", mode="full")
    assert "is under way" in seen(ingo, f"system/{system.pk}/")
    runs.carry_on(first.pk)
    send(ingo, f"syncrun/start/{system.pk}/", mode="changes")
    assert SyncRun.objects.filter(system=system).latest("pk").mode == RunMode.CHANGES
    assert len(notes(system, "run")) == 2


def test_a_dry_run_tells_what_would_change_and_changes_nothing(ingo: Client, roster: Roster) -> None:
    roster.say(staff(12))
    system = roster.system()
    synced(system)
    changed = staff(12)[1:]
    changed[0]["Department"] = "ER"
    changed[1]["Hire_Date"] = "never"
    roster.say([*changed, row(Employee_ID="0000099")])
    send(ingo, f"syncrun/start/{system.pk}/", mode="dry")
    run = runs.carry_on(SyncRun.objects.filter(system=system).latest("pk").pk)
    page = said(ingo, f"syncrun/{run.pk}/")
    assert "What would change" in page
    assert "relationships.assignments.unit 1 0000002 ICU → ER" in page
    assert "1 worker would end because the source no longer has them: 0000001" in page
    assert "mapping.date 1 0000003" in page
    assert "worker 0000099" in page


def test_before_a_run_ends_many_it_shows_whom_and_is_approved(ingo: Client, roster: Roster) -> None:
    system, run = asking(roster)
    page = said(ingo, f"syncrun/{run.pk}/")
    assert "20 workers would end: 0000021 0000022" in page
    assert f"Run {run.pk} asks for approval." in said(ingo, f"system/{system.pk}/")
    assert "a run asks for approval" in said(ingo, "system/")
    send(ingo, f"syncrun/{run.pk}/approve/")
    assert runs.carry_on(run.pk).ended_count == 20
    assert any(each.startswith(f"Run {run.pk} approved") for each in notes(system))
    send(ingo, f"syncrun/{run.pk}/approve/")
    assert "does not ask for approval any more" in seen(ingo, f"syncrun/{run.pk}/")


def test_a_run_is_cancelled_once(ingo: Client, roster: Roster) -> None:
    system, run = asking(roster)
    send(ingo, f"syncrun/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    send(ingo, f"syncrun/{run.pk}/cancel/")
    assert "has ended before" in seen(ingo, f"syncrun/{run.pk}/")
    assert notes(system).count(f"Run {run.pk} cancelled.") == 1


def test_the_list_pages_by_key_and_narrows(vera: Client, roster: Roster) -> None:
    roster.say(staff(1))
    system = roster.system()
    kept = [synced(system) for _ in range(2)]
    dry = synced(system, RunMode.DRY)
    page = seen(vera, "syncrun/", system=system.pk, mode="full")
    assert all(f"/syncrun/{run.pk}/" in page for run in kept)
    assert f"/syncrun/{dry.pk}/" not in page
    older = seen(vera, "syncrun/", system=system.pk, before=kept[1].pk)
    assert f"/syncrun/{kept[0].pk}/" in older
    assert f"/syncrun/{kept[1].pk}/" not in older
    assert "Nothing" not in said(vera, "syncrun/", system=system.pk, state="failed")


def test_the_chart_shows_what_the_last_runs_did(vera: Client, roster: Roster) -> None:
    roster.say(staff(3))
    system = roster.system()
    run = synced(system)
    synced(system)
    page = seen(vera, f"syncrun/{run.pk}/")
    assert 'aria-label="Records of the last 2 runs"' in page
    assert "succeeded: Created: 3" in page
    assert "succeeded: Unchanged: 3" in page


def test_who_only_looks_starts_and_ends_nothing(vera: Client, gus: Client, roster: Roster) -> None:
    system, run = asking(roster)
    for address in (f"start/{system.pk}/", f"{run.pk}/approve/", f"{run.pk}/cancel/"):
        send(vera, f"syncrun/{address}", status=403, mode="full")
    run.refresh_from_db()
    assert run.state == RunState.ASKING
    assert "Approve" not in said(vera, f"syncrun/{run.pk}/")
    for address in ("", f"{run.pk}/", f"{run.pk}/progress/"):
        seen(gus, f"syncrun/{address}", status=403)


def test_what_is_not_there_is_not_found(vera: Client) -> None:
    for address in ("syncrun/9223372036854775807123/", "system/999999999/", "syncexception/999999999/"):
        seen(vera, address, status=404)


def test_words_of_a_source_never_become_markup(vera: Client, roster: Roster) -> None:
    evil = "<script>alert(1)</script>"
    roster.say([row(Employee_ID=evil, Hire_Date=evil, First_Name=evil)])
    system = roster.system(
        name=evil, owner=evil, architecture=evil, procedures=f"[x](javascript:alert(1)) {evil}"
    )
    run = synced(system, RunMode.DRY)
    synced(system)
    for address in (
        "system/",
        f"system/{system.pk}/",
        f"syncrun/{run.pk}/",
        "syncrun/",
        "syncexception/",
        f"fieldmapping/?system={system.pk}",
    ):
        page = vera.get(f"{BASE}/{address}").content.decode()
        assert evil not in page
        assert 'href="javascript' not in page
