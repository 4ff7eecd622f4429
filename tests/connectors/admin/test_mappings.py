"""Mappings are edited with a live preview, tested, put to use, compared, exported and rolled back."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from connectors.mapping import lifecycle
from connectors.models import FieldMapping, MappingState
from tests.connectors.admin.pages import BASE, notes, said, seen, send
from tests.connectors.mapping.documents import document, fields_of, row
from tests.connectors.people import hris
from tests.connectors.sync.source import Roster, staff, synced


def drafted(content: Any = None) -> FieldMapping:
    return lifecycle.draft(hris(), document() if content is None else content, sample={"worker": [row()]})


def known(client: Client, version: FieldMapping) -> str:
    page = seen(client, f"fieldmapping/{version.pk}/")
    return page.split('name="known" value="')[1].split('"')[0]


def kept(client: Client, version: FieldMapping, content: Any, *, status: int = 302, **more: str) -> Any:
    form = {"known": known(client, version), "document": json.dumps(content), "kind": "worker", "raw": ""}
    return send(client, f"fieldmapping/{version.pk}/", form | more, status=status)


def asked(
    client: Client, version: FieldMapping, content: Any, raw: Any, kind: str = "worker"
) -> dict[str, Any]:
    response = client.post(
        f"{BASE}/fieldmapping/{version.pk}/preview/",
        json.dumps({"document": content, "kind": kind, "raw": raw}),
        content_type="application/json",
    )
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def result(found: dict[str, Any], target: str) -> dict[str, Any]:
    pointer = next(each["pointer"] for each in found["rows"] if each["target"] == target and each["filled"])
    first: dict[str, Any] = found["results"][pointer][0]
    return first


def status_map(found: dict[str, Any]) -> dict[str, str]:
    """Return the value map of the status, to change it."""
    assigned = fields_of(found)["relationships"][0]["assignments"][0]
    values: dict[str, str] = assigned["status"]["transform"][0]["map"]
    return values


def test_the_preview_shows_what_each_field_becomes(vera: Client) -> None:
    found = asked(vera, drafted(), document(), row(Employee_Status="L"))
    assert result(found, "assignment.status")["value"] == "leave"
    assert result(found, "relationship.hire_date") == {
        "field": "/Hire_Date",
        "value": "2020-03-01",
        "error": "",
        "suggestion": "",
    }
    assert [each["record"] for each in found["records"]] == ["unit", "worker"]
    assert (found["problems"], found["refused"]) == ([], None)


def test_the_preview_says_which_field_cannot_be_and_why(vera: Client) -> None:
    found = asked(vera, drafted(), document(), row(Employee_Status="Z"))
    assert "Z" in result(found, "assignment.status")["error"]
    assert found["refused"]["field"] == "/Employee_Status"
    assert found["records"] == []


def test_the_preview_points_at_what_is_wrong_with_the_document(vera: Client) -> None:
    wrong = document()
    fields_of(wrong)["relationships"][0]["hire_dat"] = {"from": "Hire_Date"}
    found = asked(vera, drafted(), wrong, row())
    assert found["rows"] == []
    assert found["problems"][0]["pointer"].startswith("/records/worker/emit/1/fields/relationships/0")
    assert "hire_date" in found["problems"][0]["reason"]


def test_the_preview_takes_nothing_but_a_document(vera: Client) -> None:
    version = drafted()
    for body in ("", "[]", '{"kind": "worker"}', "null", "{"):
        response = vera.post(
            f"{BASE}/fieldmapping/{version.pk}/preview/", body, content_type="application/json"
        )
        assert response.status_code == 400
    assert asked(vera, version, "nonsense", 7)["problems"]


def test_the_preview_asks_for_the_token_against_forged_requests(signed_in: Any) -> None:
    version, ada = drafted(), signed_in("Ada", superuser=True)
    ada.handler.enforce_csrf_checks = True
    response = ada.post(
        f"{BASE}/fieldmapping/{version.pk}/preview/",
        json.dumps({"document": {}}),
        content_type="application/json",
    )
    assert response.status_code == 403


def test_the_page_shows_the_same_without_scripts(vera: Client) -> None:
    page = said(vera, f"fieldmapping/{drafted().pk}/")
    assert "status Employee_Status A → “active”, L → “leave”, T → “terminated”" in page
    assert "identifiers: email type needed always “email”" in page
    assert "worker key needed Employee_ID HR operations Never reused. 0021001" in page


def test_an_edited_version_is_tested_and_put_to_use(ingo: Client) -> None:
    version = drafted()
    content = document()
    status_map(content)["S"] = "suspended"
    kept(ingo, version, content, then="test", note="Suspended is new.")
    version.refresh_from_db()
    assert (version.state, version.note) == (MappingState.TESTED, "Suspended is new.")
    assert status_map(version.document)["S"] == "suspended"
    send(ingo, f"fieldmapping/{version.pk}/step/", step="activate")
    assert lifecycle.active(version.system) == version
    assert [each.split(".")[0] for each in notes(version.system)] == [
        "Mapping version 1 put to use",
        "Mapping version 1 tested on 1 samples: passed",
        "Mapping version 1 edited",
        "Mapping version 1 drafted",
    ]


def test_a_failing_test_says_which_sample_and_field(ingo: Client) -> None:
    version = drafted()
    content = document()
    del status_map(content)["A"]
    kept(ingo, version, content, then="test")
    page = said(ingo, f"fieldmapping/{version.pk}/")
    assert "Tested: not passed worker sample 1 /Employee_Status" in page
    send(ingo, f"fieldmapping/{version.pk}/step/", step="activate")
    assert "not tested" in seen(ingo, f"fieldmapping/{version.pk}/")
    assert lifecycle.active(version.system) is None


def test_a_pasted_record_is_kept_as_a_sample_only_when_asked(ingo: Client) -> None:
    version = drafted()
    raw = json.dumps(row(First_Name="Bob"))
    kept(ingo, version, document(), raw=raw)
    version.refresh_from_db()
    assert version.sample == {"worker": [row()]}
    kept(ingo, version, document(), raw=raw, keep_sample="on")
    version.refresh_from_db()
    assert version.sample == {"worker": [row(First_Name="Bob")]}


def test_text_that_is_no_json_comes_back_and_nothing_is_kept(ingo: Client) -> None:
    version = drafted()
    form = {"known": known(ingo, version), "document": '{"format": 1,', "kind": "worker", "raw": ""}
    page = send(ingo, f"fieldmapping/{version.pk}/", form, status=400).content.decode()
    assert "The mapping is no JSON" in page
    assert "{&quot;format&quot;: 1,</textarea>" in page
    version.refresh_from_db()
    assert version.document == document()


def test_whoever_was_slower_keeps_nothing(ingo: Client, ada: Client) -> None:
    version = drafted()
    before = known(ingo, version)
    other = document()
    status_map(other)["S"] = "suspended"
    kept(ada, version, other)
    form = {"known": before, "document": json.dumps(document()), "kind": "worker", "raw": ""}
    page = send(ingo, f"fieldmapping/{version.pk}/", form, status=400).content.decode()
    assert "Somebody changed this version meanwhile." in page
    version.refresh_from_db()
    assert "S" in status_map(version.document)


def test_a_version_in_use_stays_as_it_is(ingo: Client, roster: Roster) -> None:
    used = lifecycle.active(roster.system())
    assert used is not None
    page = seen(ingo, f"fieldmapping/{used.pk}/")
    assert "Keep and test" not in page
    assert "readonly" in page
    changed = document()
    status_map(changed)["S"] = "suspended"
    response = kept(ingo, used, changed, status=400)
    assert "stays as it is" in response.content.decode()


def test_an_earlier_version_is_used_again(ingo: Client, roster: Roster) -> None:
    roster.say(staff(2))
    system = roster.system()
    synced(system)
    first = lifecycle.active(system)
    assert first is not None
    send(ingo, f"fieldmapping/new/{system.pk}/", of="active")
    second = FieldMapping.objects.get(system=system, version=2)
    kept(ingo, second, {**second.document, "note": "Changed."}, then="test")
    send(ingo, f"fieldmapping/{second.pk}/step/", step="activate")
    send(ingo, f"fieldmapping/{first.pk}/step/", step="roll_back")
    used = lifecycle.active(system)
    assert used is not None
    assert (used.version, used.document, used.note) == (3, first.document, "Rolled back to version 1.")


def test_two_versions_are_compared_by_field_and_by_line(vera: Client, ingo: Client) -> None:
    version = drafted()
    other = document()
    fields_of(other)["relationships"][0]["hire_date"]["from"] = "Start_Date"
    after = lifecycle.draft(version.system, other)
    page = said(vera, f"fieldmapping/{after.pk}/compare/", **{"with": version.pk})
    assert "relationship.hire_date worker Hire_Date Start_Date" in page
    assert '- "from": "Hire_Date"' in page
    assert '+ "from": "Start_Date"' in page
    alone = drafted()
    assert "There is no other version." in said(vera, f"fieldmapping/{alone.pk}/compare/")


def test_a_version_travels_as_json_without_samples(ingo: Client, vera: Client) -> None:
    version = drafted()
    exported: Any = vera.get(f"{BASE}/fieldmapping/{version.pk}/export/")
    content = b"".join(exported.streaming_content)
    assert "attachment" in exported["Content-Disposition"]
    assert b"alee" not in content
    other = hris("Workday Osaka")
    file = SimpleUploadedFile("mapping.json", content, "application/json")
    send(ingo, f"fieldmapping/import/{other.pk}/", file=file)
    made = FieldMapping.objects.get(system=other)
    assert (made.state, made.document) == (MappingState.DRAFT, document())
    broken = SimpleUploadedFile("mapping.json", b'{"format": 1}', "application/json")
    send(ingo, f"fieldmapping/import/{other.pk}/", file=broken)
    assert "“records” is missing." in seen(ingo, f"fieldmapping/?system={other.pk}")
    assert FieldMapping.objects.filter(system=other).count() == 1


def test_the_field_mapping_document_is_a_page_and_csv(vera: Client) -> None:
    content = document()
    fields_of(content)["key"]["note"] = "=HYPERLINK(1)"
    version = drafted(content)
    page = said(vera, f"fieldmapping/{version.pk}/sheet/")
    assert "assignment.status Employee_Status Employee_Status A → “active”" in page
    found: Any = vera.get(f"{BASE}/fieldmapping/{version.pk}/sheet.csv")
    text = b"".join(found.streaming_content).decode("utf-8-sig")
    rows = {each["Field"]: each for each in csv.DictReader(io.StringIO(text))}
    assert rows["assignment.unit"]["Source field"] == "Department"
    assert (rows["worker.key"]["Owner"], rows["worker.key"]["Note"]) == ("HR operations", "'=HYPERLINK(1)")


def test_a_broken_draft_still_has_its_pages(vera: Client) -> None:
    version = drafted({"format": 1, "records": {}})
    assert "The document cannot be read as it is" in said(vera, f"fieldmapping/{version.pk}/")
    assert vera.get(f"{BASE}/fieldmapping/{version.pk}/sheet/").status_code == 302
    broken: tuple[dict[str, Any], ...] = ({}, {"records": 7}, {"records": []})
    for content in broken:
        seen(vera, f"fieldmapping/{drafted(content).pk}/")


def test_who_only_looks_changes_no_mapping(vera: Client, gus: Client) -> None:
    version = drafted()
    form = {"known": known(vera, version), "document": "{}", "kind": "worker"}
    send(vera, f"fieldmapping/{version.pk}/", form, status=403)
    for step in ("test", "activate", "roll_back", "copy"):
        send(vera, f"fieldmapping/{version.pk}/step/", status=403, step=step)
    for address in ("new", "import"):
        send(vera, f"fieldmapping/{address}/{version.system_id}/", status=403)
    for address in (
        "",
        f"{version.pk}/",
        f"{version.pk}/compare/",
        f"{version.pk}/export/",
        f"{version.pk}/sheet.csv",
    ):
        seen(gus, f"fieldmapping/{address}", status=403)
    assert FieldMapping.objects.get(system=version.system).document == document()
