"""What is remembered of actors is what the database would tell, at every moment and after every change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.enrichment.derive import Asked, derive, derive_new, hold_off_changes
from connectors.enrichment.remembered import REMEMBERED
from connectors.identity import link
from connectors.models import StatementContext
from tests.connectors.learning import academy, actor, caught_up, learned, units
from tests.connectors.people import Assigned, Engaged, History, ann, hris, person, told
from tests.fixtures import Hub, Xapi
from tests.statements import agent

MAIL = {"mbox": "mailto:ann.21001@example.com"}
FIRST = date(2020, 1, 1)


def on(day: int) -> str:
    """Return a day by its number."""
    return str(FIRST + timedelta(days=day))


def wrong(caller: Xapi) -> int:
    """Return how many contexts of a store the database would tell otherwise when asked about each."""
    rows = StatementContext.objects.filter(store_id=caller.store_id, recorded_to=None)
    return derive([_asked(each, each.moment) for each in rows])


def _asked(row: StatementContext, moment: datetime) -> Asked:
    return Asked(row.seq, row.actor_id, row.store_id, row.source_id, moment)


moves = st.lists(
    st.tuples(st.integers(1, 200), st.sampled_from(["ICU", "ER", "LAB"]), st.booleans()),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each[0],
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves, days=st.lists(st.integers(0, 260), min_size=1, max_size=12), end=st.integers(201, 250))
def test_every_context_is_the_one_the_database_tells(
    hub: Hub, moves: list[tuple[int, str, bool]], days: list[int], end: int
) -> None:
    moodle, store = academy(hub, store=uuid4().hex)
    workday = hris(store=store)
    starts = [FIRST, *(FIRST + timedelta(days=day) for day, _, _ in sorted(moves))]
    units_then = ["ICU", *(unit for _, unit, _ in sorted(moves))]
    ends = [*(each - timedelta(days=1) for each in starts[1:]), None]
    assigned = tuple(
        Assigned(valid_from=start, valid_to=until, unit=unit, job="RN2", status="leave" if away else "active")
        for start, until, unit, away in zip(
            starts, ends, units_then, [False, *(away for _, _, away in sorted(moves))], strict=True
        )
    )
    engaged = Engaged(hire_date=FIRST, end_date=FIRST + timedelta(days=end), assignments=assigned)
    told(workday, ann(history=History.WHOLE, relationships=(engaged,)))
    for day in days:
        learned(moodle, MAIL, on(day))
    caught_up()
    for day in days:
        learned(moodle, MAIL, on(day))
        learned(moodle, agent("nobody"), on(day))
    caught_up()
    assert wrong(moodle) == 0


def test_a_change_is_heeded_by_the_statements_that_come_after_it(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann())
    learned(moodle, MAIL, "2026-02-09")
    caught_up()
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-03-01")
    between = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    after = learned(moodle, MAIL, "2026-02-11")
    caught_up()
    assert units(moodle, between, after) == ["ER", "ER"]


def test_a_link_made_by_hand_is_heeded_by_the_statements_that_come_after_it(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann())
    before = learned(moodle, agent("annie"), "2026-02-09")
    caught_up()
    assert units(moodle, before) == ["Nobody is known by this actor"]
    link.link(actor(moodle, "mailto:annie@example.com").pk, person(workday).pk)
    caught_up()
    after = learned(moodle, agent("annie"), "2026-02-10")
    caught_up()
    assert units(moodle, before, after) == ["ICU", "ICU"]


def test_what_was_rolled_back_is_not_remembered(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann())
    learned(moodle, MAIL, "2026-02-09")
    caught_up()
    REMEMBERED.forget()
    [row] = StatementContext.objects.filter(store_id=moodle.store_id, recorded_to=None)
    with transaction.atomic():
        hold_off_changes()
        derive_new([_asked(row, datetime(2026, 2, 10, tzinfo=UTC))], "connectors.enrichment")
        transaction.set_rollback(True)
    assert REMEMBERED.find(row.actor_id, row.moment) is None
    with transaction.atomic():
        hold_off_changes()
        derive_new([_asked(row, row.moment)], "connectors.enrichment")
    assert REMEMBERED.find(row.actor_id, row.moment) is not None
