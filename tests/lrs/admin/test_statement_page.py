"""The page of one statement: what it says, what is beside it, and that nothing there can change it."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from lrs.models import Attachment, SignatureFinding, Statement
from tests.fixtures import Xapi
from tests.lrs.admin.samples import look, seq_of, statement, words

EVIL = "<script>alert(1)</script>"


def page_of(client: Client, moodle: Xapi, statement_id: str) -> str:
    """Return the page of a statement of Moodle's."""
    return look(client, f"/admin/lrs/statement/{seq_of(moodle.store_id, statement_id)}/")


def with_attachment(moodle: Xapi, content: bytes, content_type: str = "application/pdf") -> tuple[str, str]:
    """Store a statement with an attachment; return its id and the content's SHA-256."""
    sha256 = hashlib.sha256(content).hexdigest()
    said = statement(
        attachments=[
            {
                "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
                "display": {"en": f"Certificate {EVIL}"},
                "contentType": content_type,
                "length": len(content),
                "sha2": sha256,
                "fileUrl": "https://files.example.com/1.pdf",
            }
        ]
    )
    body = b"\r\n".join(
        [
            b"--b",
            b"Content-Type: application/json",
            b"",
            json.dumps(said).encode(),
            b"--b",
            b"Content-Type: " + content_type.encode(),
            b"Content-Transfer-Encoding: binary",
            b"X-Experience-API-Hash: " + sha256.encode(),
            b"",
            content,
            b"--b--",
            b"",
        ]
    )
    answer = moodle.request(
        "POST", "statements", body=body, content_type="multipart/mixed; boundary=b"
    ).expect(200)
    return answer.json()[0], sha256


def test_it_shows_the_sentence_the_facts_and_the_json(vera: Client, moodle: Xapi) -> None:
    registration = str(uuid4())
    [ann] = moodle.store(
        statement(
            result={"score": {"scaled": 0.92, "raw": 46}, "success": True, "duration": "PT5400S"},
            context={
                "registration": registration,
                "instructor": {"name": "Tom", "mbox": "mailto:tom@example.com"},
                "contextActivities": {"parent": [{"id": "https://lms.example.com/programs/onboarding"}]},
                "platform": "Moodle 4.5",
            },
        )
    )

    said = words(page_of(vera, moodle, ann))

    assert "Ann completed Forklift safety , 92 % , passed , in 1 h 30 min" in said
    for expected in (
        registration,
        "Tom",
        "onboarding",
        "Moodle 4.5",
        "scaled 0.92, raw 46",
        "PT5400S",
        "xAPI 1.0.3",
    ):
        assert expected in said
    assert '"mbox" : "mailto:ann@example.com"' in said


def test_it_links_both_ends_of_a_reference(vera: Client, moodle: Xapi) -> None:
    [ann] = moodle.store(statement("Ann"))
    [tom] = moodle.store(
        statement("Tom", "commented") | {"object": {"objectType": "StatementRef", "id": ann}}
    )

    assert "Referred to by Tom commented" in words(page_of(vera, moodle, ann))
    assert "Refers to Ann completed Forklift safety" in words(page_of(vera, moodle, tom))


def test_it_says_that_what_it_refers_to_has_not_come(vera: Client, moodle: Xapi) -> None:
    missing = str(uuid4())
    [tom] = moodle.store(statement("Tom") | {"object": {"objectType": "StatementRef", "id": missing}})

    assert f"{missing}, which this store has not received" in words(page_of(vera, moodle, tom))


def test_it_says_who_voided_it(vera: Client, moodle: Xapi) -> None:
    [ann] = moodle.store(statement("Ann"))
    [void] = moodle.store(statement("Tom", "voided") | {"object": {"objectType": "StatementRef", "id": ann}})

    assert "Voided by Tom voided statement" in words(page_of(vera, moodle, ann))
    assert "Voids Ann completed" in words(page_of(vera, moodle, void))


def test_an_attachment_is_saved_and_never_opened_as_a_page(vera: Client, moodle: Xapi) -> None:
    content = b"<html><script>alert(1)</script></html>"
    ann, sha256 = with_attachment(moodle, content, "text/html")
    page = page_of(vera, moodle, ann)
    address = f"/admin/lrs/statement/{seq_of(moodle.store_id, ann)}/attachments/{sha256}"

    response: Any = vera.get(address)

    assert address in page
    assert EVIL not in page
    assert b"".join(response.streaming_content) == content
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_an_attachment_of_another_statement_is_not_given(vera: Client, moodle: Xapi) -> None:
    _, sha256 = with_attachment(moodle, f"secret {uuid4()}".encode())
    [bob] = moodle.store(statement("Bob"))

    look(vera, f"/admin/lrs/statement/{seq_of(moodle.store_id, bob)}/attachments/{sha256}", status=404)


