"""Jobs, units and locations that two systems of one namespace tell of: one of them has the say over each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.models import JobVersion, OrganizationUnitVersion, System
from connectors.workforce.canonical import Job, Location, Unit
from tests.connectors.people import ann, context, hris, outcome, told

pytestmark = pytest.mark.usefixtures("database")

NURSE = Job(key="RN2", title="Registered nurse")
NURSE_OF_SAP = Job(key="RN2", title="RN 2")


def both(*, sap_first: bool = False, workday: int = 100, sap: int = 100) -> tuple[System, System]:
    """Return Workday and SAP, of one store and namespace, in the order in which they were connected."""
    first, second = ("SAP", "Workday") if sap_first else ("Workday", "SAP")
    precedence = {"Workday": workday, "SAP": sap}
    one = hris(first, precedence=precedence[first])
    other = hris(second, store=one.store, precedence=precedence[second])
    return (other, one) if sap_first else (one, other)


def title(system: System, key: str = "RN2", at: str = "2026-06-01") -> tuple[str, str]:
    """Return the title of a job on a day, and the name of the system that said so."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    found = JobVersion.objects.select_related("system").get(
        job__store=system.store, job__key=key, recorded__upper_inf=True, valid__contains=moment
    )
    assert found.system is not None
    return found.title, found.system.name


def test_of_equals_the_system_connected_first_has_the_say() -> None:
    workday, sap = both()
    told(workday, NURSE, at="2026-01-15")
    assert outcome(sap, NURSE_OF_SAP, at="2026-01-16") == ["unchanged"]
    assert title(workday) == ("Registered nurse", "Workday")


def test_the_lower_precedence_has_the_say_whoever_was_connected_or_told_first() -> None:
    workday, sap = both(sap=50)
    told(workday, NURSE, at="2026-01-15")
    assert outcome(sap, NURSE_OF_SAP, at="2026-01-16") == ["created"]
    assert outcome(workday, NURSE, at="2026-01-17") == ["unchanged"]
    assert outcome(workday, Job(key="RN2", title="Nurse"), at="2026-01-18") == ["unchanged"]
    assert title(workday) == ("RN 2", "SAP")


def test_what_only_one_system_tells_of_is_its_own() -> None:
    workday, sap = both()
    told(workday, NURSE)
    assert outcome(sap, Job(key="WELD", title="Welder")) == ["created"]
    assert outcome(sap, Job(key="WELD", title="Welder II"), at="2026-02-01") == ["changed"]
    assert title(sap, "WELD") == ("Welder II", "SAP")


def test_systems_of_other_namespaces_do_not_meet() -> None:
    workday = hris()
    sap = hris("SAP", store=workday.store, namespace="sap")
    told(workday, NURSE)
    assert outcome(sap, NURSE_OF_SAP) == ["created"]


def test_systems_of_other_stores_do_not_meet() -> None:
    told(hris(), NURSE)
    assert outcome(hris("SAP"), NURSE_OF_SAP) == ["created"]


def test_what_another_system_changed_before_is_put_right_by_the_next_run() -> None:
    workday, sap = both(workday=100, sap=50)
    told(workday, NURSE, at="2026-01-15")
    told(sap, NURSE_OF_SAP, at="2026-01-16")
    System.objects.filter(pk=sap.pk).update(precedence=200)
    assert outcome(workday, NURSE, at="2026-01-17") == ["changed"]
    assert title(workday) == ("Registered nurse", "Workday")
    assert title(workday, at="2026-01-16")[0] == "RN 2"
    assert outcome(workday, NURSE, at="2026-01-18") == ["unchanged"]


def test_a_precedence_that_changed_is_followed_by_a_system_that_says_what_it_said() -> None:
    workday, sap = both()
    told(workday, NURSE, at="2026-01-15")
    told(sap, NURSE_OF_SAP, at="2026-01-16")
    System.objects.filter(pk=sap.pk).update(precedence=50)
    assert outcome(sap, NURSE_OF_SAP, at="2026-01-17") == ["changed"]
    assert title(workday) == ("RN 2", "SAP")
    assert outcome(workday, NURSE, at="2026-01-18") == ["unchanged"]
    assert title(workday) == ("RN 2", "SAP")


def test_units_and_locations_have_owners_too() -> None:
    workday, sap = both()
    told(workday, Unit(key="ICU", name="Intensive care"), Location(key="L1", name="Main", city="Berlin"))
    later = Unit(key="ICU", name="Intensive", parent="HOSP"), Location(key="L1", name="Main", city="Bonn")
    assert outcome(sap, *later) == ["unchanged", "unchanged"]
    [version] = OrganizationUnitVersion.objects.filter(unit__store=sap.store, unit__key="ICU")
    assert (version.name, version.parent_id) == ("Intensive care", None)


def test_a_thing_told_in_slices_has_an_owner_whatever_period_another_tells_of() -> None:
    workday, sap = both()
    told(
        workday,
        Job(key="RN2", title="Nurse", valid_from=date(2020, 1, 1), valid_to=date(2025, 12, 31)),
        Job(key="RN2", title="Registered nurse", valid_from=date(2026, 1, 1)),
    )
    assert outcome(sap, Job(key="RN2", title="RN 2", valid_from=date(2026, 3, 1))) == ["unchanged"]
    assert title(workday) == ("Registered nurse", "Workday")
    assert title(workday, at="2025-06-01") == ("Nurse", "Workday")


def test_a_slice_another_system_overwrote_is_told_again() -> None:
    workday, sap = both(sap=50)
    since = Job(key="RN2", title="Registered nurse", valid_from=date(2026, 1, 1))
    told(workday, since)
    told(sap, NURSE_OF_SAP, at="2026-02-01")
    System.objects.filter(pk=sap.pk).update(precedence=200)
    told(workday, since, at="2026-03-01")
    assert title(workday) == ("Registered nurse", "Workday")


def test_workers_of_both_systems_have_the_job_of_the_one_that_has_the_say() -> None:
    workday, sap = both()
    told(workday, NURSE, ann("21001"))
    told(sap, NURSE_OF_SAP, ann("S1"))
    jobs = {context(system, "2026-02-01", key=key) for system, key in ((workday, "21001"), (sap, "S1"))}
    assert len({found.job_id for found in jobs if found is not None}) == 1
    assert title(sap) == ("Registered nurse", "Workday")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations(list(product(range(3), ("RN2", "MD1")))),
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
)
def test_whatever_the_order_of_runs_each_job_is_as_the_first_in_rank_says(
    order: list[tuple[int, str]], precedences: list[int]
) -> None:
    first = hris("System 0", precedence=precedences[0])
    systems = [first] + [
        hris(f"System {place}", store=first.store, precedence=precedences[place]) for place in (1, 2)
    ]
    for number, (place, key) in enumerate(order):
        told(systems[place], Job(key=key, title=f"{key} of {place}"), at=f"2026-01-{number + 1:02}")
    best = min(range(3), key=lambda place: (precedences[place], place))
    for key in ("RN2", "MD1"):
        assert title(first, key) == (f"{key} of {best}", f"System {best}")
