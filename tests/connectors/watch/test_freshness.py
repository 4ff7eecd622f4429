"""How fresh the data of systems and LMSs is, and which LMS has gone silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.models import RunState, SourceHabit, System
from connectors.watch import freshness, metrics, silence
from connectors.watch.rhythm import HOUR, start_of_hour
from lrs import feed
from tests.connectors.people import hris, new_store
from tests.connectors.watch.watching import looked_at, new_source, open_alerts, posted, ran
from tests.fixtures import Hub
from tests.statements import statement


def fresh(system: System) -> freshness.SystemFreshness:
    return next(each for each in freshness.systems() if each.system == system)


def source_of(store: Any) -> freshness.SourceFreshness:
    return next(each for each in freshness.sources() if each.heard.standing.store_id == store.pk)


@pytest.fixture
def workday(database: None) -> System:
    return hris(state="live", every_minutes=60, freshness_minutes=120)


def caught_up() -> None:
    """Have the statistics count everything, so that they are judged up to now."""
    while feed.lag("lrs.statistics").statements:
        feed.run("lrs.statistics")


def test_the_age_counts_from_the_moment_the_source_was_read(workday: System) -> None:
    ran(workday, ago=timedelta(minutes=30), as_of=timezone.now() - timedelta(minutes=100))
    found = fresh(workday)
    assert found.age is not None
    assert 99 * 60 < found.age < 102 * 60
    assert found.light == "ageing"


def test_the_last_runs_make_the_error_rate(workday: System) -> None:
    for hours in range(6, 2, -1):
        ran(workday, ago=HOUR * hours)
    ran(workday, ago=HOUR, state=RunState.FAILED)
    found = fresh(workday)
    assert found.error_rate == 0.2
    assert [good for good, _ in found.runs] == [True] * 4 + [False]
    assert found.durations is not None
    assert found.durations.half == 600


def test_a_change_arrives_between_one_run_and_the_end_of_the_next(workday: System) -> None:
    for hours in (5, 4, 3, 2):
        ran(workday, ago=HOUR * hours)
    lag = fresh(workday).lag
    assert lag is not None
    # A run takes ten minutes; a change waits up to an hour for the next.
    assert lag.half == pytest.approx(40 * 60, abs=60)
    assert lag.most == pytest.approx(67 * 60, abs=60)


def test_a_system_without_runs_has_no_age_to_tell(database: None) -> None:
    found = fresh(hris(state="draft"))
    assert (found.age, found.light, found.error_rate, found.lag) == (None, "unjudged", None, None)


def test_an_lms_is_known_by_its_statements(hub: Hub) -> None:
    moodle = hub.caller()
    late = timezone.now() - timedelta(minutes=10)
    moodle.store(statement(timestamp=late.isoformat()), statement(timestamp=late.isoformat()))
    moodle.post({"actor": {}}).expect(400)
    caught_up()
    found = next(each for each in freshness.sources() if each.heard.standing.store_id == moodle.store_id)
    assert found.heard.standing.statements == 2
    assert found.refusal_rate == pytest.approx(1 / 3)
    assert found.delay is not None
    assert found.delay.median == pytest.approx(600, abs=30)
    assert found.light == "unjudged"


@pytest.fixture
def round_the_clock(database: None) -> Any:
    """A store whose LMS posted in every hour for five weeks, and then fell silent twelve hours ago."""
    store = new_store()
    last = start_of_hour(timezone.now()) - HOUR * 12
    posted(new_source(store), {last - HOUR * place: 20 for place in range(24 * 35)})
    silence.learn()
    caught_up()
    return store


def test_an_lms_that_usually_posts_and_does_not_is_told(round_the_clock: Any) -> None:
    assert source_of(round_the_clock).light == "silent"
    looked_at(round_the_clock)
    [alert] = open_alerts(round_the_clock, "silent")
    assert "Moodle Berlin has posted nothing for 1" in alert.text


def test_it_is_over_with_the_next_statement(round_the_clock: Any) -> None:
    looked_at(round_the_clock)
    source = source_of(round_the_clock).heard.standing
    model = type(new_source(round_the_clock, "Other"))
    posted(model.objects.get(pk=source.source_id), {start_of_hour(timezone.now()): 1})
    looked_at(round_the_clock)
    assert open_alerts(round_the_clock, "silent") == []


def test_an_lms_that_was_turned_off_is_not_silent(round_the_clock: Any) -> None:
    model = type(new_source(round_the_clock, "Other"))
    model.objects.filter(store=round_the_clock).update(active=False)
    looked_at(round_the_clock)
    assert open_alerts(round_the_clock, "silent") == []


def test_learning_again_does_not_make_it_used_to_the_silence(round_the_clock: Any) -> None:
    source_id = source_of(round_the_clock).heard.standing.source_id
    before = SourceHabit.objects.get(source_id=source_id)
    silence.learn()
    after = SourceHabit.objects.get(source_id=source_id)
    assert (after.patience, after.usual_hours) == (before.patience, before.usual_hours)


def test_what_is_stored_but_not_counted_yet_is_no_silence(round_the_clock: Any, hub: Hub) -> None:
    hub.caller().store(statement())
    now = timezone.now() + timedelta(hours=13)
    # Thirteen hours of counting are missing; judged is up to where it stopped.
    [heard] = silence.heard(now, stores=[round_the_clock.pk])
    assert heard.quiet is not None
    assert heard.quiet.missed < 14
    caught_up()


def test_a_young_lms_is_not_judged(database: None) -> None:
    store = new_store()
    last = start_of_hour(timezone.now()) - HOUR * 30
    posted(new_source(store), {last - HOUR * place: 20 for place in range(24 * 7)})
    silence.learn()
    caught_up()
    assert source_of(store).light == "unjudged"


def test_the_numbers_are_there_for_prometheus(round_the_clock: Any, workday: System) -> None:
    ran(workday, ago=HOUR)
    looked_at(round_the_clock)
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in metrics.families()
        for sample in family.samples
    }
    source_id = source_of(round_the_clock).heard.standing.source_id
    assert told["connectors_source_silent", str(source_id)] == 1
    assert told["connectors_data_age_target_seconds", str(workday.pk)] == 7200
    assert told["connectors_alerts_open", "silent"] >= 1