def test_attachments_are_listed_with_the_statements_that_carry_them(vera: Client, moodle: Xapi) -> None:
    content = f"certificate {uuid4()}".encode()
    _, sha256 = with_attachment(moodle, content)
    kept = Attachment.objects.get(store_id=moodle.store_id, sha256=sha256)

    assert sha256[:16] in look(vera, "/admin/lrs/attachment/", store=moodle.store_id, q=sha256)
    assert "No attachment" in look(vera, "/admin/lrs/attachment/", store=moodle.store_id, q="f" * 64)
    assert "Ann completed Forklift safety" in words(look(vera, f"/admin/lrs/attachment/{kept.pk}/"))
    saved: Any = vera.get(f"/admin/lrs/attachment/{kept.pk}/content")
    assert b"".join(saved.streaming_content) == content


@pytest.mark.parametrize("verified", [True, False])
def test_it_shows_what_checking_the_signature_found(vera: Client, moodle: Xapi, verified: bool) -> None:
    [ann] = moodle.store(statement())
    SignatureFinding.objects.create(
        seq=seq_of(moodle.store_id, ann), verified=verified, algorithm="RS256", finding={"certificate": EVIL}
    )

    page = page_of(vera, moodle, ann)

    assert ("signature verified" if verified else "signature not verified") in page
    assert "RS256" in page
    assert EVIL not in page


def test_addresses_that_run_are_never_links(vera: Client, moodle: Xapi) -> None:
    said = statement()
    said["object"]["id"] = "javascript:alert(1)"
    said["verb"]["id"] = "javascript:alert(2)"
    [ann] = moodle.store(said)

    page = page_of(vera, moodle, ann)

    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page


def test_strangers_text_never_becomes_markup(vera: Client, moodle: Xapi) -> None:
    [ann] = moodle.store(
        statement(
            EVIL,
            course=EVIL,
            result={"response": EVIL, "extensions": {"https://example.com/x": EVIL}},
            context={"platform": EVIL, "revision": EVIL},
        )
    )

    assert EVIL not in page_of(vera, moodle, ann)


def test_the_json_is_saved_as_it_is_served(vera: Client, moodle: Xapi) -> None:
    [ann] = moodle.store(statement(result={"score": {"raw": 1.10}}))
    seq = seq_of(moodle.store_id, ann)

    response: Any = vera.get(f"/admin/lrs/statement/{seq}/json")

    assert b"".join(response.streaming_content).decode() == Statement.objects.get(pk=seq).payload


def test_its_id_leads_to_it(vera: Client, moodle: Xapi) -> None:
    [ann] = moodle.store(statement())

    response = vera.get("/admin/lrs/statement/", {"store": str(moodle.store_id), "statement": str(ann)})

    assert response["Location"] == f"/admin/lrs/statement/{seq_of(moodle.store_id, ann)}/"
    look(vera, "/admin/lrs/statement/", store=moodle.store_id, statement=str(uuid4()), status=404)
    look(vera, "/admin/lrs/statement/", store=moodle.store_id, statement="x", status=404)


def test_an_unknown_key_is_not_found(vera: Client) -> None:
    look(vera, "/admin/lrs/statement/1/", status=404)
    look(vera, f"/admin/lrs/statement/{'9' * 40}/", status=404)


@pytest.mark.parametrize("name", ["add", "delete", "history"])
def test_there_is_no_address_that_could_change_one(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(f"admin:lrs_statement_{name}", args=[] if name == "add" else [1])


def test_even_a_superusers_post_changes_nothing(ada: Client, moodle: Xapi) -> None:
    [ann] = moodle.store(statement())
    seq = seq_of(moodle.store_id, ann)
    before = Statement.objects.get(pk=seq).payload
    tampered = {"payload": "{}", "_selected_action": str(seq), "action": "delete_selected", "post": "yes"}

    for address in (
        "/admin/lrs/statement/",
        f"/admin/lrs/statement/{seq}/",
        f"/admin/lrs/statement/{seq}/json",
    ):
        assert ada.post(address, tampered).status_code == 405
    for address in ("add/", f"{seq}/delete/", f"{seq}/change/", f"{seq}/history/"):
        assert ada.post(f"/admin/lrs/statement/{address}", tampered).status_code == 404

    assert Statement.objects.get(pk=seq).payload == before
