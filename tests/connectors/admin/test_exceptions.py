"""The queue of refused records: grouped, looked at, corrected and replayed, dismissed."""

from __future__ import annotations

import json

from django.test import Client

from connectors.models import ExceptionState, SyncException, System
from tests.connectors.admin.pages import notes, said, seen, send
from tests.connectors.mapping.documents import row
from tests.connectors.people import context
from tests.connectors.sync.source import Roster, staff, synced


def refused(roster: Roster, count: int = 1) -> tuple[System, list[SyncException]]:
    """Return a system with records whose hire dates make no sense."""
    rows = staff(8)
    for each in rows[:count]:
        each["Hire_Date"] = "31.02.2020"
    roster.say(rows)
    system = roster.system()
    synced(system)
    found = list(SyncException.objects.filter(system=system, state=ExceptionState.OPEN).order_by("key"))
    assert len(found) == count
    return system, found


def state(exception: SyncException) -> str:
    exception.refresh_from_db()
    return exception.state


def test_records_are_grouped_by_rule_and_field(vera: Client, roster: Roster) -> None:
    system, found = refused(roster, 3)
    page = seen(vera, "syncexception/", system=system.pk)
    groups = page.split('id="exc-groups"')[1].split("</table>")[0]
    assert found[0].rule in groups
    assert "/Hire_Date" in groups
    assert "3 open, the oldest" in said(vera, "syncexception/", system=system.pk)
    rows = seen(vera, "syncexception/", system=system.pk, rule=found[0].rule, field="/Hire_Date")
    assert rows.split('id="exc-rows"')[1].count("/admin/connectors/syncexception/") == 3
    assert "Nothing waits here." in said(vera, "syncexception/", system=system.pk, rule="other")


def test_a_record_shows_the_field_the_reason_and_what_to_do(vera: Client, roster: Roster) -> None:
    _, [found] = refused(roster)
    page = seen(vera, f"syncexception/{found.pk}/")
    assert "31.02.2020" in page.split("lrs-marked")[1].split("lrs-note")[0]
    assert found.reason in said(vera, f"syncexception/{found.pk}/")
    assert found.suggestion in said(vera, f"syncexception/{found.pk}/")


def test_a_corrected_record_is_applied(ingo: Client, roster: Roster) -> None:
    system, [found] = refused(roster)
    right = {**found.raw, "Hire_Date": "2020-02-29"}
    send(ingo, f"syncexception/{found.pk}/", raw=json.dumps(right))
    assert state(found) == ExceptionState.REPLAYED
    assert found.corrected == right
    assert found.settled_by is not None
    assert context(system, "2020-06-01", key="0000001") is not None
    assert notes(system, "exception") == ["Record 0000001 corrected and replayed."]
    send(ingo, f"syncexception/{found.pk}/", raw=json.dumps(right))
    assert "Somebody settled it before." in seen(ingo, f"syncexception/{found.pk}/")


def test_one_that_is_refused_still_says_why(ingo: Client, roster: Roster) -> None:
    system, [found] = refused(roster)
    wrong = {**found.raw, "Hire_Date": "2020-02-29", "End_Date": "2019-01-01"}
    response = send(ingo, f"syncexception/{found.pk}/", status=400, raw=json.dumps(wrong))
    assert "Refused still" in response.content.decode()
    assert state(found) == ExceptionState.OPEN
    assert context(system, "2020-06-01", key="0000001") is None
    assert notes(system, "exception") == ["Record 0000001 corrected, and refused still."]


def test_what_is_no_record_is_not_kept(ingo: Client, roster: Roster) -> None:
    _, [found] = refused(roster)
    for text in ('{"Hire_Date": ', "[1]", ""):
        send(ingo, f"syncexception/{found.pk}/", status=400, raw=text)
    found.refresh_from_db()
    assert (found.state, found.corrected) == (ExceptionState.OPEN, None)


def test_many_are_replayed_after_the_mapping_was_mended(ingo: Client, roster: Roster) -> None:
    system, found = refused(roster, 3)
    for each in found[:2]:
        SyncException.objects.filter(pk=each.pk).update(corrected=row(Employee_ID=each.key))
    rule, field = found[0].rule, found[0].field
    send(ingo, "syncexception/many/", system=system.pk, rule=rule, field=field, do="replay")
    assert [state(each) for each in found] == ["replayed", "replayed", "open"]
    assert "2 replayed. 1 are refused still." in seen(ingo, "syncexception/", system=system.pk)
    assert notes(system, "exception") == ["2 refused records replayed."]


def test_a_group_of_one_system_leaves_the_others_alone(ingo: Client, roster: Roster) -> None:
    osaka, others = refused(roster)
    system, found = refused(roster)
    send(
        ingo, "syncexception/many/", system=system.pk, rule=found[0].rule, field=found[0].field, do="dismiss"
    )
    assert (state(found[0]), state(others[0])) == (ExceptionState.DISMISSED, ExceptionState.OPEN)
    assert notes(osaka, "exception") == []


def test_ticked_ones_are_dismissed_with_a_reason(ingo: Client, roster: Roster) -> None:
    system, found = refused(roster, 3)
    ticked = [found[0].pk, found[2].pk, "x", "99999999999999999999"]
    send(ingo, "syncexception/many/", exception=ticked, do="dismiss", note="They left.")
    assert [state(each) for each in found] == ["dismissed", "open", "dismissed"]
    assert notes(system, "exception") == ["2 refused records dismissed. They left."]


def test_nothing_ticked_settles_nothing(ingo: Client, roster: Roster) -> None:
    _, [found] = refused(roster)
    send(ingo, "syncexception/many/", do="dismiss")
    send(ingo, "syncexception/many/", do="replay")
    assert state(found) == ExceptionState.OPEN


def test_one_is_dismissed(ingo: Client, roster: Roster) -> None:
    system, [found] = refused(roster)
    send(ingo, f"syncexception/{found.pk}/dismiss/", note="A test record.")
    assert state(found) == ExceptionState.DISMISSED
    assert notes(system, "exception") == ["1 refused records dismissed. A test record."]
    assert "0000001" in said(ingo, "syncexception/", system=system.pk, state="dismissed")


def test_who_only_looks_settles_nothing(vera: Client, gus: Client, roster: Roster) -> None:
    _, [found] = refused(roster)
    send(vera, f"syncexception/{found.pk}/", status=403, raw="{}")
    send(vera, f"syncexception/{found.pk}/dismiss/", status=403)
    send(vera, "syncexception/many/", status=403, exception=found.pk, do="dismiss")
    assert "Replay" not in said(vera, f"syncexception/{found.pk}/")
    seen(gus, "syncexception/", status=403)
    seen(gus, f"syncexception/{found.pk}/", status=403)
    assert state(found) == ExceptionState.OPEN
