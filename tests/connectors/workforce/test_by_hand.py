"""Contractors and partners kept by hand stand in the same record as everybody else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.errors import Refused
from connectors.models import ChangeNote, Identifier, OrganizationUnit, Person, WorkRelationshipVersion
from connectors.workforce import as_of, by_hand
from connectors.workforce.by_hand import Told
from connectors.workforce.canonical import Worker
from lrs.models import Store
from tests.connectors.people import ann, day, hris, new_store, person, told


def _cara(**fields: Any) -> dict[str, Any]:
    standing: dict[str, Any] = {
        "name": {"formatted": "Cara Novak", "given": "Cara", "family": "Novak"},
        "worker_type": "contractor",
        "start_date": date(2026, 1, 1),
        "end_date": date(2026, 12, 31),
        "identifiers": [{"type": "email", "value": "cara@agency.example.com"}],
    }
    return standing | fields


def _keep(store: Store, **fields: Any) -> Person:
    return Person.objects.get(pk=by_hand.add(Told(store.pk), _cara(**fields)).person_id)


def _id(store: Store, key: str) -> int:
    return OrganizationUnit.objects.get(store=store, key=key).pk


def _unit(who: Person, on: str) -> str | None:
    found = as_of.person_at(who.pk, day(on))
    return (
        None if found is None or found.unit_id is None else OrganizationUnit.objects.get(pk=found.unit_id).key
    )


def test_a_contractor_stands_in_a_department_of_hr_until_the_last_day(database: None) -> None:
    store = new_store()
    workday = hris(store=store)
    told(workday, ann())
    cara = _keep(store, sponsor=person(workday).pk, assignment={"unit": _id(store, "ICU")})
    found = as_of.person_at(cara.pk, day("2026-06-01"))
    sponsor = as_of.person_at(person(workday).pk, day("2026-06-01"))
    assert found is not None
    assert sponsor is not None
    assert found.unit_id == sponsor.unit_id
    assert found.worker_type == "contractor"
    assert as_of.person_at(cara.pk, day("2027-01-01")) is None
    [terms] = WorkRelationshipVersion.objects.filter(relationship__person=cara, recorded__upper_inf=True)
    assert terms.sponsor_id == person(workday).pk
    assert Person.objects.filter(store=store).count() == 2


def test_what_is_changed_keeps_what_was_so_before(database: None) -> None:
    store = new_store()
    told(hris(store=store), ann(), ann("7", unit="ER"))
    cara = _keep(store, assignment={"unit": _id(store, "ICU"), "title": "Fitter"})
    moved = {"assignment": {"unit": _id(store, "ER")}, "valid_from": date(2026, 3, 1)}
    assert by_hand.change(Told(store.pk), cara.pk, moved).person_id == cara.pk
    assert [_unit(cara, on) for on in ("2026-02-01", "2026-03-01")] == ["ICU", "ER"]
    last = by_hand.kept_of(cara)
    assert last is not None
    assert isinstance(last.record, Worker)
    assert last.record.relationships[0].assignments[0].title == "Fitter"
    assert list(ChangeNote.objects.filter(system__store=store).values_list("text", flat=True)) == [
        f"Person {cara.pk}: changed",
        f"Person {cara.pk}: kept",
    ]


def test_whom_an_hr_system_tells_of_is_not_kept_by_hand(database: None) -> None:
    workday = hris(store=new_store())
    told(workday, ann())
    assert by_hand.kept_of(person(workday)) is None
    with pytest.raises(by_hand.KeptAlready):
        by_hand.change(Told(workday.store_id), person(workday).pk, {"worker_type": "partner"})


def test_her_address_is_hers_from_her_first_day(database: None) -> None:
    [address] = Identifier.objects.filter(person=_keep(new_store()))
    assert address.valid.lower == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "pointer", "reason"),
    [
        ({"worker_type": "employee"}, "/worker_type", "told of by an HR system"),
        ({"end_date": date(2025, 1, 1)}, None, "before the hire"),
        ({"valid_from": date(2025, 1, 1)}, "/valid_from", "before the first day"),
        ({"sponsor": 0}, "/sponsor", "no such person"),
    ],
)
def test_what_contradicts_itself_is_refused_and_nobody_is_made(
    database: None, fields: dict[str, Any], pointer: str | None, reason: str
) -> None:
    store = new_store()
    with pytest.raises(Refused, match=reason) as refused:
        _keep(store, **fields)
    assert pointer is None or refused.value.field == pointer
    assert not Person.objects.filter(store=store).exists()
