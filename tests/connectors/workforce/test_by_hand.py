"""Contractors and partners kept by hand stand in the same record as everybody else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.errors import Refused
from connectors.models import ChangeNote, Identifier, OrganizationUnit, Person, WorkRelationshipVersion
from connectors.workforce import as_of, by_hand
from connectors.workforce.by_hand import Kept
from tests.connectors.people import ann, day, hris, new_store, person, told


def _cara(**fields: Any) -> Kept:
    standing: dict[str, Any] = {
        "given": "Cara",
        "family": "Novak",
        "worker_type": "contractor",
        "start": date(2026, 1, 1),
        "end": date(2026, 12, 31),
        "email": "cara@agency.example.com",
        "unit": "ICU",
    }
    return Kept(**(standing | fields))


def _unit(who: Person, on: str) -> str | None:
    found = as_of.person_at(who.pk, day(on))
    return (
        None if found is None or found.unit_id is None else OrganizationUnit.objects.get(pk=found.unit_id).key
    )


def test_a_contractor_stands_in_a_department_of_hr_until_the_last_day(database: None) -> None:
    store = new_store()
    workday = hris(store=store)
    told(workday, ann())
    cara = by_hand.keep(store.pk, _cara(sponsor_id=person(workday).pk))
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
    cara = by_hand.keep(store.pk, _cara())
    [key, kept] = by_hand.kept_of(cara) or ("", None)
    assert kept == _cara()
    moved = _cara(unit="ER", effective=date(2026, 3, 1))
    assert by_hand.keep(store.pk, moved, key=key) == cara
    assert [_unit(cara, on) for on in ("2026-02-01", "2026-03-01")] == ["ICU", "ER"]
    assert list(ChangeNote.objects.filter(system__store=store).values_list("text", flat=True)) == [
        "Cara Novak: changed by hand",
        "Cara Novak: added by hand",
    ]


def test_her_address_is_hers_from_her_first_day(database: None) -> None:
    store = new_store()
    cara = by_hand.keep(store.pk, _cara(unit=""))
    [address] = Identifier.objects.filter(person=cara)
    assert address.valid.lower == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"worker_type": "employee"}, "told of by an HR system"),
        ({"given": "", "family": ""}, "needs a name"),
        ({"end": date(2025, 1, 1)}, "before the hire"),
        ({"effective": date(2025, 1, 1)}, "before the first day"),
        ({"sponsor_id": 0}, "no such sponsor"),
    ],
)
def test_what_contradicts_itself_is_refused_and_nobody_is_made(
    database: None, fields: dict[str, Any], reason: str
) -> None:
    store = new_store()
    with pytest.raises(Refused, match=reason):
        by_hand.keep(store.pk, _cara(**fields))
    assert not Person.objects.filter(store=store).exists()
