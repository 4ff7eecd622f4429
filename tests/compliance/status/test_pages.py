"""The pages about who is trained: the matrix, the people behind it, gaps, what falls due, one person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from compliance.access import grants
from compliance.access.roles import EVALUATOR, MANAGER, TRAINING_MANAGER
from compliance.models import Disclosure
from connectors.models import OrganizationUnit
from tests.compliance.requirements.people import YEARLY, Hospital, ago, today
from tests.compliance.signing.people import warden

pytestmark = pytest.mark.usefixtures("database")

BASE = "/admin/compliance/status/"


@pytest.fixture
def hospital() -> Hospital:
    """Ann of intensive care is required to be trained, and is overdue; Bo and Mia are not required."""
    made = Hospital()
    made.course()
    made.required()
    return made


def somebody(hospital: Hospital, role: str, *, unit: str = "") -> Client:
    """Return somebody with a role in the hospital, or in a unit of it."""
    user = User.objects.create_user(f"{role.rpartition(' ')[2]}-{uuid4().hex[:8]}", is_staff=True)
    of = OrganizationUnit.objects.get(store_id=hospital.store_id, key=unit) if unit else None
    grants.give(
        user,
        Group.objects.get(name=role),
        store_id=hospital.store_id,
        unit=of,
        by=warden(),
        reason="Looks after them.",
    )
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, hospital: Hospital, address: str = "", **query: Any) -> Any:
    answer = client.get(f"{BASE}{address}", {"store": hospital.store_id, **query})
    assert answer.status_code == 200, answer.content[:2000]
    return answer


def said(answer: Any) -> str:
    return str(answer.content.decode())


def cells(answer: Any) -> dict[str, list[str]]:
    """Return row → what its cells say."""
    return {
        row["name"]: [f"{cell['fit']}/{cell['people']}" if cell["people"] else "-" for cell in row["cells"]]
        for row in answer.context["rows"]
    }


def test_from_the_matrix_to_the_people_behind_a_cell_to_one_of_them(hospital: Hospital) -> None:
    hospital.required({**YEARLY, "for": {"units": ["ER"]}}, code="R2")
    done = hospital.completed(hospital.bo, ago(3))
    carla = somebody(hospital, MANAGER)
    matrix = page(carla, hospital)
    assert [each["code"] for each in matrix.context["columns"]] == ["R1", "R2"]
    assert cells(matrix) == {"Intensive care": ["0/1", "-"], "Emergency": ["-", "1/1"]}
    [link] = re.findall(r'class="lrs-badge lrs-bad" href="([^"]+)"', said(matrix))
    people = carla.get(unquote(link).replace("&amp;", "&"))
    [line] = people.context["rows"]
    assert (line["person_id"], line["state"]) == (hospital.ann.pk, "overdue")
    one = carla.get(line["link"])
    assert [each["state"] for each in one.context["explained"]] == ["overdue"]
    bo = page(carla, hospital, f"person/{hospital.bo.pk}/")
    [explained] = bo.context["explained"]
    assert explained["state"] == "compliant"
    assert explained["reasons"]
    assert f"/completion/{done.pk}/" in said(bo)


def test_by_job_it_tells_the_same_people(hospital: Hospital) -> None:
    matrix = page(somebody(hospital, MANAGER), hospital, by="job")
    assert [row for row in cells(matrix).values() if row != ["-"]] == [["0/1"]]


def test_a_day_of_the_past_is_answered_as_known_then_and_as_known_now(hospital: Hospital) -> None:
    carla = somebody(hospital, MANAGER)
    day = ago(1)
    hospital.completed(hospital.ann, ago(10))
    ann = f"person/{hospital.ann.pk}/"
    now = page(carla, hospital, ann, on=day.isoformat())
    assert [each["state"] for each in now.context["explained"]] == ["compliant"]
    then = page(carla, hospital, ann, on=day.isoformat(), known=ago(400).isoformat())
    assert then.context["explained"] == []
    assert [
        (each["requirement"]["code"], each["then"]["text"], each["now"]["text"])
        for each in now.context["then"]
    ] == [("R1", "not required", "compliant")]
    assert "At the end of that day something else was known" in said(now)


def test_gaps_come_latest_first_and_those_soon_due_on_demand(hospital: Hospital) -> None:
    carla = somebody(hospital, MANAGER)
    hospital.required({**YEARLY, "for": {"units": ["ER"]}}, code="R2")
    hospital.completed(hospital.bo, ago(360))
    late = page(carla, hospital, "gaps/")
    assert [each["person_id"] for each in late.context["rows"]] == [hospital.ann.pk]
    assert late.context["rows"][0]["days_late"] > 0
    soon = page(carla, hospital, "gaps/", within=30)
    assert [each["person_id"] for each in soon.context["rows"]] == [hospital.ann.pk, hospital.bo.pk]


def test_what_falls_due_is_told_month_by_month(hospital: Hospital) -> None:
    forecast = page(somebody(hospital, MANAGER), hospital, "forecast/")
    months = dict(forecast.context["months"])
    assert len(months) == 12
    assert months[f"{today():%Y-%m}"] == 1
    assert "<svg" in said(forecast)


def test_a_manager_s_team_stands_on_their_page(hospital: Hospital) -> None:
    mia = page(somebody(hospital, MANAGER), hospital, f"person/{hospital.mia.pk}/")
    assert [(each["person_id"], each["state"]) for each in mia.context["team"]] == [
        (hospital.ann.pk, "overdue")
    ]


def test_who_looks_after_a_unit_sees_its_people_and_nobody_else(hospital: Hospital) -> None:
    hospital.required({**YEARLY, "for": {"units": ["ER"]}}, code="R2")
    tom = somebody(hospital, TRAINING_MANAGER, unit="ER")
    assert cells(page(tom, hospital)) == {"Emergency": ["0/1"]}
    assert [each["person_id"] for each in page(tom, hospital, "gaps/").context["rows"]] == [hospital.bo.pk]
    assert sum(dict(page(tom, hospital, "forecast/").context["months"]).values()) == 1
    bo, ann = (f"{BASE}person/{each.pk}/?store={hospital.store_id}" for each in (hospital.bo, hospital.ann))
    assert tom.get(bo).status_code == 200
    assert tom.get(ann).status_code == 403


def test_who_evaluates_practice_has_no_business_with_everybody_s_status(hospital: Hospital) -> None:
    eva = somebody(hospital, EVALUATOR)
    for address in ("", "gaps/", "forecast/", f"person/{hospital.ann.pk}/"):
        assert eva.get(f"{BASE}{address}", {"store": hospital.store_id}).status_code == 403


def test_every_look_is_in_the_disclosure_log(hospital: Hospital) -> None:
    carla = somebody(hospital, MANAGER)
    before = timezone.now() - timedelta(seconds=1)
    page(carla, hospital, "gaps/")
    page(carla, hospital, f"person/{hospital.ann.pk}/")
    kinds = Disclosure.objects.filter(at__gte=before, people__contains=[hospital.ann.pk])
    assert sorted(kinds.values_list("kind", flat=True)) == [
        "admin:compliance_status_gaps",
        "admin:compliance_status_person",
    ]


@pytest.mark.parametrize(
    "query", [{"on": "31.02.2020"}, {"known": "x"}, {"on": "2020-02-31"}, {"by": "moon"}]
)
def test_what_is_no_day_is_today(hospital: Hospital, query: dict[str, str]) -> None:
    assert page(somebody(hospital, MANAGER), hospital, **query).context["on"] == today()


def test_a_person_of_another_store_is_not_found(hospital: Hospital) -> None:
    other = Hospital()
    carla = somebody(hospital, MANAGER)
    answer = carla.get(f"{BASE}person/{other.ann.pk}/", {"store": hospital.store_id})
    assert answer.status_code in {403, 404}


def test_the_requirements_page_counts_the_table_of_now(hospital: Hospital) -> None:
    from compliance.status import keep

    keep.rebuild(hospital.store_id)
    answer = somebody(hospital, MANAGER).get("/admin/compliance/requirement/", {"store": hospital.store_id})
    [row] = answer.context["rows"]
    assert row["states"] == {"overdue": 1}
