"""What was refused is kept with the reason, and fixed and replayed, dismissed, or resolved by itself."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from connectors.models import ExceptionState, SyncException, System
from connectors.sync import exceptions
from tests.connectors.mapping.documents import row
from tests.connectors.people import context
from tests.connectors.sync.source import Roster, staff, synced

#: Left before being hired.
IMPOSSIBLE = {"End_Date": "2019-01-01"}


def queue(system: System, state: str = ExceptionState.OPEN) -> list[SyncException]:
    return list(SyncException.objects.filter(system=system, state=state).order_by("key", "pk"))


def test_a_refused_record_is_kept_with_the_field_the_rule_and_the_reason(roster: Roster) -> None:
    rows = staff(8)
    rows[4]["Hire_Date"] = "31.02.2020"
    rows[5] |= IMPOSSIBLE
    roster.say(rows)
    system = roster.system()
    run = synced(system)
    assert (run.created_count, run.refused_count) == (6, 2)
    unreadable, impossible = queue(system)
    assert (unreadable.key, unreadable.field, unreadable.run_id) == ("0000005", "/Hire_Date", run.pk)
    assert unreadable.rule.startswith("mapping.")
    assert "31.02.2020" in unreadable.reason
    assert unreadable.raw == rows[4]
    assert (impossible.key, impossible.rule) == ("0000006", "relationship.period")


def test_refused_again_for_the_same_reason_it_is_counted_not_doubled(roster: Roster) -> None:
    roster.say([*staff(4), row(**IMPOSSIBLE), {"broken": "Half a line."}, {"broken": "Half a line."}])
    system = roster.system()
    synced(system)
    synced(system)
    nameless, known = queue(system)
    assert (nameless.key, nameless.times, nameless.reason) == ("", 4, "Half a line.")
    assert (known.key, known.times) == ("0021001", 2)


def test_a_later_record_that_is_right_resolves_it(roster: Roster) -> None:
    roster.say([*staff(4), row(**IMPOSSIBLE), row(Employee_ID="0000009", **IMPOSSIBLE)])
    system = roster.system()
    synced(system)
    roster.say([*staff(4), row(), row(Employee_ID="0000009", **IMPOSSIBLE)])
    synced(system)
    assert [each.key for each in queue(system)] == ["0000009"]
    assert [each.key for each in queue(system, ExceptionState.RESOLVED)] == ["0021001"]


def test_a_record_the_source_has_no_more_is_no_exception_any_more(roster: Roster) -> None:
    roster.say([*staff(4), {"broken": "Half a line."}])
    system = roster.system()
    synced(system)
    roster.say(staff(4))
    synced(system)
    assert queue(system) == []
    assert len(queue(system, ExceptionState.RESOLVED)) == 1


def test_it_is_fixed_and_replayed(roster: Roster) -> None:
    roster.say([*staff(4), row(**IMPOSSIBLE)])
    system = roster.system()
    synced(system)
    [found] = queue(system)
    [why] = exceptions.replay([found]).values()
    assert why is not None
    assert why.rule == "relationship.period"
    exceptions.correct(found, row(End_Date="2031-01-01"))
    assert exceptions.replay([found]) == {found.pk: None}
    assert [each.state for each in queue(system, ExceptionState.REPLAYED)] == ["replayed"]
    assert context(system, "2030-06-01", key="0021001") is not None
    assert context(system, "2031-06-01", key="0021001") is None
    # Twice replayed it is applied once.
    assert exceptions.replay([found]) == {}


def test_many_are_replayed_each_by_itself(roster: Roster) -> None:
    bad = [row(Employee_ID=f"100000{number}", **IMPOSSIBLE) for number in range(3)]
    roster.say([*staff(4), *bad])
    system = roster.system()
    synced(system)
    for each in queue(system)[:2]:
        exceptions.correct(each, each.raw | {"End_Date": ""})
    replayed = exceptions.replay(queue(system))
    assert [why is None for why in replayed.values()] == [True, True, False]
    assert [each.key for each in queue(system)] == ["1000002"]


def test_what_could_not_be_read_whole_is_replayed_only_when_written_down(roster: Roster) -> None:
    roster.say([*staff(4), {"Employee_ID": "0021001", "broken": "Half a line."}])
    system = roster.system()
    synced(system)
    [found] = queue(system)
    [why] = exceptions.replay([found]).values()
    assert why is not None
    exceptions.correct(found, row())
    assert exceptions.replay([found]) == {found.pk: None}


def test_dismissed_it_is_out_of_the_way_until_it_is_refused_again(roster: Roster) -> None:
    roster.say([*staff(4), row(**IMPOSSIBLE)])
    system = roster.system()
    synced(system)
    assert exceptions.dismiss(queue(system)) == 1
    assert queue(system) == []
    synced(system)
    assert [each.times for each in queue(system)] == [1]


def test_a_text_the_database_cannot_keep_is_kept_as_well_as_can_be(roster: Roster) -> None:
    roster.say([*staff(4), row(First_Name="A\x00nn \ud800", **IMPOSSIBLE)])
    system = roster.system()
    assert synced(system).refused_count == 1
    [found] = queue(system)
    assert found.raw["First_Name"].startswith("A\N{REPLACEMENT CHARACTER}nn")


def test_a_text_the_database_cannot_keep_refuses_its_own_record_only(roster: Roster) -> None:
    roster.say([*staff(4), row(First_Name="A\x00nn")])
    system = roster.system()
    run = synced(system)
    assert (run.state, run.created_count, run.refused_count) == ("succeeded", 4, 1)
    assert queue(system)[0].rule == "mapping.text"


def test_ageing_tells_how_many_since_when_and_why(roster: Roster) -> None:
    roster.say([*staff(4), *(row(Employee_ID=f"100000{number}", **IMPOSSIBLE) for number in range(4))])
    system = roster.system()
    synced(system)
    now = timezone.now()
    for found, days in zip(queue(system), (0, 3, 20, 45), strict=True):
        SyncException.objects.filter(pk=found.pk).update(first_seen=now - timedelta(days=days))
    told = exceptions.ageing(system, now=now)
    assert (told.open, told.day, told.week, told.month, told.longer) == (4, 1, 1, 1, 1)
    assert told.oldest == now - timedelta(days=45)
    assert told.by_rule == {"relationship.period": 4}
