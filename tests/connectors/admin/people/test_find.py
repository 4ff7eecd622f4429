"""People found by a beginning: all of them, each once, in order, however the pages are cut."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.admin.people import find
from connectors.identity.merge import merge
from connectors.models import System
from connectors.workforce.canonical import Identified, Named, Worker
from tests.connectors.people import ann, hris, person, told


def called(key: str, given: str, family: str, *addresses: str) -> Worker:
    return replace(
        ann(key),
        names=(Named(formatted=f"{given} {family}", given=given, family=family),),
        identifiers=tuple(Identified(type="email", value=each) for each in addresses),
    )


def pages(system: System, text: str, size: int) -> list[list[int]]:
    found, after = [], ""
    while True:
        page = find.typed(system.store_id, text, after, page=size)
        found.append(list(page.people))
        if not page.after:
            return found
        after = page.after


def ids(system: System, *keys: str) -> list[int]:
    return [person(system, key).pk for key in keys]


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_who_is_found_by_several_things_is_listed_once(database: None, size: int) -> None:
    workday = hris()
    told(
        workday,
        called("1", "Lee", "Leeson", "lee@example.com", "leeson.lee@example.com"),
        called("2", "Ann", "Lee", "lee.ann@example.com"),
        called("3", "Leonie", "Zabel", "zabel@example.com"),
        called("4", "Bob", "Miller", "leeward@example.com"),
        called("5", "Carl", "Lee", "carl@example.com"),
    )
    # lee (Ann, Carl), lee leeson, leeward; of the same word, who was made first.
    found = pages(workday, "Lee", size)
    assert [each for page in found for each in page] == ids(workday, "2", "5", "1", "4")
    assert all(len(page) <= size for page in found)


@pytest.mark.parametrize("size", [1, 2, 50])
def test_people_who_are_one_are_listed_as_the_one_they_are(database: None, size: int) -> None:
    workday = hris()
    sap = hris("SAP", store=workday.store, namespace="sap")
    told(workday, called("1", "Ann", "Lee"), called("2", "Bea", "Leeds"))
    told(sap, called("9", "Ann", "Leander"), called("8", "Ann", "Lee"))
    one, other, third = person(workday, "1"), person(sap, "9"), person(sap, "8")
    merge(other.pk, one.pk, reason="The same birthday.")
    merge(third.pk, one.pk, reason="The same birthday.")
    found = [each for page in pages(workday, "le", size) for each in page]
    assert found == ids(workday, "1", "2")


def test_another_store_is_another_search(database: None) -> None:
    workday, elsewhere = hris(), hris()
    told(workday, called("1", "Ann", "Lee"))
    told(elsewhere, called("1", "Anna", "Leeds"))
    assert pages(workday, "ann", 50) == [ids(workday, "1")]
    assert pages(elsewhere, "ann", 50) == [ids(elsewhere, "1")]
    assert pages(elsewhere, "bob", 50) == [[]]


PEOPLE = st.lists(st.tuples(*[st.sampled_from(["An", "Anna", "Änne", "a_n", "Bo"])] * 2), max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=PEOPLE, size=st.integers(1, 4))
def test_all_who_begin_so_are_found_in_the_order_of_what_begins(
    database: None, people: list[tuple[str, str]], size: int
) -> None:
    workday = hris()
    told(workday, *(called(str(place), given, family) for place, (given, family) in enumerate(people)))
    expected = []
    for place, (given_name, family) in enumerate(people):
        words = [f"{given_name} {family}".lower(), family.lower()]
        said = [each for each in words if each.startswith("an")]
        if said:
            expected.append((min(said), person(workday, str(place)).pk))
    found = [each for page in pages(workday, "an", size) for each in page]
    assert found == [pk for _, pk in sorted(expected)]
