"""The inbox: refused requests by reason, corrected, replayed or dismissed."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lrs.models import InboxEntry, InboxState, Statement
from tests.fixtures import Xapi
from tests.lrs.admin.samples import look, statement, words

ADDRESS = "/admin/lrs/inboxentry/"
EVIL = "<script>alert(1)</script>"


def refused(moodle: Xapi, body: Any = None, **more: Any) -> InboxEntry:
    """Have a request of Moodle's refused; return its entry."""
    wrong = statement() | {"actor": {"name": "Ann", "mbox": "ann@example.com"}}
    moodle.request("POST", "statements", body=wrong if body is None else body, **more).expect(400)
    return InboxEntry.objects.filter(source__store_id=moodle.store_id).latest("pk")


def source_of(moodle: Xapi) -> int:
    assert moodle.issued is not None
    return moodle.issued.credential.source_id


def test_it_groups_open_requests_by_reason(vera: Client, moodle: Xapi) -> None:
    for _ in range(3):
        refused(moodle)
    refused(moodle, b'{"actor"')

    page = look(vera, ADDRESS, source=source_of(moodle))

    groups = page.split('id="lrs-groups"')[1].split("</table>")[0]
    assert groups.index("mbox.form") < groups.index("json.syntax")
    assert "mbox.form This must be mailto" in words(page)
    one = look(vera, ADDRESS, source=source_of(moodle), rule="json.syntax")
    assert one.split('id="lrs-entries"')[1].count("/admin/lrs/inboxentry/") == 1


def test_an_entry_shows_where_and_why(vera: Client, moodle: Xapi) -> None:
    wrong = statement() | {"actor": {"name": "Ann", "mbox": "ann@example.com"}}
    entry = refused(moodle, [statement("Bob"), wrong])

    page = look(vera, f"{ADDRESS}{entry.pk}/")

    said = words(page)
    assert "statement 2 /actor/mbox" in said
    assert "POST /xapi/statements" in said
    assert entry.request_id
    assert entry.request_id in said
    marked = page.split("lrs-marked")[1].split("lrs-note")[0]
    assert "ann@example.com" in marked


def test_a_corrected_body_is_stored_once(ingo: Client, moodle: Xapi) -> None:
    right = statement()
    entry = refused(moodle, right | {"actor": {"name": "Ann", "mbox": "ann@example.com"}})
    assert "ann@example.com" in look(ingo, f"{ADDRESS}{entry.pk}/")

    first = ingo.post(f"{ADDRESS}{entry.pk}/replay/", {"body": json.dumps(right)})
    again = ingo.post(f"{ADDRESS}{entry.pk}/replay/", {"body": json.dumps(right)})

    stored = Statement.objects.get(store_id=moodle.store_id)
    assert str(stored.statement_id) == right["id"]
    assert first["Location"] == f"/admin/lrs/statement/{stored.pk}/"
    assert again["Location"] == f"{ADDRESS}{entry.pk}/"
    entry.refresh_from_db()
    assert entry.state == InboxState.REPLAYED
    assert entry.closed_by is not None


def test_a_body_that_is_still_wrong_comes_back_with_the_new_reasons(ingo: Client, moodle: Xapi) -> None:
    entry = refused(moodle)
    still = statement() | {"verb": {"id": "no iri"}}

    response = ingo.post(f"{ADDRESS}{entry.pk}/replay/", {"body": json.dumps(still)})

    assert response.status_code == 400
    said = words(response.content.decode())
    assert "Still refused" in said
    assert "/verb/id" in said
    assert "no iri" in said
    assert InboxEntry.objects.get(pk=entry.pk).state == InboxState.OPEN
    assert not Statement.objects.filter(store_id=moodle.store_id).exists()


def test_of_a_multipart_body_only_the_statements_are_edited(ingo: Client, moodle: Xapi) -> None:
    content = bytes(range(256))
    sha256 = hashlib.sha256(content).hexdigest()
    right = statement(
        attachments=[
            {
                "usageType": "https://example.com/scan",
                "display": {"en": "Scan"},
                "contentType": "application/octet-stream",
                "length": len(content),
                "sha2": sha256,
            }
        ]
    )
    wrong = json.dumps(right | {"actor": {"mbox": "ann"}}).encode()
    body = (
        b"--b\r\nContent-Type: application/json\r\n\r\n" + wrong + b"\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
        b"X-Experience-API-Hash: " + sha256.encode() + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
    )
    entry = refused(moodle, body, content_type="multipart/mixed; boundary=b")
    assert "Its attachments go along unchanged." in look(ingo, f"{ADDRESS}{entry.pk}/")

    ingo.post(f"{ADDRESS}{entry.pk}/replay/", {"body": json.dumps(right)})

    stored = Statement.objects.get(store_id=moodle.store_id)
    saved: Any = ingo.get(f"/admin/lrs/statement/{stored.pk}/attachments/{sha256}")
    assert b"".join(saved.streaming_content) == content


