"""Whose data is restricted stands in no report, bundle or list, unless somebody says why."""

from __future__ import annotations

import json
from datetime import date
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from compliance.access import restricted
from compliance.access.scope import Scope
from compliance.errors import ComplianceError
from compliance.models import DataRequest, Disclosure
from compliance.reports import filters, runs
from compliance.retention import requests
from connectors.identity import merge
from tests.compliance.reports.academy import Academy, files

EVERYBODY = Scope(everything=True)
REASON = "Legal claim 2026/17 of the works council"


@pytest.fixture
def ann_restricted(academy: Academy) -> DataRequest:
    """Ann's wish, granted."""
    asked = requests.receive(academy.ann, "restriction", on=date(2026, 3, 1), by=None)
    requests.restrict(asked)
    return asked


def inspector(name: str) -> User:
    """Somebody who may see everything."""
    return User.objects.create_superuser(f"{name} {uuid4().hex[:6]}", password=None)


def completions(content: dict[str, bytes]) -> set[int]:
    return {json.loads(each)["row"]["person_id"] for each in content["completions.jsonl"].splitlines()}


def test_reports_are_about_the_others_and_say_how_many_are_missing(
    academy: Academy, ann_restricted: DataRequest
) -> None:
    asked = academy.asked()
    assert academy.ann.pk not in asked.people()
    assert academy.bea.pk in asked.people()
    assert asked.left_out() == 1
    with runs.read(runs.Who(user=inspector("Inés"), store_id=academy.store_id), "course",
                   {"course": str(academy.course.pk)}) as report:  # fmt: skip
        assert report.facts["Restricted data"] == "left out: 1 person"
        assert {row[0] for table in report.tables for row in table.rows} == {academy.bea.pk}


def test_with_a_reason_they_are_in_it_and_the_reason_stands_there(
    academy: Academy, ann_restricted: DataRequest
) -> None:
    who = runs.Who(user=inspector("Inés"), store_id=academy.store_id)
    given = {"person": str(academy.ann.pk), "restricted": REASON}
    run = runs.start(who, "person", "json", given)
    assert run.state == "done", run.error
    with runs.open_file(run) as made:
        report = json.load(made)
    assert report["facts"]["Restricted data"] == f"included, because: {REASON}"
    assert "Ann Lee" in json.dumps(report)
    disclosed = Disclosure.objects.filter(user=who.user).latest("pk")
    assert disclosed.people == [academy.ann.pk]
    assert disclosed.filter["restricted"] == REASON


def test_a_report_about_that_one_person_takes_a_reason(academy: Academy, ann_restricted: DataRequest) -> None:
    with pytest.raises(ComplianceError, match="restricted") as refused:
        filters.asked(academy.store_id, {"person": str(academy.ann.pk)}, EVERYBODY)
    assert refused.value.field == "restricted"
    requests.lift(ann_restricted)
    assert filters.asked(academy.store_id, {"person": str(academy.ann.pk)}, EVERYBODY).people() == [
        academy.ann.pk
    ]


def test_a_bundle_leaves_them_out_and_its_manifest_says_so(
    academy: Academy, ann_restricted: DataRequest
) -> None:
    content = files(academy.bundle())
    assert completions(content) == {academy.bea.pk}
    assert academy.statements["Ann"].encode() not in b"".join(content.values())
    assert json.loads(content["manifest.json"])["left_out"] == 1
    whole = files(academy.bundle(restricted=REASON))
    assert completions(whole) == {academy.ann.pk, academy.bea.pk}
    manifest = json.loads(whole["manifest.json"])
    assert (manifest["left_out"], manifest["asked"]["restricted"]) == (0, REASON)


def test_a_restriction_is_on_every_identity_of_the_person(
    academy: Academy, ann_restricted: DataRequest
) -> None:
    merge.merge(academy.ann.pk, academy.bea.pk, reason="the same woman")
    both = {academy.ann.pk, academy.bea.pk}
    assert restricted.of(both) == restricted.in_store(academy.store_id) == both
    requests.lift(ann_restricted)
    assert restricted.of(both) == restricted.in_store(academy.store_id) == set()


def test_a_request_nobody_granted_restricts_nothing(academy: Academy) -> None:
    requests.receive(academy.ann, "restriction", on=date(2026, 3, 1), by=None)
    requests.receive(academy.bea, "access", on=date(2026, 3, 1), by=None)
    assert restricted.in_store(academy.store_id) == set()
    assert academy.asked().left_out() == 0


def test_the_pages_of_status_leave_them_out_and_say_so(
    academy: Academy, ann_restricted: DataRequest, client: Client
) -> None:
    required = academy.requirement
    client.force_login(inspector("Rita"))

    def listed() -> str:
        given = {"store": academy.store_id, "requirement": required.pk, "on": "2026-06-01"}
        return client.get("/admin/compliance/status/people/", given).content.decode()

    ann = f"/admin/compliance/status/person/{academy.ann.pk}/"
    restricted_page = listed()
    assert ann not in restricted_page
    assert "1 person whose data is restricted is left out." in restricted_page
    assert 'id="restricted"' in client.get(ann, {"store": academy.store_id}).content.decode()
    requests.lift(ann_restricted)
    page = listed()
    assert ann in page
    assert "left-out" not in page
    assert 'id="restricted"' not in client.get(ann, {"store": academy.store_id}).content.decode()
