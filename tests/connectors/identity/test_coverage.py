"""How many learners are told, by source and day: kept as contexts are derived and derived again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from connectors.identity import coverage, link
from connectors.models import StatementContext, WhyNot
from connectors.workforce.canonical import Identified
from tests.connectors.learning import academy, actor, caught_up, learned
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub, Xapi

MAIL = {"mbox": "mailto:ann.21001@example.com"}
STRANGER = {"mbox": "mailto:stranger@example.net"}


def _share(moodle: Xapi, span: str = "today") -> coverage.Share:
    [source] = coverage.by_source(moodle.store_id)
    return source.spans[span]


def test_learners_are_counted_by_what_became_of_them(hub: Hub) -> None:
    moodle, store = academy(hub)
    address = Identified(type="email", value="ann.21001@example.com", valid_from=date(2018, 1, 1))
    told(hris(store=store), replace(ann(), identifiers=(address,)))
    for actor_, on in ((MAIL, "2026-02-10"), (MAIL, "2019-01-01"), (STRANGER, "2026-02-10")):
        learned(moodle, actor_, on)
    caught_up()
    share = _share(moodle)
    assert (share.total, share.resolved, share.with_context) == (3, 2, 1)
    assert share.percent == "66.6 %"
    assert [reason[:2] for reason in share.reasons] == [
        ("Nobody is known by this actor", 1),
        ("The person had no assignment at the time", 1),
    ]


def test_what_is_derived_again_moves_from_one_reason_to_another(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann())
    for on in ("2026-02-10", "2026-02-11"):
        learned(moodle, STRANGER, on)
    caught_up()
    assert _share(moodle).by_reason == {WhyNot.ACTOR_UNKNOWN: 2}
    link.link(actor(moodle, "mailto:stranger@example.net").pk, person(workday).pk)
    caught_up()
    assert {why: count for why, count in _share(moodle, "all").by_reason.items() if count} == {0: 2}
    counted = StatementContext.objects.filter(store_id=moodle.store_id, recorded_to=None).count()
    assert sum(_share(moodle, "all").by_reason.values()) == counted


def test_what_is_no_person_counts_neither_for_nor_against(hub: Hub) -> None:
    moodle, store = academy(hub)
    told(hris(store=store), ann())
    learned(moodle, MAIL, "2026-02-10")
    learned(moodle, STRANGER, "2026-02-10")
    caught_up()
    link.ignore(actor(moodle, "mailto:stranger@example.net").pk)
    caught_up()
    share = _share(moodle)
    assert (share.total, share.percent) == (1, "100 %")


def test_days_are_those_of_arrival(hub: Hub) -> None:
    moodle, _ = academy(hub)
    learned(moodle, MAIL, "2019-02-10")
    caught_up()
    days = coverage.by_day(moodle.store_id, 7)
    assert len(days) == 7
    assert days[-1][0] == datetime.now(UTC).date()
    assert isinstance(days[0][0], date)
    assert [share.total for _, share in days][-1] + [share.total for _, share in days][-2] == 1


def test_metrics_tell_learners_by_source_and_reason(hub: Hub) -> None:
    moodle, _ = academy(hub)
    learned(moodle, MAIL, "2026-02-10")
    caught_up()
    assert moodle.issued is not None
    source = str(moodle.issued.credential.source_id)
    [family] = coverage.families()
    mine = {each.labels["why_not"]: each.value for each in family.samples if each.labels["source"] == source}
    assert mine == {"actor_unknown": 1}
