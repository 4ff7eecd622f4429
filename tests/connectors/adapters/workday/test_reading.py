"""Reading over SOAP: pages held to one moment, the queries of a run, and rows that move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from lxml import etree

from connectors.adapters import Page, RawRecord, Reading
from connectors.adapters.workday import ADAPTER
from connectors.errors import CannotConnect, Incomplete, NotAuthorized
from simulators import workday
from simulators.population import population
from simulators.workday import Workday
from tests.connectors.adapters.workday.company import ANN, BOB, CY, DEE, EVE, FAY
from tests.connectors.adapters.workday.tenant import noon

_NOW = noon("2026-03-05")


def reading(
    server: Workday,
    *,
    full: bool = True,
    at: datetime = _NOW,
    since: datetime | None = None,
    checkpoint: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Reading:
    return Reading(
        {**workday.settings(server.url), **settings},
        workday.secrets(),
        at,
        full,
        {"as_of": since.isoformat()} if since else {},
        checkpoint or {},
    )


def pages(wanted: Reading) -> list[Page]:
    return list(ADAPTER.read(wanted))


def records(wanted: Reading) -> list[RawRecord]:
    return [record for page in pages(wanted) for record in page.records]


def kinds(wanted: Reading) -> dict[str, str]:
    return {each.key: each.kind for each in records(wanted)}


def requests(server: Workday) -> list[etree._Element]:
    return [etree.fromstring(each.request.body) for each in server.log]


def said(server: Workday, name: str) -> list[str]:
    """Return what each request said, where it said something."""
    found = [each.findtext(f".//{{*}}{name}") for each in requests(server)]
    return [each for each in found if each is not None]


def test_every_page_is_held_to_the_moment_of_the_run_also_after_a_resumption(
    meridian: Workday, clock: list[datetime]
) -> None:
    first, *_ = ADAPTER.read(reading(meridian, count=2))
    assert (first.total, first.checkpoint["page"]) == (4, 2)
    # Half an hour later, in another process.
    clock[0] = noon("2026-03-06")
    rest = pages(reading(meridian, count=2, checkpoint=first.checkpoint))
    told = [each.key for page in (first, *rest) for each in page.records]
    assert told == [ANN, BOB, DEE, FAY, CY, EVE]
    assert {each[:19] for each in said(meridian, "As_Of_Entry_DateTime")} == {"2026-03-05T12:00:00"}
    # Cy and Eve are to come, and read as of their first days.
    assert set(said(meridian, "As_Of_Effective_Date")) == {"2026-03-05", "2026-03-09", "2026-06-01"}
    assert rest[-1].checkpoint["query"] is None
    assert pages(reading(meridian, checkpoint=rest[-1].checkpoint)) == []


def test_everything_is_everybody_and_who_is_to_come(meridian: Workday) -> None:
    found = {each.key: each for each in records(reading(meridian))}
    assert set(found) == {ANN, BOB, CY, DEE, EVE, FAY}
    cy = found[CY].raw
    assert cy["As_Of_Effective_Date"] == "2026-06-01"
    [job] = cy["Worker_Data"]["Employment_Data"]["Worker_Job_Data"]
    assert job["Position_Data"]["Effective_Date"] == "2026-06-01"
    assert "As_Of_Effective_Date" not in found[ANN].raw


def test_without_leavers_only_who_is_at_work_is_read(meridian: Workday) -> None:
    assert set(kinds(reading(meridian, leavers=False, future_days=0))) == {ANN, BOB, FAY}


def test_changes_are_what_was_entered_and_what_became_effective(
    meridian: Workday, clock: list[datetime]
) -> None:
    # Ann's move was entered before, and takes effect later; Bob's was entered in these days, of February;
    # Dee's last day was the day before them, which may still have been going on elsewhere.
    clock[0] = noon("2026-03-05")
    since_march = reading(meridian, full=False, since=noon("2026-03-01"))
    assert kinds(since_march) == dict.fromkeys((BOB, CY, DEE, EVE), "worker")
    clock[0] = noon("2026-03-11")
    later = reading(meridian, full=False, at=clock[0], since=noon("2026-03-07"))
    assert kinds(later) == {ANN: "worker"}
    [ann] = records(later)
    [job] = ann.raw["Worker_Data"]["Employment_Data"]["Worker_Job_Data"]
    assert job["Position_Data"]["Effective_Date"] == "2026-03-10"


def test_a_hire_to_come_is_read_again_as_of_its_day(meridian: Workday) -> None:
    changes = reading(meridian, full=False, since=noon("2026-03-02"))
    [cy] = [each for each in records(changes) if each.key == CY]
    assert cy.raw["As_Of_Effective_Date"] == "2026-06-01"
    again = [each for each in requests(meridian) if each.find(".//{*}Request_References") is not None]
    assert {each.findtext(".//{*}Request_References//{*}ID") for each in again} >= {CY}


def test_a_hire_that_was_taken_back_is_told_as_rescinded(meridian: Workday, clock: list[datetime]) -> None:
    clock[0] = noon("2026-03-07")
    changes = reading(meridian, full=False, at=clock[0], since=noon("2026-03-05"))
    assert kinds(changes)[EVE] == "rescinded"
    # Nobody asks for hires by name: Workday keeps it to itself.
    unnamed = reading(
        meridian, full=False, at=clock[0], since=noon("2026-03-05"), transaction_types=["Change Job"]
    )
    assert EVE not in kinds(unnamed)
    assert kinds(reading(meridian, at=clock[0], since=noon("2026-03-05")))[EVE] == "rescinded"


@pytest.fixture
def crowd() -> Any:
    with workday.simulate(population(60, 1), now=lambda: noon("2026-10-31")) as server:
        yield server


@pytest.mark.parametrize(
    ("fault", "times", "reason"),
    [("repeat", 1, "earlier page again"), ("shift", 1, "earlier page again"), ("shift", 9, "and gave")],
)
def test_rows_that_move_between_pages_are_noticed(
    crowd: Workday, fault: str, times: int, reason: str
) -> None:
    crowd.faults.arm(fault, times)
    with pytest.raises(Incomplete, match=reason):
        pages(reading(crowd, at=noon("2026-10-31"), count=10))


def test_a_total_that_is_another_after_a_resumption_is_noticed(crowd: Workday) -> None:
    first = next(iter(ADAPTER.read(reading(crowd, at=noon("2026-10-31"), count=10))))
    # Somebody changed what the user may see.
    other = {**first.checkpoint, "rows": first.checkpoint["rows"] + 3}
    with pytest.raises(Incomplete, match="rows moved between pages"):
        pages(reading(crowd, at=noon("2026-10-31"), count=10, checkpoint=other))


def test_a_page_that_comes_again_after_a_resumption_is_noticed(crowd: Workday) -> None:
    first = next(iter(ADAPTER.read(reading(crowd, at=noon("2026-10-31"), count=10))))
    crowd.faults.arm("repeat", 1)
    with pytest.raises(Incomplete, match="earlier page again on page 2"):
        pages(reading(crowd, at=noon("2026-10-31"), count=10, checkpoint=first.checkpoint))


def test_nobody_at_all_is_not_everybody_gone(meridian: Workday) -> None:
    with pytest.raises(Incomplete, match="no worker at all"):
        pages(reading(meridian, at=noon("2025-01-01")))


def test_without_status_and_dates_nothing_can_be_read(meridian: Workday) -> None:
    meridian.withheld.add("Employment_Data")
    with pytest.raises(NotAuthorized, match="no status and no dates"):
        pages(reading(meridian))


def test_a_worker_without_a_wid_is_told_as_broken_beside_the_others(meridian: Workday) -> None:
    meridian.faults.arm("nameless worker", 1)
    found = records(reading(meridian, future_days=0))
    assert [bool(each.broken) for each in found] == [True, False, False, False]


def test_an_answer_that_breaks_off_is_asked_for_again(meridian: Workday) -> None:
    meridian.faults.malform()
    with pytest.raises(CannotConnect):
        pages(reading(meridian))
    assert len(records(reading(meridian))) == 6


def finding(server: Workday, what: str, secrets: Mapping[str, str] | None = None) -> tuple[bool, str]:
    wanted = reading(server)
    if secrets is not None:
        wanted = Reading(wanted.settings, secrets, _NOW, True)
    [found] = [each for each in ADAPTER.test(wanted) if each.what == what]
    return found.ok, found.detail


def test_trying_a_connection_tells_how_far_it_comes(meridian: Workday) -> None:
    assert all(each.ok for each in ADAPTER.test(reading(meridian)))
    assert finding(meridian, "Read workers") == (True, "3 workers are there.")
    ok, detail = finding(meridian, "Sign in", {"password": "wrong"})
    assert not ok
    assert "invalid username or password" in detail
    meridian.stop()
    assert [each.ok for each in ADAPTER.test(reading_of_nothing())] == [False]


def reading_of_nothing() -> Reading:
    settings = workday.settings("http://127.0.0.1:9") | {"allow_private": False}
    return Reading(settings, workday.secrets(), _NOW, True)


def test_trying_a_connection_names_the_right_that_is_missing(meridian: Workday) -> None:
    meridian.withheld.add("Management_Chain_Data")
    ok, detail = finding(meridian, "Right to see management chain")
    assert not ok
    assert "3 of 3 workers come without it" in detail
    assert "Worker Data: Public Worker Reports" in detail
    assert finding(meridian, "Right to see names") == (True, "")
