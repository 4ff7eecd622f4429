"""Workday through the sync engine: what the hub knows afterwards is what the company says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors import vault
from connectors.models import (
    Identifier,
    PersonKey,
    PersonVersion,
    RunMode,
    SyncException,
    SyncRun,
    WorkAssignmentVersion,
    WorkRelationshipVersion,
)
from connectors.sync import page
from connectors.sync import run as runs
from simulators import workday
from simulators.population import population
from tests.connectors.adapters.workday.company import ANN, BOB, CY, DEE, EVE, FAY, company, day
from tests.connectors.adapters.workday.tenant import Tenant, noon, tenant

CHANGES = RunMode.CHANGES


@pytest.fixture
def meridian_hub(database: None) -> Iterator[Tenant]:
    """The company of a few people, with a hub connected to it."""
    with tenant(company()) as found:
        yield found


@pytest.fixture
def crowd(database: None) -> Iterator[Tenant]:
    """Sixty workers over a year, with a hub connected to their system."""
    with tenant(population(60, 1)) as found:
        yield found


def counts(run: SyncRun) -> dict[str, int]:
    names = ("created", "changed", "unchanged", "ended", "refused")
    return {name: count for name in names if (count := getattr(run, f"{name}_count"))}


def unit(hub: Tenant, wid: str, on: str) -> str | None:
    """Return the unit somebody was in on a day, as known now."""
    found = hub.found(day(on)).get(wid)
    return found["unit"][-1] if found is not None else None


def engagements(hub: Tenant, wid: str) -> list[tuple[str, date | None, str]]:
    """Return kind and hire day of each engagement, and whether it has an end."""
    person = PersonKey.objects.get(system=hub.system, key=wid).person
    found = WorkRelationshipVersion.objects.filter(relationship__person=person, recorded__upper_inf=True)
    return [(each.hire_kind, each.hire_date, _end(each.valid.upper)) for each in found.order_by("valid")]


def _end(moment: datetime | None) -> str:
    return "open" if moment is None else f"{moment:%Y-%m-%d}"


def test_after_each_run_and_ever_after_the_hub_says_what_the_company_says(crowd: Tenant) -> None:
    company_ = crowd.population
    days = [company_.since + timedelta(days=days) for days in (90, 150, 240)] + [company_.until]
    for number, each in enumerate(days):
        run = crowd.run(noon(each), CHANGES if number else RunMode.FULL)
        assert (run.state, run.message, run.refused_count) == ("succeeded", "", 0)
        assert crowd.found(each) == crowd.expected(each, noon(each))
    assert {each["type"] for each in crowd.found(days[-1]).values()} >= {"employee", "contractor"}
    # Late entries and corrections have come since, and changed what is known of earlier days; also of those
    # between the runs, on which nobody looked.
    for later in range(0, (days[-1] - days[0]).days, 20):
        between = days[0] + timedelta(days=later)
        assert crowd.found(between) == crowd.expected(between, noon(days[-1]))
    names = dict(
        PersonVersion.objects.filter(
            system=crowd.system, recorded__upper_inf=True, valid__contains=noon(days[-1])
        ).values_list("person__keys__key", "formatted_name")
    )
    at_work = [
        at for at in company_.as_of(days[-1], noon(days[-1])) if at.worker.wid in crowd.found(days[-1])
    ]
    assert {at.worker.wid: at.name.formatted for at in at_work}.items() <= names.items()
    emails = set(
        Identifier.objects.filter(
            system=crowd.system, type="email", recorded__upper_inf=True, valid__contains=noon(days[-1])
        ).values_list("person__keys__key", "value")
    )
    assert {(at.worker.wid, at.email) for at in at_work if at.email} <= emails


def test_a_second_full_run_finds_nothing_new(crowd: Tenant) -> None:
    at = noon(crowd.population.until)
    first = crowd.run(at)
    told = first.records
    versions = WorkAssignmentVersion.objects.filter(system=crowd.system).count()
    again = crowd.run(at + timedelta(minutes=5))
    assert (again.state, again.records, counts(again)) == ("succeeded", told, {"unchanged": told})
    assert WorkAssignmentVersion.objects.filter(system=crowd.system).count() == versions
    crowd.system.refresh_from_db()
    assert crowd.system.watermark == {"as_of": again.as_of.isoformat()}


def test_a_move_entered_ahead_is_known_once_it_is_so_and_a_late_one_from_the_day_it_was(
    meridian_hub: Tenant,
) -> None:
    hub = meridian_hub
    hub.run(noon("2026-02-10"))
    hub.run(noon("2026-03-05"), CHANGES)
    assert (unit(hub, ANN, "2026-03-05"), unit(hub, BOB, "2026-03-05")) == ("ICU", "ER")
    assert (unit(hub, BOB, "2026-02-01"), unit(hub, BOB, "2026-02-02")) == ("ICU", "ER")
    run = hub.run(noon("2026-03-11"), CHANGES)
    assert run.changed_count == 1
    assert (unit(hub, ANN, "2026-03-09"), unit(hub, ANN, "2026-03-10")) == ("ICU", "ER")


def test_a_hire_to_come_is_known_before_the_first_day_and_stays_known(meridian_hub: Tenant) -> None:
    hub = meridian_hub
    hub.run(noon("2026-02-10"))
    hub.run(noon("2026-03-07"), CHANGES)
    assert (unit(hub, CY, "2026-05-31"), unit(hub, CY, "2026-06-01")) == (None, "ICU")
    full = hub.run(noon("2026-03-08"))
    assert (full.state, full.ended_count) == ("succeeded", 0)
    assert unit(hub, CY, "2026-06-01") == "ICU"


def test_who_comes_back_has_a_second_engagement(meridian_hub: Tenant) -> None:
    hub = meridian_hub
    hub.run(noon("2026-02-10"))
    hub.run(noon("2026-03-05"), CHANGES)
    assert engagements(hub, DEE) == [("hire", day("2021-05-03"), "2026-02-28")]
    hub.run(noon("2026-05-05"), CHANGES)
    assert engagements(hub, DEE) == [
        ("hire", day("2021-05-03"), "2026-02-28"),
        ("rehire", day("2026-05-04"), "open"),
    ]
    assert [unit(hub, DEE, on) for on in ("2026-02-27", "2026-02-28", "2026-05-03", "2026-05-04")] == [
        "ICU", None, None, "ER",
    ]  # fmt: skip


def test_a_hire_that_was_taken_back_never_was(meridian_hub: Tenant) -> None:
    hub = meridian_hub
    hub.run(noon("2026-02-10"))
    hub.run(noon("2026-03-05"), CHANGES)
    before = timezone.now()
    assert unit(hub, EVE, "2026-03-09") == "ICU"
    run = hub.run(noon("2026-03-07"), CHANGES)
    assert run.ended_count == 1
    assert unit(hub, EVE, "2026-03-09") is None
    assert engagements(hub, EVE) == []
    # What was known then is still known to have been known.
    assert EVE in hub.found(day("2026-03-09"), before)


def test_killed_between_pages_a_run_goes_on_without_loss_or_doubling(
    crowd: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.set(count=10)
    at = noon(crowd.population.until)
    run = crowd.begin(at)
    take = page.Taker.take
    taken: list[Any] = []

    def dies(self: page.Taker, *args: Any) -> None:
        if len(taken) == 3:
            raise SystemExit
        taken.append(args)
        take(self, *args)

    with monkeypatch.context() as patched:
        patched.setattr(page.Taker, "take", dies)
        with pytest.raises(SystemExit):
            runs.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.records, run.checkpoint["page"]) == ("running", 30, 4)
    SyncRun.objects.filter(pk=run.pk).update(heartbeat=timezone.now() - timedelta(hours=1))
    asked = len(crowd.server.log)
    done = runs.carry_on(run.pk)
    assert done.state == "succeeded"
    assert b"<ns0:Page>4</ns0:Page>" in crowd.server.log[asked].request.body
    everybody = {at_.worker.wid for at_ in crowd.population.as_of(at.date(), at)}
    assert set(PersonKey.objects.filter(system=crowd.system).values_list("key", flat=True)) == everybody
    assert (done.records, done.created_count) == (len(everybody), len(everybody))
    assert crowd.found(at.date()) == crowd.expected(at.date(), at)


def test_asked_for_a_pause_the_run_waits_that_long(meridian_hub: Tenant) -> None:
    meridian_hub.server.faults.throttle(retry_after=900)
    run = meridian_hub.run(noon("2026-03-05"))
    assert run.state == "waiting"
    assert run.next_attempt is not None
    assert run.next_attempt > timezone.now() + timedelta(seconds=800)
    assert runs.carry_on(run.pk, at_once=True).state == "succeeded"


def test_a_malformed_worker_is_an_exception_and_the_others_are_applied(meridian_hub: Tenant) -> None:
    hub = meridian_hub
    hub.server.faults.arm("malformed worker", 1)
    run = hub.run(noon("2026-02-10"))
    assert (run.state, counts(run)) == ("succeeded", {"created": 3, "refused": 1})
    [kept] = SyncException.objects.filter(system=hub.system)
    assert (kept.key, kept.rule) == (ANN, "mapping.date")
    assert kept.field == "/Worker_Data/Employment_Data/Worker_Status_Data/Hire_Date"
    assert unit(hub, BOB, "2026-02-10") == "ICU"
    # Once it is put right in Workday, the next run takes it.
    assert counts(hub.run(noon("2026-02-11"))) == {"created": 1, "unchanged": 3}
    kept.refresh_from_db()
    assert kept.state != "open"


def test_a_wrong_password_is_the_end_at_once_and_said_in_a_sentence(meridian_hub: Tenant) -> None:
    vault.keep(meridian_hub.system, "password", "S3cret-but-wrong")
    run = meridian_hub.run(noon("2026-03-05"))
    assert (run.state, run.attempts, len(meridian_hub.server.log)) == ("failed", 1, 1)
    assert run.message.startswith(
        "Workday at 127.0.0.1 refuses the integration system user: invalid username or password."
    )
    assert "S3cret" not in run.message


def test_where_rows_move_the_run_fails_and_ends_nobody(crowd: Tenant) -> None:
    at = noon(crowd.population.until)
    crowd.run(at)
    before = crowd.found(at.date())
    crowd.server.faults.arm("shift", 1)
    run = crowd.run(at + timedelta(hours=1))
    assert (run.state, run.ended_count) == ("failed", 0)
    assert "rows moved" in run.message
    assert crowd.found(at.date()) == before


def test_a_right_that_is_taken_away_ends_and_blanks_nothing(meridian_hub: Tenant) -> None:
    hub = meridian_hub
    hub.run(noon("2026-02-10"))
    before = hub.found(day("2026-02-11"))
    hub.server.withheld |= {
        "Organization_Data", "Management_Chain_Data", "Business_Site_Summary_Data", "Contact_Data",
        "Job_Profile_Summary_Data", "Job_Classification_Summary_Data",
    }  # fmt: skip
    run = hub.run(noon("2026-02-11"))
    assert (run.state, counts(run)) == ("succeeded", {"unchanged": 4})
    assert hub.found(day("2026-02-11")) == before
    held = Identifier.objects.filter(system=hub.system, type="email", recorded__upper_inf=True)
    assert all(each.valid.upper is None for each in held)
    # With the right given back, what happened meanwhile is taken over.
    hub.server.withheld.clear()
    hub.run(noon("2026-03-11"))
    assert unit(hub, ANN, "2026-03-11") == "ER"


def test_a_report_is_synced_and_an_expired_token_is_made_anew(database: None) -> None:
    with tenant(company(), interface="raas", sign_in="oauth", client_id=workday.CLIENT_ID) as hub:
        hub.system.settings.pop("count")
        hub.system.save()
        run = hub.run(noon("2026-03-05"))
        assert (run.state, counts(run)) == ("succeeded", {"created": 6})
        fay = PersonKey.objects.get(system=hub.system, key="0000166")
        found = hub.found(day("2026-03-05"))
        assert found["0000161"]["unit"] == ["MER", "ICU"]
        assert found["0000161"]["manager"] == fay.key
        hub.server.faults.expire_tokens()
        assert counts(hub.run(noon("2026-03-05") + timedelta(minutes=5))) == {"unchanged": 6}


def test_an_empty_report_ends_nobody(database: None) -> None:
    with tenant(company(), interface="raas") as hub:
        hub.run(noon("2026-03-05"))
        before = hub.found(day("2026-03-05"))
        run = hub.run(noon("2025-01-01"))
        assert (run.state, run.message.split(".")[0]) == ("failed", "The report is empty")
        assert hub.found(day("2026-03-05")) == before
        assert FAY not in before


def test_the_simulated_company_is_the_one_the_tests_mean() -> None:
    assert {each.wid for each in company().workers} == {ANN, BOB, CY, DEE, EVE, FAY}
