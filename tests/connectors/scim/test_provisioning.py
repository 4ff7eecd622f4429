"""What an identity provider writes is known at once: hired, moved, gone, back again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from connectors.models import (
    Identifier,
    OrganizationUnit,
    PersonKey,
    SyncRun,
    System,
    WorkRelationshipVersion,
)
from connectors.scim.resources import ENTERPRISE, EXTENSION
from connectors.workforce import as_of
from tests.connectors.learning import academy, caught_up, learned, units
from tests.connectors.people import day, person
from tests.connectors.scim.idp import Idp, ann, bob, connection
from tests.fixtures import Hub
from tests.statements import statement


def now_of(system: System, key: str = "21001", at: datetime | None = None) -> as_of.Context | None:
    return as_of.person_at(person(system, key).pk, at or timezone.now())


def unit_of(system: System, key: str = "21001", at: datetime | None = None) -> str:
    context = now_of(system, key, at)
    assert context is not None
    assert context.unit_id is not None
    return OrganizationUnit.objects.get(pk=context.unit_id).key


def engagements(system: System, key: str = "21001") -> list[tuple[str, date, bool, str]]:
    """Return what is known now of each engagement: key, hire date, whether it has ended, kind of hire."""
    versions = WorkRelationshipVersion.objects.filter(
        relationship__person=person(system, key), recorded__endswith__isnull=True
    ).order_by("relationship__key")
    return [
        (each.relationship.key, each.hire_date, each.valid.upper is not None, each.hire_kind)
        for each in versions
    ]


def test_a_new_user_is_a_worker_in_the_same_request(database: None) -> None:
    entra = Idp()
    user = entra.made()
    assert user["meta"]["location"].endswith(f"/scim/v2/Users/{user['id']}")
    assert unit_of(entra.system) == "ICU"
    context = now_of(entra.system, at=day("2020-03-02"))
    assert context is not None
    assert (context.worker_type, context.hire_date) == ("employee", date(2020, 3, 1))
    known = Identifier.objects.filter(person=person(entra.system)).values_list("type", "value")
    assert ("email", "ann@example.com") in known
    assert ("employee_number", "21001") in known
    run = SyncRun.objects.get(system=entra.system)
    assert (run.mode, run.state, run.created_count) == ("live", "succeeded", 1)


def test_an_update_counts_from_now_on(database: None) -> None:
    entra = Idp()
    user = entra.made()
    before = timezone.now()
    entra.patched(
        f"/Users/{user['id']}", {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "ER"}
    )
    assert unit_of(entra.system) == "ER"
    assert unit_of(entra.system, at=before) == "ICU"
    run = SyncRun.objects.get(system=entra.system)
    assert (run.records, run.created_count, run.changed_count) == (2, 1, 1)


def test_an_effective_date_tells_since_when(database: None) -> None:
    entra = Idp()
    user = entra.made()
    told = ann(**{ENTERPRISE: {"department": "ER"}})
    told[EXTENSION]["effectiveDate"] = "2026-01-01"
    entra.send("PUT", f"/Users/{user['id']}", told).expect(200)
    assert unit_of(entra.system, at=day("2025-12-31")) == "ICU"
    assert unit_of(entra.system, at=day("2026-01-01")) == "ER"


def test_after_deprovisioning_statements_count_for_nobody_employed(hub: Hub) -> None:
    moodle, store = academy(hub)
    entra = Idp(connection(store=store))
    user = entra.made()
    mail: dict[str, Any] = {"mbox": "mailto:ann@example.com"}
    [before] = moodle.store(statement(actor=mail, timestamp=timezone.now().isoformat()))
    entra.patched(f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": False})
    [after] = moodle.store(statement(actor=mail, timestamp=timezone.now().isoformat()))
    caught_up()
    assert units(moodle, before)[0] == "ICU"
    assert units(moodle, after)[0] not in ("ICU", "")
    assert now_of(entra.system) is None


def test_a_deleted_user_has_left(database: None) -> None:
    entra = Idp()
    user = entra.made()
    entra.send("DELETE", f"/Users/{user['id']}").expect(204)
    entra.send("GET", f"/Users/{user['id']}").expect(404)
    entra.send("DELETE", f"/Users/{user['id']}").expect(404)
    assert now_of(entra.system) is None
    assert [each[2] for each in engagements(entra.system)] == [True]


def test_a_rehire_is_a_second_engagement(database: None) -> None:
    entra = Idp()
    path = f"/Users/{entra.made()['id']}"
    entra.patched(path, {"op": "replace", "path": "active", "value": False})
    between = timezone.now()
    entra.patched(path, {"op": "replace", "path": "active", "value": True})
    today = timezone.now().date()
    assert engagements(entra.system) == [
        ("1", date(2020, 3, 1), True, "hire"),
        ("2", today, False, "rehire"),
    ]
    assert unit_of(entra.system) == "ICU"
    assert now_of(entra.system, at=between) is None
    assert unit_of(entra.system, at=day("2020-03-02")) == "ICU"


def test_whoever_was_deleted_and_comes_back_is_the_same_person(database: None) -> None:
    entra = Idp()
    first = entra.made()
    known = person(entra.system)
    entra.send("DELETE", f"/Users/{first['id']}").expect(204)
    second = entra.made()
    assert second["id"] != first["id"]
    assert person(entra.system) == known
    assert [each[0] for each in engagements(entra.system)] == ["1", "2"]


def test_after_a_rehire_changes_still_count_from_now_on(database: None) -> None:
    entra = Idp()
    path = f"/Users/{entra.made()['id']}"
    for active in (False, True):
        entra.patched(path, {"op": "replace", "path": "active", "value": active})
    before = timezone.now()
    entra.patched(path, {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "ER"})
    assert (unit_of(entra.system, at=before), unit_of(entra.system)) == ("ICU", "ER")
    entra.patched(path, {"op": "replace", "path": "active", "value": False})
    assert [each[2] for each in engagements(entra.system)] == [True, True]


def test_a_user_who_was_never_active_is_nobodys_worker(database: None) -> None:
    entra = Idp()
    user = entra.made(active=False)
    assert not PersonKey.objects.filter(system=entra.system).exists()
    entra.patched(f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": True})
    assert [each[0] for each in engagements(entra.system)] == ["1"]


def test_a_replacement_that_says_nothing_of_active_rehires_nobody(database: None) -> None:
    entra = Idp()
    path = f"/Users/{entra.made()['id']}"
    entra.patched(path, {"op": "replace", "path": "active", "value": False})
    entra.send("PUT", path, ann(active=None, title="Doctor")).expect(200)
    assert entra.send("GET", path).json()["active"] is False
    assert now_of(entra.system) is None


def test_a_contractor_comes_with_sponsor_and_end_date(database: None) -> None:
    entra = Idp()
    sponsor = entra.made()
    extension = {"hireDate": "2026-01-01", "endDate": "2026-06-30", "sponsor": sponsor["id"]}
    contractor = bob(userType="Contractor", **{EXTENSION: extension})
    entra.send("POST", "/Users", contractor).expect(201)
    context = now_of(entra.system, "21002", day("2026-06-30"))
    assert context is not None
    assert context.worker_type == "contractor"
    assert now_of(entra.system, "21002", day("2026-07-01")) is None
    version = WorkRelationshipVersion.objects.get(relationship__person=person(entra.system, "21002"))
    assert version.sponsor_id == person(entra.system).pk


def test_the_manager_is_found_by_id_by_external_id_and_by_name(database: None) -> None:
    entra = Idp()
    boss = entra.made()
    for number, named in enumerate((boss["id"], "21001", "ANN@example.com")):
        key = f"3{number}"
        worker = bob(
            externalId=key,
            userName=key,
            **{ENTERPRISE: {"department": "ICU", "manager": {"value": named}}},
        )
        entra.send("POST", "/Users", worker).expect(201)
        context = now_of(entra.system, key)
        assert context is not None
        assert context.manager_id == person(entra.system).pk


def test_on_their_first_day_they_are_known_by_a_statement(hub: Hub) -> None:
    moodle, store = academy(hub)
    entra = Idp(connection(store=store))
    entra.made()
    posted = learned(moodle, {"mbox": "mailto:ann@example.com"}, "2020-03-01")
    caught_up()
    assert units(moodle, posted) == ["ICU"]
