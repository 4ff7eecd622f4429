"""Every statement gets the workforce context of its moment, and another when that turns out otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from connectors import changes
from connectors.identity import link, merge
from connectors.models import Context, StatementContext, System
from connectors.workforce.canonical import Ended, Identified, Job, Unit
from lrs import feed
from tests.connectors.learning import academy, actor, caught_up, contexts, learned, units
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub, Xapi, held_open
from tests.statements import agent, statement

MAIL = {"mbox": "mailto:ann.21001@example.com"}


def _hired(hub: Hub) -> tuple[Xapi, System]:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann())
    return moodle, workday


def test_a_statement_counts_for_the_unit_she_worked_in_at_its_time(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-02-01")
    before = learned(moodle, MAIL, "2026-01-31")
    after = learned(moodle, MAIL, "2026-02-01")
    caught_up()
    assert units(moodle, before, after) == ["ICU", "ER"]


def test_a_back_dated_transfer_re_derives_the_statements_after_it_and_only_those(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    days = ["2026-01-10", "2026-01-20", "2026-02-10", "2026-02-20"]
    ids = [learned(moodle, MAIL, day) for day in days]
    bob = learned(moodle, agent("bob"), "2026-02-10")
    caught_up()
    derived = {each: contexts(moodle, each)[0].recorded_from for each in [*ids, bob]}
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-03-01")
    caught_up()
    assert units(moodle, *ids) == ["ICU", "ICU", "ER", "ER"]
    again = [each for each in derived if contexts(moodle, each)[0].recorded_from != derived[each]]
    assert again == ids[2:]
    [earlier] = contexts(moodle, ids[2], ended=True)
    assert earlier.recorded_from == derived[ids[2]]
    assert earlier.recorded_to is not None


def test_what_is_derived_again_the_same_is_not_written_again(hub: Hub) -> None:
    moodle, _ = _hired(hub)
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    feed.replay("connectors.enrichment")
    caught_up()
    assert contexts(moodle, posted, ended=True) == []
    assert len(contexts(moodle, posted)) == 1


def test_a_statement_of_somebody_hr_tells_of_later_gets_its_context_then(hub: Hub) -> None:
    moodle, store = academy(hub)
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["Nobody is known by this actor"]
    told(hris(store=store), ann())
    caught_up()
    assert units(moodle, posted) == ["ICU"]


def test_a_statement_after_the_last_day_says_that_there_was_no_assignment(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    told(workday, Ended(key="21001", at=date(2026, 1, 20)), at="2026-02-01")
    posted = learned(moodle, MAIL, "2026-01-25")
    caught_up()
    assert units(moodle, posted) == ["The person had no assignment at the time"]


def test_a_group_counts_for_each_of_its_members(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    told(workday, ann("7", unit="ER"))
    group = {"objectType": "Group", "member": [MAIL, {"mbox": "mailto:ann.7@example.com"}]}
    posted = learned(moodle, group, "2026-02-10")
    caught_up()
    assert sorted(units(moodle, posted)) == ["ER", "ICU"]


def test_renaming_a_unit_or_a_job_reaches_the_statements_that_name_it(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    told(workday, Unit(key="ICU", name="Intensive care"), Job(key="RN2", title="Nurse"))
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    [first] = contexts(moodle, posted)
    told(workday, Job(key="RN2", title="Registered nurse", valid_from=date(2026, 1, 1)), at="2026-03-01")
    caught_up()
    [second] = contexts(moodle, posted)
    assert second.context_id != first.context_id
    told(workday, Unit(key="HQ", name="Head office"))
    told(
        workday,
        Unit(key="ICU", name="Intensive care", parent="HQ", valid_from=date(2026, 1, 1)),
        at="2026-03-01",
    )
    caught_up()
    [third] = contexts(moodle, posted)
    assert third.context_id is not None
    assert len(Context.objects.get(pk=third.context_id).path) == 2


def test_a_reused_address_belongs_to_whoever_held_it_at_the_time(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    worker = ann()
    new = replace(worker.identifiers[1], value="ann.miller@example.com")
    told(workday, replace(worker, identifiers=(worker.identifiers[0], new)), at="2026-02-01")
    successor = ann("99", unit="ER", hire_date=date(2026, 3, 1))
    address = Identified(type="email", value="ann.21001@example.com", valid_from=date(2026, 3, 1))
    told(workday, replace(successor, identifiers=(address,)), at="2026-03-01")
    ids = [learned(moodle, MAIL, day) for day in ("2026-01-15", "2026-02-15", "2026-03-15")]
    caught_up()
    assert units(moodle, *ids) == ["ICU", "Nobody held this identifier at the time", "ER"]


def test_a_merge_gives_one_person_the_statements_of_both_and_undoing_it_gives_them_back(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann())
    partner = hris("Partner list", store=store)
    told(
        partner,
        replace(ann("P7"), relationships=(), identifiers=(Identified(type="user_name", value="alee"),)),
    )
    account = {"account": {"homePage": "https://lms.example.com", "name": "alee"}}
    posted = learned(moodle, account, "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["The person had no assignment at the time"]
    done = merge.merge(person(partner, "P7").pk, person(workday).pk, reason="Same birth date")
    caught_up()
    assert units(moodle, posted) == ["ICU"]
    merge.undo(done.pk)
    caught_up()
    assert units(moodle, posted) == ["The person had no assignment at the time"]
    assert len(contexts(moodle, posted, ended=True)) == 2


def test_saying_by_hand_who_an_actor_is_counts_before_every_rule(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    told(workday, ann("7", unit="ER"))
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    link.link(actor(moodle, "mailto:ann.21001@example.com").pk, person(workday, "7").pk)
    caught_up()
    assert units(moodle, posted) == ["ER"]
    link.unlink(actor(moodle, "mailto:ann.21001@example.com").pk)
    caught_up()
    assert units(moodle, posted) == ["ICU"]


def test_an_actor_that_is_no_person_is_left_alone(hub: Hub) -> None:
    moodle, _ = _hired(hub)
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    link.ignore(actor(moodle, "mailto:ann.21001@example.com").pk)
    caught_up()
    assert units(moodle, posted) == ["The actor is no person"]


def test_people_of_another_store_are_never_meant(hub: Hub) -> None:
    moodle, _ = academy(hub)
    told(hris(), ann())
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["Nobody is known by this actor"]


def test_a_stored_statement_never_changes_a_byte(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    posted = learned(moodle, MAIL, "2026-02-10")
    before = moodle.get(statementId=posted).content
    caught_up()
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-03-01")
    caught_up()
    assert moodle.get(statementId=posted).content == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE connectors_statement_context SET context_id = 1 WHERE seq = %s",
        "DELETE FROM connectors_statement_context WHERE seq = %s",
        "UPDATE connectors_statement_context SET recorded_to = recorded_from WHERE seq = %s",
        "DELETE FROM connectors_context WHERE id = %s",
    ],
)
def test_what_was_derived_is_never_overwritten(hub: Hub, statement: str) -> None:
    moodle, _ = _hired(hub)
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    [row] = contexts(moodle, posted)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, (row.seq,))
    assert StatementContext.objects.filter(seq=row.seq).count() == 1


def test_a_change_waits_for_transactions_begun_before_it_and_is_then_followed_once(hub: Hub) -> None:
    moodle, workday = _hired(hub)
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    with held_open(lambda: told(hris("Another"), ann())) as commit:
        told(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-03-01")
        assert changes.run("connectors.enrichment") == 0
        assert units(moodle, posted) == ["ICU"]
        commit()
    caught_up()
    assert units(moodle, posted) == ["ER"]
    assert changes.run("connectors.enrichment") == 0


def test_a_nul_character_in_a_statement_holds_nothing_up(hub: Hub) -> None:
    moodle, _ = _hired(hub)
    odd = learned(moodle, {"name": "A\0nn", **agent("nobody")}, "2026-02-10")
    plain = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    assert units(moodle, odd, plain) == ["Nobody is known by this actor", "ICU"]
    assert actor(moodle, "mailto:nobody@example.com").name == "A\N{REPLACEMENT CHARACTER}nn"


def test_a_number_no_float_can_hold_holds_nothing_up(hub: Hub) -> None:
    moodle, _ = _hired(hub)
    huge = statement(actor=MAIL, timestamp="2026-02-10T10:00:00Z")
    text = json.dumps(huge | {"result": {"extensions": {"http://example.com/x": 7}}}).replace("7}", "1e400}")
    moodle.request("POST", "statements", body=text.encode()).expect(200)
    caught_up()
    assert units(moodle, huge["id"]) == ["ICU"]