def test_a_body_that_is_no_text_can_be_saved_but_not_edited(ingo: Client, moodle: Xapi) -> None:
    entry = refused(moodle, b"\xff\xfe\x00")

    page = look(ingo, f"{ADDRESS}{entry.pk}/")
    saved: Any = ingo.get(f"{ADDRESS}{entry.pk}/body")

    assert "Not text" in page
    assert "<textarea" not in page
    assert b"".join(saved.streaming_content) == b"\xff\xfe\x00"


@pytest.mark.parametrize(
    "body", [b"[" * 3000, b'{"actor":', b"{}", b"null", json.dumps({EVIL: EVIL}).encode(), b'"\\ud800"']
)
def test_any_body_can_be_looked_at(vera: Client, moodle: Xapi, body: bytes) -> None:
    entry = refused(moodle, body)

    assert EVIL not in look(vera, f"{ADDRESS}{entry.pk}/")


def test_a_source_without_bodies_takes_a_pasted_one(ingo: Client, moodle: Xapi) -> None:
    assert moodle.issued is not None
    source = moodle.issued.credential.source
    source.inbox_body_bytes = 0
    source.save()
    entry = refused(moodle)
    assert "keeps no bodies" in look(ingo, f"{ADDRESS}{entry.pk}/")

    ingo.post(f"{ADDRESS}{entry.pk}/replay/", {"body": json.dumps(statement())})

    assert Statement.objects.filter(store_id=moodle.store_id).count() == 1


def test_dismissing_keeps_who_and_why(ingo: Client, moodle: Xapi) -> None:
    entry = refused(moodle)

    ingo.post(f"{ADDRESS}{entry.pk}/dismiss/", {"note": f"Ann left {EVIL}"})

    entry.refresh_from_db()
    assert (entry.state, entry.note) == (InboxState.DISMISSED, f"Ann left {EVIL}")
    page = look(ingo, f"{ADDRESS}{entry.pk}/")
    assert "Ann left" in page
    assert EVIL not in page


def test_a_whole_reason_is_dismissed_in_one_source_only(ingo: Client, moodle: Xapi, hub: Any) -> None:
    osaka = hub.caller("Moodle Osaka")
    mine, other_rule, others = refused(moodle), refused(moodle, b"{"), refused(osaka)

    ingo.post(f"{ADDRESS}dismiss/", {"rule": "mbox.form", "source": source_of(moodle), "note": "known"})

    states = [InboxEntry.objects.get(pk=each.pk).state for each in (mine, other_rule, others)]
    assert states == [InboxState.DISMISSED, InboxState.OPEN, InboxState.OPEN]


def test_ticked_entries_are_dismissed_together(ingo: Client, moodle: Xapi) -> None:
    entries = [refused(moodle) for _ in range(3)]

    ingo.post(f"{ADDRESS}dismiss/", {"entry": [entries[0].pk, entries[1].pk, "x", "99999999999999999"]})

    states = [InboxEntry.objects.get(pk=each.pk).state for each in entries]
    assert states == [InboxState.DISMISSED, InboxState.DISMISSED, InboxState.OPEN]


def test_who_only_looks_changes_nothing(vera: Client, moodle: Xapi) -> None:
    entry = refused(moodle)
    page = look(vera, f"{ADDRESS}{entry.pk}/")

    assert "Replay" not in words(page).split("Its body")[1]
    for address in (f"{entry.pk}/replay/", f"{entry.pk}/dismiss/", "dismiss/"):
        assert (
            vera.post(ADDRESS + address, {"body": json.dumps(statement()), "rule": "mbox.form"}).status_code
            == 403
        )
    assert InboxEntry.objects.get(pk=entry.pk).state == InboxState.OPEN


def test_an_entry_cannot_be_rewritten(ada: Client, moodle: Xapi) -> None:
    entry = refused(moodle)

    for address in (f"{entry.pk}/change/", f"{entry.pk}/delete/", "add/"):
        assert ada.post(ADDRESS + address, {"rule": "x", "post": "yes"}).status_code == 404
    assert InboxEntry.objects.get(pk=entry.pk).rule == "mbox.form"


def test_reasons_of_strangers_never_become_markup(vera: Client, moodle: Xapi) -> None:
    wrong = statement() | {"actor": {"name": EVIL, "mbox": EVIL}, "id": str(uuid4())}
    entry = refused(moodle, wrong)

    assert EVIL not in look(vera, f"{ADDRESS}{entry.pk}/")
    assert EVIL not in look(vera, ADDRESS, source=source_of(moodle))
