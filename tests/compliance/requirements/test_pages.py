"""The pages of requirements: from a template to a draft, the editor, the impact; who may not is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from compliance.models import Requirement, RequirementVersion, Waiver
from compliance.status import keep
from tests.compliance.requirements.people import Hospital

pytestmark = pytest.mark.usefixtures("database")

BASE = "/admin/compliance/requirement/"
WHO = Callable[..., Client]


@pytest.fixture
def signed_in(database: None) -> WHO:
    def make(name: str, *permissions: str) -> Client:
        user = User.objects.create_user(f"{name} {uuid4().hex[:8]}", is_staff=True)
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="compliance", codename__in=permissions)
        )
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def carla(signed_in: WHO) -> Client:
    """The compliance manager who drafts."""
    return signed_in("Carla", "view_requirement", "change_requirement")


def at(hospital: Hospital, address: str = "", **more: object) -> str:
    return f"{BASE}{address}?store={hospital.store_id}" + "".join(f"&{k}={v}" for k, v in more.items())


def test_a_template_becomes_a_draft_that_is_edited_and_put_to_review(carla: Client) -> None:
    hospital = Hospital()
    page = carla.get(at(hospital, "templates/")).content.decode()
    assert "29 CFR 1910.1030(g)(2)" in page
    assert "not verified" in page
    carla.post(at(hospital, "templates/"), {"template": "nerc-cip-004-r2"})
    row = Requirement.objects.get(store_id=hospital.store_id)
    form = carla.get(f"{BASE}{row.pk}/edit/").context["form"]
    sent = {name: value for name, value in form.initial.items() if value is not None and value is not False}
    sent |= {"for_whom": '{"units": ["ICU"]}', "change_note": "Ours."}
    assert carla.post(f"{BASE}{row.pk}/edit/", sent).status_code == 302
    version = RequirementVersion.objects.get(requirement=row)
    assert version.definition["for"] == {"units": ["ICU"]}
    assert version.definition["when"]["every"]["unit"] == "calendar_months"
    assert version.definition["citation"]["checked"]
    carla.post(f"{BASE}{row.pk}/", {"version": version.pk, "action": "submit"})
    assert RequirementVersion.objects.get(pk=version.pk).state == "review"
    assert "In review" in carla.get(f"{BASE}{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("what", "{", "This is not JSON"),
        ("what", '{"course": 7}', "/what/course"),
        ("for_whom", '{"worker_types": ["robot"]}', "/for/worker_types/0"),
        ("within_days", "-1", "greater than or equal"),
    ],
)
def test_the_editor_says_at_the_field_what_is_wrong(carla: Client, field: str, value: str, said: str) -> None:
    hospital = Hospital()
    sent = {
        "code": "R9",
        "title": "Nine",
        "what": '{"course": "BBP"}',
        "for_whom": '{"everybody": true}',
        "within_days": "30",
    }
    page = carla.post(at(hospital, "add/"), {**sent, field: value})
    assert page.status_code == 400
    assert any(said in str(each) for each in page.context["form"].errors[field])
    assert not Requirement.objects.filter(store_id=hospital.store_id).exists()
    assert carla.post(at(hospital, "add/"), sent).status_code == 302
    [made] = RequirementVersion.objects.filter(requirement__store_id=hospital.store_id)
    assert json.dumps(made.definition["what"]) == '{"course": "BBP"}'


def test_the_list_counts_states_and_the_impact_page_those_that_would_change(carla: Client) -> None:
    hospital = Hospital()
    version = hospital.required()
    keep.rebuild(hospital.store_id)
    page = carla.get(at(hospital)).content.decode()
    assert "R1" in page
    assert "Effective" in page
    impact = carla.get(f"{BASE}version/{version.pk}/impact/")
    assert impact.status_code == 200
    assert "required now" in impact.content.decode()


def test_who_only_looks_changes_nothing_and_who_may_not_look_sees_nothing(signed_in: WHO) -> None:
    hospital = Hospital()
    version = hospital.required()
    vera, gus = signed_in("Vera", "view_requirement"), signed_in("Gus")
    assert vera.get(f"{BASE}{version.requirement_id}/").status_code == 200
    for client, address in (
        (vera, "add/"),
        (vera, f"{version.requirement_id}/edit/"),
        (gus, ""),
        (gus, "templates/"),
        (gus, f"version/{version.pk}/impact/"),
    ):
        assert client.get(at(hospital, address)).status_code == 403
    assert vera.post(at(hospital, "templates/"), {"template": "iata-dgr"}).status_code == 403
    assert Requirement.objects.filter(store_id=hospital.store_id).count() == 1


def test_waivers_curricula_and_policies_are_held_against_what_they_need(signed_in: WHO) -> None:
    hospital = Hospital()
    version = hospital.required()
    carla = signed_in(
        "Carla", "view_waiver", "add_waiver", "add_curriculum", "view_curriculum", "add_reminderpolicy",
        "view_reminderpolicy", "view_reminder",
    )  # fmt: skip
    waiver = {
        "requirement": version.requirement_id,
        "kind": "waiver",
        "reason": "Leave.",
        "valid_from": "2026-01-01",
        "valid_to": "2026-02-01",
    }
    page = carla.post("/admin/compliance/waiver/add/", waiver)
    assert "Name one person" in str(page.context["adminform"].form.errors)
    assert (
        carla.post("/admin/compliance/waiver/add/", {**waiver, "rule": '{"units": ["ICU"]}'}).status_code
        == 302
    )
    [made] = Waiver.objects.filter(requirement=version.requirement)
    assert made.created_by is not None
    assert made.approved_at is None
    page = carla.post(
        "/admin/compliance/curriculum/add/",
        {"store": hospital.store_id, "code": "C", "title": "C", "what": '{"curriculum": "C"}'},
    )
    assert "not curricula" in str(page.context["adminform"].form.errors)
    policy = {"store": hospital.store_id, "name": "Soon", "days": "-30", "to": "webhook", "active": "on"}
    page = carla.post("/admin/compliance/reminderpolicy/add/", policy)
    assert "kind webhook" in str(page.context["adminform"].form.errors)
    assert carla.post("/admin/compliance/reminderpolicy/add/", {**policy, "to": "person"}).status_code == 302
    for name in ("waiver", "curriculum", "reminderpolicy", "reminder"):
        assert carla.get(f"/admin/compliance/{name}/").status_code == 200
