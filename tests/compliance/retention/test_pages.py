"""The pages and the API of retention: from a rule to a certificate, as people and systems see it."""

from __future__ import annotations

import io
import zipfile
from uuid import uuid4

from django.contrib.auth.models import User
from django.test import Client

from compliance.models import DataRequest, Disposition, LegalHold, RetentionSchedule
from compliance.retention import nightly
from tests.compliance.proof.academy import Log
from tests.compliance.retention.archive import rule, today
from tests.compliance.retention.test_disposition import signed, trained
from tests.connectors.api.client import portal
from tests.connectors.people import person
from tests.fixtures import Hub

ADMIN = "/admin/compliance"


def carol() -> Client:
    """Return the browser of Carol, who may do everything."""
    user = User.objects.create_superuser(f"carol-{uuid4().hex[:8]}", password="x")
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_from_the_nightly_list_to_the_certificate(hub: Hub, log: Log) -> None:
    moodle, _ = trained(hub)
    log.caught_up()
    browser, store = carol(), {"store": moodle.store_id}
    with today("2029-02-11"):
        assert nightly.run().listed >= 1
        found = Disposition.objects.get(store=moodle.store_id)
        page = browser.get(f"{ADMIN}/disposition/", store).content.decode()
        assert "29 CFR 1910.1030(h)(2)" in page
        assert "Zephyrine" in page
        address = f"{ADMIN}/disposition/{found.pk}/"
        browser.post(address, {"do": "submit", "note": "All looked at"})
        signed(found)
        nightly.run()
    found.refresh_from_db()
    assert found.state == "done"
    assert "Paul Erdős" in browser.get(address).content.decode()
    assert "Certificate of disposition" in browser.get(f"{address}certificate.txt").content.decode()
    api = portal(hub, "compliance/read")
    listed = api.get("retention/dispositions")["retention_dispositions"]
    assert [(each["id"], each["state"]) for each in listed] == [(found.pk, "done")]
    told = api.get(f"retention/dispositions/{found.pk}/certificate")
    assert told["scope_sha256"] == found.scope_sha256


def test_rules_holds_and_requests_are_kept_on_pages_of_their_own(hub: Hub) -> None:
    moodle, workday = trained(hub)
    rule(moodle.store_id)
    browser, store = carol(), moodle.store_id
    browser.get(f"{ADMIN}/retentionschedule/", {"store": store})
    browser.post(f"{ADMIN}/retentionschedule/?store={store}", {"code": "osha-medical"})
    assert RetentionSchedule.objects.filter(store=store, code="osha-medical").exists()
    whom = person(workday).pk
    browser.post(
        f"{ADMIN}/legalhold/?store={store}",
        {"matter": "Lee v. Meridian", "custodian": "Counsel", "reason": "Claim", "person": whom},
    )
    held = LegalHold.objects.get(store=store)
    assert "Lee v. Meridian" in browser.get(f"{ADMIN}/legalhold/", {"store": store}).content.decode()
    api = portal(hub, "compliance/read")
    assert len(api.get("retention/holds")["retention_holds"]) == 1
    due = api.get("retention/due", on="2029-02-11")
    assert due["total"] == 0
    browser.post(f"{ADMIN}/legalhold/{held.pk}/lift/", {"why": "Settled"})
    held.refresh_from_db()
    assert held.lifted_why == "Settled"
    browser.post(f"{ADMIN}/datarequest/?store={store}", {"person": whom, "kind": "access"})
    asked = DataRequest.objects.get(store=store)
    packed = zipfile.ZipFile(io.BytesIO(browser.get(f"{ADMIN}/datarequest/{asked.pk}/copy.zip").content))
    assert "statements.json" in packed.namelist()
    browser.post(f"{ADMIN}/datarequest/{asked.pk}/answer/")
    asked.refresh_from_db()
    assert asked.answer == "granted"
    assert "granted" in browser.get(f"{ADMIN}/datarequest/", {"store": store}).content.decode()
    assert len(api.get("retention/data-requests")["data_requests"]) == 1
    assert api.get("retention/schedules")["retention_schedules"]
