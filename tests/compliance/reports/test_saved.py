"""Reports kept under a name: by people in a browser and by programs with a key, made now or by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.auth.models import Group
from django.utils import timezone

from compliance.access import grants
from compliance.access.grants import AUDITOR
from compliance.models import ReportRun, RunState, SavedReport
from compliance.reports import runs, schedules
from tests.compliance.reports.academy import Academy
from tests.compliance.reports.test_reports import content
from tests.compliance.signing.people import Desk, person, warden
from tests.connectors.api.client import Api


def week_later() -> int:
    """Ask for what is due in eight days; return how much was asked for."""
    return schedules.ask_due(timezone.now() + timedelta(days=8))


def ines(academy: Academy) -> Desk:
    """Return Inés, an auditor of the store."""
    user = person("Ines")
    grants.give(
        user, Group.objects.get(name=AUDITOR), store_id=academy.store_id, by=warden(), reason="inspection",
        ends=timezone.now() + timedelta(days=300),
    )  # fmt: skip
    return Desk(user)


def saved(academy: Academy, desk: Desk, rhythm: str = "weekly") -> SavedReport:
    """Return the training history of Ann as Inés saves it on the page of the report."""
    title = f"Ann {uuid4().hex[:6]}"
    form = {"person": academy.ann.pk, "output": "csv", "title": title, "rhythm": rhythm}
    assert desk.client.post("/audit/reports/person/pull/", form).status_code == 302
    return SavedReport.objects.get(user=desk.user, name=title)


def program(academy: Academy) -> Api:
    return Api(academy.hub.caller(f"Warehouse {uuid4().hex[:6]}", scopes=["audit/read"]))


def asked(academy: Academy, **fields: Any) -> dict[str, Any]:
    told = {"name": "Ann", "report": "person", "output": "csv", "filters": {"person": str(academy.ann.pk)}}
    return {**told, "rhythm": "weekly", **fields}


def test_a_saved_report_is_made_now_from_the_list(academy: Academy) -> None:
    desk = ines(academy)
    found = saved(academy, desk)
    page = desk.client.get("/audit/").content.decode()
    assert found.name in page
    assert f"person={academy.ann.pk}" in page
    answer = desk.client.post(f"/audit/saved/{found.pk}/", {"make": "1"})
    run = ReportRun.objects.filter(user=desk.user).latest("pk")
    assert answer.headers["Location"] == f"/audit/runs/{run.pk}/"
    assert b"Ann Lee" in content(run)


def test_a_saved_report_is_stopped_and_resumed(academy: Academy) -> None:
    desk = ines(academy)
    found = saved(academy, desk)
    desk.client.post(f"/audit/saved/{found.pk}/", {"stop": "1"})
    week_later()
    assert not found.runs.exists()
    desk.client.post(f"/audit/saved/{found.pk}/", {"resume": "1"})
    week_later()
    assert found.runs.count() == 1


def test_nobody_touches_what_another_saved(academy: Academy) -> None:
    found = saved(academy, ines(academy))
    assert ines(academy).client.post(f"/audit/saved/{found.pk}/", {"stop": "1"}).status_code == 404
    found.refresh_from_db()
    assert found.active


def test_a_program_saves_a_report_and_fetches_what_was_made_by_itself(academy: Academy) -> None:
    api = program(academy)
    made = api.request("POST", "saved-reports", body=asked(academy))
    one = made.expect(201).json()
    assert (one["name"], one["rhythm"], one["active"]) == ("Ann", "weekly", True)
    assert [each["id"] for each in api.get("saved-reports")["saved"]] == [one["id"]]
    assert week_later() >= 1
    run = SavedReport.objects.get(pk=one["id"]).runs.get()
    runs.execute(run.pk)
    assert api.request("GET", f"report-runs/{run.pk}/file").content == content(
        ReportRun.objects.get(pk=run.pk)
    )
    again = api.request("POST", f"saved-reports/{one['id']}").json()
    assert again["state"] == RunState.DONE


def test_a_program_stops_what_it_saved(academy: Academy) -> None:
    api = program(academy)
    one = api.request("POST", "saved-reports", body=asked(academy)).json()
    assert (
        api.request("PATCH", f"saved-reports/{one['id']}", body={"active": False}).json()["active"] is False
    )
    week_later()
    assert not SavedReport.objects.get(pk=one["id"]).runs.exists()
    assert api.request("PATCH", f"saved-reports/{one['id']}", body={"active": "no"}).status == 422


def test_the_same_name_saves_it_anew_and_another_key_has_its_own(academy: Academy) -> None:
    api, other = program(academy), program(academy)
    one = api.request("POST", "saved-reports", body=asked(academy)).json()
    same = api.request("POST", "saved-reports", body=asked(academy, output="json", rhythm="")).json()
    assert (same["id"], same["output"], same["next_run"]) == (one["id"], "json", None)
    assert other.get("saved-reports")["saved"] == []
    assert other.request("GET", f"saved-reports/{one['id']}").status == 404


def test_what_cannot_be_saved_is_told_with_its_place(academy: Academy) -> None:
    api = program(academy)
    for fields, pointer in (
        ({"name": " "}, "/name"),
        ({"output": "docx"}, "/output"),
        ({"rhythm": "hourly"}, "/rhythm"),
        ({"report": "gossip"}, "/report"),
        ({"filters": {}}, "/person"),
    ):
        answer = api.request("POST", "saved-reports", body=asked(academy, **fields))
        assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert api.get("saved-reports")["saved"] == []


def test_a_key_that_was_revoked_has_nothing_made_any_more(academy: Academy) -> None:
    api = program(academy)
    one = api.request("POST", "saved-reports", body=asked(academy)).json()
    found = SavedReport.objects.get(pk=one["id"])
    apps.get_model("lrs", "Credential").objects.filter(pk__in=[found.credential_id]).update(
        revoked=timezone.now()
    )
    week_later()
    found.refresh_from_db()
    assert (found.active, found.runs.count()) == (False, 0)
