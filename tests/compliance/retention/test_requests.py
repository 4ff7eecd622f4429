"""People get a copy of their data, have it restricted, and have erased what no duty keeps."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import pytest

from compliance.access import restricted
from compliance.errors import ComplianceError
from compliance.models import DataRequest
from compliance.retention import copy, disposition, holds, requests
from tests.compliance.proof.academy import Log, sound
from tests.compliance.retention.archive import everywhere, today
from tests.compliance.retention.test_disposition import outcomes, signed, trained
from tests.compliance.signing.people import person as account
from tests.connectors.people import person
from tests.fixtures import Hub


def test_a_copy_has_everything_the_hub_holds_on_somebody(hub: Hub) -> None:
    moodle, workday = trained(hub, mark="melusine")
    packed = zipfile.ZipFile(io.BytesIO(copy.archive(person(workday))))
    held = {each: json.loads(packed.read(each)) for each in packed.namelist()}
    assert held["names.json"][0]["formatted_name"] == "Melusine Quillon-Melusine"
    assert held["statements.json"][0]["id"] == moodle.found()[0]
    assert held["identifiers.json"][0]["value"] == "melusine@example.com"
    assert len(held["completions.json"]) == 1
    assert held["assignments.json"]


@pytest.mark.parametrize(
    ("came", "due"),
    [("2026-01-31", "2026-02-28"), ("2026-12-05", "2027-01-05"), ("2028-01-30", "2028-02-29")],
)
def test_a_request_is_due_in_a_month(came: str, due: str) -> None:
    assert requests.a_month_after(date.fromisoformat(came)).isoformat() == due


def test_erasure_is_refused_with_the_duty_cited_and_the_data_is_restricted(hub: Hub) -> None:
    _, workday = trained(hub)
    whom = person(workday)
    asked = requests.receive(whom, "erasure", on=date(2026, 7, 1), by=None)
    assert list(requests.overdue(whom.store_id, on=date(2026, 8, 2))) == [asked]
    with today("2026-07-02"):
        requests.erase(asked, by=None)
    assert asked.answer == "refused"
    [statement] = [each for each in asked.answer_detail["kept"] if each["record_class"] == "statement"]
    assert (statement["citations"], statement["until"]) == (["29 CFR 1910.1030(h)(2)"], "2029-02-11")
    assert restricted.of([whom.pk]) == {whom.pk}
    with pytest.raises(ComplianceError, match="answered already"):
        requests.erase(asked, by=None)
    requests.lift(DataRequest.objects.get(person=whom, kind="restriction"))
    assert restricted.of([whom.pk]) == set()


def test_erasure_is_partial_where_a_duty_keeps_some_and_whole_where_none_does(hub: Hub, log: Log) -> None:
    moodle, workday = trained(hub, mark="theodora")
    whom, ada = person(workday), account("Ada")
    log.caught_up()
    with today("2030-01-01"):
        asked = requests.receive(whom, "erasure", on=date(2030, 1, 1), by=ada)
        requests.erase(asked, by=ada)
        assert asked.answer == "partial"
        assert {each["record_class"] for each in asked.answer_detail["kept"]} == {"hr"}
        assert asked.disposition is not None
        disposition.submit(asked.disposition, by=ada)
        signed(asked.disposition)
        disposition.carry_on(asked.disposition)
        assert outcomes(asked.disposition) == {"destroyed": 2}
    assert moodle.query() == []
    assert everywhere("theodora") != []
    with today("2061-07-01"):
        log.caught_up()
        asked = requests.receive(whom, "erasure", on=date(2061, 7, 1), by=ada)
        requests.erase(asked, by=ada)
        assert asked.answer == "granted"
        assert asked.disposition is not None
        disposition.submit(asked.disposition, by=ada)
        signed(asked.disposition)
        disposition.carry_on(asked.disposition)
    assert everywhere("theodora") == []
    log.caught_up()
    sound()


def test_a_hold_stands_against_erasure_and_is_not_told(hub: Hub) -> None:
    _, workday = trained(hub)
    whom = person(workday)
    holds.place(
        whom.store_id, by=account("Ruth"), matter="Secret v. Meridian", custodian="Counsel", reason="Claim",
        person=whom,
    )  # fmt: skip
    asked = requests.receive(whom, "erasure", on=date(2061, 7, 1), by=None)
    with today("2061-07-01"):
        requests.erase(asked, by=None)
    assert asked.answer == "refused"
    assert all(each["legal_claims"] for each in asked.answer_detail["kept"])
    assert "Secret" not in json.dumps(asked.answer_detail)
