"""A report is released under somebody else's signature over exactly its file, and kept."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import orjson
import pytest
import rfc8785
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from compliance import signing
from compliance.access import grants
from compliance.access.grants import AUDITOR
from compliance.access.roles import MANAGER
from compliance.errors import ComplianceError
from compliance.models import Disclosure, ReportRun, Signature
from compliance.reports import release, runs
from tests.compliance.reports.academy import Academy
from tests.compliance.reports.test_reports import content, text_of
from tests.compliance.signing.people import Desk, person, warden
from tests.connectors.api.client import Api


def somebody(academy: Academy, name: str, role: str = MANAGER, *, unit: str = "", signs: bool = True) -> User:
    """Return somebody who looks after the store, or a unit of it, and may sign releases."""
    user = person(name, *(["release"] if signs else []))
    grants.give(
        user, Group.objects.get(name=role), store_id=academy.store_id, by=warden(), reason="their work",
        unit=academy.unit(unit) if unit else None, ends=timezone.now() + timedelta(days=7),
    )  # fmt: skip
    return user


@pytest.fixture
def ada(academy: Academy) -> Desk:
    """Ada, who has reports made."""
    return Desk(somebody(academy, "Ada"))


@pytest.fixture
def paul(academy: Academy) -> Desk:
    """Paul, who releases them."""
    return Desk(somebody(academy, "Paul"))


def offered(academy: Academy, desk: Desk, output: str = "pdf") -> ReportRun:
    """Return the training history of Ann, which waits for its release."""
    who = runs.Who(user=desk.user, store_id=academy.store_id)
    run = runs.start(who, "person", output, {"person": str(academy.ann.pk)})
    assert desk.client.post(f"/audit/runs/{run.pk}/offer/").status_code == 302
    run.refresh_from_db()
    assert run.offered is not None
    return run


def released(academy: Academy, ada: Desk, paul: Desk, output: str = "pdf") -> ReportRun:
    run = offered(academy, ada, output)
    answer = paul.sign_on_page(release.KIND, run.pk, meaning="release", reason="Checked line by line.")
    assert answer.status_code == 302, answer.content[:500]
    run.refresh_from_db()
    assert run.released is not None
    return run


def refusal(answer: Any) -> str:
    assert answer.status_code in {400, 403, 409}, answer.content[:300]
    return str(answer.context["fault"])


def files_of(answer: Any) -> dict[str, bytes]:
    with ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_somebody_else_releases_a_report_and_the_signature_is_over_its_file(
    academy: Academy, ada: Desk, paul: Desk
) -> None:
    run = released(academy, ada, paul)
    signature = Signature.objects.get(kind=release.KIND, record_key=str(run.pk))
    assert run.signature_id == signature.position
    assert orjson.loads(signature.shown)["content"]["sha256"] == sha256(content(run)).hexdigest()
    found = signing.verify(signature)
    assert (found.valid, found.current) == (True, True), found.faults


def test_a_released_file_comes_with_its_signatures_for_people_and_programs(
    academy: Academy, ada: Desk, paul: Desk
) -> None:
    run = released(academy, ada, paul)
    files = files_of(paul.client.get(f"/audit/runs/{run.pk}/release.zip"))
    assert files[runs.file_name(run)] == content(run)
    # Where lines may break within a word is marked by spaces of no width.
    page = "".join("".join(text_of(files["release.pdf"])).replace("\u200b", "").split())
    for said in ("Paul Erdős", "Ada Byron", "Release", "Checked line by line.", "Europe/Berlin", run.sha256):
        assert said.replace(" ", "") in page, page
    told = orjson.loads(files["release.json"])
    assert told["sha256"] == sha256(files[told["file"]]).hexdigest()
    [signature] = told["signatures"]
    shown = told["shown"][signature["shown_hash"]]
    assert sha256(rfc8785.dumps(shown)).hexdigest() == signature["shown_hash"]
    assert shown["content"]["sha256"] == told["sha256"]
    kinds = Disclosure.objects.filter(user=paul.user).values_list("kind", flat=True)
    assert "report:person:release" in kinds


def test_who_had_it_made_does_not_release_it(academy: Academy, ada: Desk) -> None:
    run = offered(academy, ada)
    answer = ada.sign_on_page(release.KIND, run.pk, meaning="release")
    assert refusal(answer) == "Nobody signs a record of their own here."
    assert not signing.is_fulfilled(release.KIND, str(run.pk))


def test_who_may_not_read_it_does_not_release_it(academy: Academy, ada: Desk) -> None:
    run = offered(academy, ada)
    for desk in (Desk(somebody(academy, "Ruth", unit="ICU")), Desk(person("Paul", "release"))):
        assert desk.client.get(f"/audit/runs/{run.pk}/").status_code in {403, 404}
        page = desk.client.get(f"/audit/sign/{release.KIND}/{run.pk}/")
        assert page.status_code == 403
        assert run.sha256.encode() not in page.content
        with pytest.raises(signing.NotAllowed, match="outside the part"):
            desk.sign_directly(release.KIND, run.pk, meaning="release")
    assert not Signature.objects.filter(kind=release.KIND, record_key=str(run.pk)).exists()


def test_without_authority_to_sign_releases_nobody_does(academy: Academy, ada: Desk) -> None:
    run = offered(academy, ada)
    ruth = Desk(somebody(academy, "Ruth", AUDITOR, signs=False))
    assert "no authority" in refusal(ruth.sign_on_page(release.KIND, run.pk, meaning="release"))


def test_what_was_not_offered_cannot_be_signed(academy: Academy, ada: Desk, paul: Desk) -> None:
    run = runs.start(
        runs.Who(user=ada.user, store_id=academy.store_id), "person", "csv", {"person": str(academy.ann.pk)}
    )
    assert paul.client.get(f"/audit/sign/{release.KIND}/{run.pk}/").status_code == 404
    assert paul.client.get(f"/audit/runs/{run.pk}/").status_code == 404


def test_a_file_that_was_changed_is_neither_released_nor_given_out(
    academy: Academy, ada: Desk, paul: Desk
) -> None:
    run = offered(academy, ada, "csv")
    kept = content(run)
    default_storage.delete(run.file)
    default_storage.save(run.file, ContentFile(kept.replace(b"Ann Lee", b"Bea Lee")))
    assert "not the one that was made" in refusal(paul.sign_on_page(release.KIND, run.pk, meaning="release"))
    default_storage.delete(run.file)
    default_storage.save(run.file, ContentFile(kept))
    assert paul.sign_on_page(release.KIND, run.pk, meaning="release").status_code == 302
    default_storage.delete(run.file)
    default_storage.save(run.file, ContentFile(kept + b" "))
    assert paul.client.get(f"/audit/runs/{run.pk}/release.zip").status_code == 404


def test_an_offered_or_released_file_outlives_the_others(academy: Academy, ada: Desk, paul: Desk) -> None:
    waits, kept = offered(academy, ada, "csv"), released(academy, ada, paul, "json")
    runs.remove_old(timezone.now() + timedelta(days=400))
    assert content(waits)
    assert content(kept)
    runs.remove_old(timezone.now() + timedelta(days=2_560))
    assert content(waits)
    kept.refresh_from_db()
    with pytest.raises(ComplianceError, match="not there"):
        runs.open_file(kept)
    assert signing.verify(Signature.objects.get(kind=release.KIND, record_key=str(kept.pk))).current


def test_what_is_offered_is_taken_back_and_what_is_released_is_not(
    academy: Academy, ada: Desk, paul: Desk
) -> None:
    run = offered(academy, ada)
    ada.client.post(f"/audit/runs/{run.pk}/offer/", {"take back": "1"})
    run.refresh_from_db()
    assert (run.offered, run.expires is None) == (None, False)
    assert paul.client.get(f"/audit/runs/{run.pk}/").status_code == 404
    done = released(academy, ada, paul, "csv")
    ada.client.post(f"/audit/runs/{done.pk}/offer/", {"take back": "1"})
    done.refresh_from_db()
    assert None not in (done.offered, done.released)


def test_only_who_had_it_made_offers_it(academy: Academy, ada: Desk, paul: Desk) -> None:
    run = offered(academy, ada)
    assert paul.client.post(f"/audit/runs/{run.pk}/offer/", {"take back": "1"}).status_code == 403
    run.refresh_from_db()
    assert run.offered is not None


def test_pages_show_what_waits_and_what_was_released(academy: Academy, ada: Desk, paul: Desk) -> None:
    waits, done = offered(academy, ada, "csv"), released(academy, ada, paul, "pdf")
    found = paul.client.get("/audit/released/")
    assert list(found.context["waiting_for"]) == [waits]
    assert list(found.context["released"]) == [done]
    page = paul.client.get(f"/audit/runs/{done.pk}/").content.decode()
    assert "Paul Erdős" in page
    answer: Any = paul.client.get(f"/audit/runs/{waits.pk}/file")
    assert b"Ann Lee" in b"".join(answer.streaming_content)
    ruth = Desk(somebody(academy, "Ruth", unit="ICU")).client.get("/audit/released/")
    assert [*ruth.context["waiting_for"], *ruth.context["released"]] == []


def test_programs_find_released_reports_with_their_signatures(
    academy: Academy, ada: Desk, paul: Desk
) -> None:
    waits, done = offered(academy, ada, "json"), released(academy, ada, paul, "csv")
    api = Api(academy.hub.caller("Warehouse", scopes=["audit/read"]))
    assert [each["id"] for each in api.lines("report-runs", released="true")] == [done.pk]
    assert api.lines("report-runs") == []
    told = api.get(f"report-runs/{done.pk}")
    assert told["signatures"][0]["printed_name"] == "Paul Erdős"
    assert api.request("GET", f"report-runs/{done.pk}/file").content == content(done)
    assert api.request("GET", f"report-runs/{waits.pk}").status == 404


def test_who_lost_access_opens_neither_the_file_nor_the_package(
    academy: Academy, ada: Desk, paul: Desk
) -> None:
    run = released(academy, ada, paul, "csv")
    for grant in grants.standing_grants(ada.user):
        grants.revoke(grant, by=warden(), why="She works elsewhere now.")
    grants.give(
        ada.user, Group.objects.get(name=MANAGER), store_id=academy.store_id, by=warden(), reason="new work",
        unit=academy.unit("ER"), ends=timezone.now() + timedelta(days=7),
    )  # fmt: skip
    for name in ("file", "release.zip"):
        assert ada.client.get(f"/audit/runs/{run.pk}/{name}").status_code == 404
        answer: Any = paul.client.get(f"/audit/runs/{run.pk}/{name}")
        assert b"".join(answer.streaming_content)
