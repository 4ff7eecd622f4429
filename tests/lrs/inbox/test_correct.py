"""What an administrator does with refused requests: group, correct and replay, dismiss."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from lrs import inbox
from lrs.auth.issue import issue_application
from lrs.models import InboxEntry, InboxState, Statement
from tests.lrs.documents.lms import ANN, FORKLIFT, Lms
from tests.lrs.inbox.test_record import GOOD, WITHOUT_ACTOR, entries


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def refused(lms: Lms, body: object, **how: Any) -> InboxEntry:
    method = "PUT" if "statementId" in how else "POST"
    assert lms.call(method, "statements", body, **how).status_code >= 400
    return entries(lms)[-1]


def stored(lms: Lms) -> list[UUID]:
    found = Statement.objects.filter(source=lms.source).order_by("seq")
    return list(found.values_list("statement_id", flat=True))


def test_it_groups_open_entries_by_rule_the_largest_first(berlin: Lms, oslo: Lms, ann: User) -> None:
    first, second = refused(berlin, WITHOUT_ACTOR), refused(berlin, WITHOUT_ACTOR)
    broken = refused(berlin, b"[")
    refused(oslo, WITHOUT_ACTOR)
    inbox.dismiss(refused(oslo, b"["), user=ann)
    InboxEntry.objects.filter(pk=first.pk).update(received=timezone.now() - timedelta(days=2))
    first.refresh_from_db()
    actor, json_ = inbox.groups(berlin.source)
    assert (actor.entries, json_.entries) == (2, 1)
    assert (actor.rule, json_.rule) == (first.rule, "json.syntax")
    assert (actor.oldest, actor.newest) == (first.received, second.received)
    assert actor.message == second.reasons.all()[0].message
    assert (json_.newest, json_.message) == (broken.received, broken.reasons.get().message)
    assert [(group.rule, group.entries) for group in inbox.groups(oslo.source)] == [(first.rule, 1)]
    everywhere = {group.rule: group.entries for group in inbox.groups()}
    assert everywhere[first.rule] >= 3


def test_it_stores_the_corrected_statements_as_the_source_would_have(berlin: Lms, ann: User) -> None:
    statement_id = str(uuid4())
    entry = refused(berlin, [{**WITHOUT_ACTOR, "id": statement_id}])
    outcome = inbox.replay(entry, body=as_json([{**GOOD, "id": statement_id}]), user=ann)
    assert (outcome.accepted, outcome.statement_ids) == (True, (UUID(statement_id),))
    assert (entry.state, entry.closed_by) == (InboxState.REPLAYED, ann)
    assert entry.closed is not None
    statement = Statement.objects.get(statement_id=statement_id)
    assert (statement.source, statement.credential) == (berlin.source, berlin.issued.credential)
    posted = berlin.call("POST", "statements", GOOD)
    [posted_id] = json.loads(posted.content)
    as_posted = json.loads(berlin.call("GET", "statements", statementId=posted_id).content)
    as_replayed = json.loads(berlin.call("GET", "statements", statementId=statement_id).content)
    assert as_replayed["authority"] == as_posted["authority"]


def test_it_stores_once_however_often_it_is_replayed(berlin: Lms, ann: User) -> None:
    entry = refused(berlin, [WITHOUT_ACTOR, WITHOUT_ACTOR])
    # Another administrator has the same page open, with the entry as it was.
    same_entry = InboxEntry.objects.get(pk=entry.pk)
    first = inbox.replay(entry, body=as_json([GOOD, GOOD]), user=ann)
    second = inbox.replay(same_entry, body=as_json([GOOD, GOOD]), user=ann)
    assert len(first.statement_ids) == 2
    assert second.statement_ids == first.statement_ids
    assert len(stored(berlin)) == 2
    third = inbox.replay(entry, body=as_json([GOOD, GOOD]), user=ann)
    assert [reason.rule for reason in third.reasons] == ["inbox.replayed"]


def test_it_accepts_what_the_source_has_sent_again_by_itself(berlin: Lms, ann: User) -> None:
    statement_id = str(uuid4())
    entry = refused(berlin, {**WITHOUT_ACTOR, "id": statement_id})
    corrected = {**GOOD, "id": statement_id}
    assert berlin.call("POST", "statements", corrected).status_code == 200
    assert inbox.replay(entry, body=as_json(corrected), user=ann).accepted
    assert stored(berlin) == [UUID(statement_id)]


def test_it_leaves_the_entry_open_with_the_new_reasons(berlin: Lms, ann: User) -> None:
    entry = refused(berlin, WITHOUT_ACTOR)
    outcome = inbox.replay(entry, body=as_json({**GOOD, "verb": {"id": "completed"}}), user=ann)
    assert not outcome.accepted
    assert [reason.pointer for reason in outcome.reasons] == ["/verb/id"]
    entry.refresh_from_db()
    assert (entry.state, entry.closed) == (InboxState.OPEN, None)
    assert [reason.pointer for reason in entry.reasons.all()] != ["/verb/id"]
    assert stored(berlin) == []
    assert len(entries(berlin)) == 1
    assert inbox.replay(entry, body=as_json(GOOD), user=ann).accepted


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"3", b'[3, {"id": 4}]'])
def test_it_gives_reasons_for_a_correction_that_is_no_statement(berlin: Lms, ann: User, body: bytes) -> None:
    outcome = inbox.replay(refused(berlin, WITHOUT_ACTOR), body=body, user=ann)
    assert outcome.reasons
    assert all(reason.rule and reason.message for reason in outcome.reasons)


def test_it_refuses_other_content_under_an_id_that_is_taken(berlin: Lms, ann: User) -> None:
    taken = str(uuid4())
    berlin.call("PUT", "statements", GOOD, statementId=taken)
    other = {**GOOD, "id": taken, "result": {"success": False}}
    entry = refused(berlin, other)
    outcome = inbox.replay(entry, body=as_json(other), user=ann)
    assert [reason.rule for reason in outcome.reasons] == ["statement.id-taken"]
    assert inbox.replay(entry, body=as_json({**other, "id": str(uuid4())}), user=ann).accepted


def test_it_stores_a_corrected_put_under_the_id_of_its_address(berlin: Lms, ann: User) -> None:
    statement_id = str(uuid4())
    entry = refused(berlin, WITHOUT_ACTOR, statementId=statement_id)
    assert inbox.replay(entry, body=as_json(GOOD), user=ann).statement_ids == (UUID(statement_id),)
    assert stored(berlin) == [UUID(statement_id)]


def test_it_can_correct_the_content_type_and_the_version(berlin: Lms, ann: User) -> None:
    entry = refused(berlin, as_json(GOOD), content_type="text/plain")
    assert not inbox.replay(entry, body=as_json(GOOD), user=ann).accepted
    assert inbox.replay(entry, body=as_json(GOOD), user=ann, content_type="application/json").accepted
    agents = {**GOOD, "context": {"contextAgents": [{"objectType": "contextAgent", "agent": ANN}]}}
    entry = refused(berlin, agents)
    assert not inbox.replay(entry, body=as_json(agents), user=ann).accepted
    assert not inbox.replay(entry, body=as_json(agents), user=ann, version="3").accepted
    assert inbox.replay(entry, body=as_json(agents), user=ann, version="2.0.0").accepted


def test_it_replays_a_multipart_body_with_its_attachment(berlin: Lms, ann: User) -> None:
    content = b"certificate"
    attachment = {
        "usageType": "http://adlnet.gov/expapi/attachments/certificate",
        "display": {"en": "Certificate"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
    }

    def multipart(statement: object) -> bytes:
        return b"\r\n".join(
            [
                b"--part",
                b"Content-Type: application/json",
                b"",
                as_json(statement),
                b"--part",
                b"Content-Type: text/plain",
                b"Content-Transfer-Encoding: binary",
                b"X-Experience-API-Hash: " + attachment["sha2"].encode(),  # type: ignore[attr-defined]  # a str here
                b"",
                content,
                b"--part--",
                b"",
            ]
        )

    entry = refused(
        berlin,
        multipart({**WITHOUT_ACTOR, "attachments": [attachment]}),
        content_type="multipart/mixed; boundary=part",
    )
    corrected = multipart({**GOOD, "attachments": [attachment]})
    again = InboxEntry.objects.get(pk=entry.pk)
    first = inbox.replay(entry, body=corrected, user=ann)
    assert first.accepted, first.reasons
    assert inbox.replay(again, body=corrected, user=ann).statement_ids == first.statement_ids
    got = berlin.call("GET", "statements", statementId=str(first.statement_ids[0]), attachments="true")
    assert content in b"".join(got) if got.streaming else content in got.content


def test_it_replays_with_a_credential_that_has_ended(berlin: Lms, ann: User) -> None:
    entry = refused(berlin, WITHOUT_ACTOR)
    credential = berlin.issued.credential
    credential.revoked = timezone.now()
    credential.save()
    assert inbox.replay(InboxEntry.objects.get(pk=entry.pk), body=as_json(GOOD), user=ann).accepted


def test_it_replays_what_a_user_sent_through_an_application_in_the_name_of_both(db: None, ann: User) -> None:
    issued = issue_application(source="Course player", scopes=["all"])
    token = get_access_token_model()(
        application=issued.credential.application,
        user=ann,
        scope="all",
        expires=timezone.now() + timedelta(hours=1),
    )
    # As the toolkit keeps them: the checksum alone.
    token.token, token._raw_token = "", "of-ann"
    token.save()

    def send(statement: object) -> Any:
        headers = {"Authorization": "Bearer of-ann", "X-Experience-API-Version": "1.0.3"}
        return Client().post("/xapi/statements", as_json(statement), "application/json", headers=headers)

    accepted, refused_ = send(GOOD), send(WITHOUT_ACTOR)
    assert (accepted.status_code, refused_.status_code) == (200, 400)
    entry = InboxEntry.objects.get(credential=issued.credential)
    outcome = inbox.replay(entry, body=as_json(GOOD), user=User.objects.create_user("bob", is_staff=True))
    as_sent, as_replayed = (
        orjson.loads(Statement.objects.get(statement_id=each).payload)["authority"]
        for each in (accepted.json()[0], outcome.statement_ids[0])
    )
    assert as_replayed == as_sent
    assert [member["account"]["name"] for member in as_replayed["member"]] == [issued.key, "ann"]


def test_it_replays_an_entry_that_does_not_say_who_sent_it_as_its_credential(berlin: Lms, ann: User) -> None:
    entry = refused(berlin, WITHOUT_ACTOR)
    as_recorded = entry.authority
    assert as_recorded
    entry.authority = None
    [statement_id] = inbox.replay(entry, body=as_json(GOOD), user=ann).statement_ids
    statement = Statement.objects.get(statement_id=statement_id)
    assert orjson.loads(statement.payload)["authority"] == as_recorded


def test_it_replays_no_voiding_for_a_source_that_may_not_void(berlin: Lms, ann: User) -> None:
    source = berlin.source
    source.may_void = False
    source.save()
    voiding = {
        "actor": ANN,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": str(uuid4())},
    }
    entry = refused(berlin, WITHOUT_ACTOR)
    outcome = inbox.replay(InboxEntry.objects.get(pk=entry.pk), body=as_json(voiding), user=ann)
    assert [reason.rule for reason in outcome.reasons] == ["void.permission"]


def test_it_dismisses_once_and_says_who_and_why(berlin: Lms, ann: User) -> None:
    entry = refused(berlin, WITHOUT_ACTOR)
    assert inbox.dismiss(entry, user=ann, note="A test of the vendor's.")
    assert (entry.state, entry.closed_by, entry.note) == (
        InboxState.DISMISSED,
        ann,
        "A test of the vendor's.",
    )
    assert not inbox.dismiss(entry, user=ann, note="Again.")
    assert entry.note == "A test of the vendor's."


def test_it_still_replays_what_was_dismissed_by_mistake(berlin: Lms, ann: User) -> None:
    entry = refused(berlin, WITHOUT_ACTOR)
    inbox.dismiss(entry, user=ann)
    assert inbox.replay(entry, body=as_json(GOOD), user=ann).accepted
    assert entry.state == InboxState.REPLAYED


def test_it_dismisses_a_whole_group_of_one_source(berlin: Lms, oslo: Lms, ann: User) -> None:
    for lms in (berlin, berlin, oslo):
        refused(lms, b"[")
    other = refused(berlin, {**GOOD, "object": {"id": FORKLIFT, "objectType": "Nothing"}})
    assert inbox.dismiss_group("json.syntax", user=ann, source=berlin.source, note="Noise.") == 2
    assert {entry.state for entry in entries(berlin)[:2]} == {InboxState.DISMISSED}
    other.refresh_from_db()
    assert other.state == InboxState.OPEN
    assert entries(oslo)[0].state == InboxState.OPEN
    assert inbox.dismiss_group("json.syntax", user=ann) >= 1
    assert entries(oslo)[0].state == InboxState.DISMISSED
