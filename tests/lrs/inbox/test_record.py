"""What a refused request leaves behind, and how it is bounded."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from lrs import inbox
from lrs.auth.access import Access
from lrs.errors import BadRequest, Rejection, StatementsRejected
from lrs.models import InboxEntry, InboxReason, InboxState, Source, SourceHour
from tests.lrs.documents.lms import ANN, FORKLIFT, Lms

GOOD: dict[str, Any] = {
    "actor": ANN,
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": FORKLIFT},
}
WITHOUT_ACTOR = {name: value for name, value in GOOD.items() if name != "actor"}


def entries(lms: Lms) -> list[InboxEntry]:
    return list(InboxEntry.objects.filter(source=lms.source).order_by("pk"))


def bounds(lms: Lms, **limits: int) -> None:
    Source.objects.filter(pk=lms.source.pk).update(**limits)


def test_it_keeps_what_was_sent_and_every_reason(berlin: Lms) -> None:
    batch = [GOOD, WITHOUT_ACTOR, {**GOOD, "verb": {"id": "completed"}}]
    refused = berlin.call("POST", "statements", batch, headers={"X-Request-ID": "lms-17"})
    assert refused.status_code == 400
    [entry] = entries(berlin)
    assert (entry.method, entry.path, entry.version) == ("POST", "/xapi/statements", "1.0.3")
    assert (entry.status, entry.content_type, entry.state) == (400, "application/json", InboxState.OPEN)
    assert entry.credential == berlin.issued.credential
    assert entry.request_id == "lms-17"
    assert abs(timezone.now() - entry.received) < timedelta(minutes=1)
    assert entry.body is not None
    assert json.loads(bytes(entry.body)) == batch
    assert (entry.body_size, entry.body_truncated) == (len(entry.body), False)
    # The client was told the very same.
    told = [
        (error["index"], error["pointer"], error["rule"]) for error in json.loads(refused.content)["errors"]
    ]
    kept = [(reason.index, reason.pointer, reason.rule) for reason in entry.reasons.all()]
    assert kept == told
    assert {index for index, _, _ in kept} == {1, 2}
    assert entry.rule == kept[0][2]
    assert all(reason.message for reason in entry.reasons.all())


def test_it_keeps_a_conflict_and_broken_json(berlin: Lms) -> None:
    statement_id = str(uuid4())
    berlin.call("PUT", "statements", GOOD, statementId=statement_id)
    other = {**GOOD, "result": {"success": True}}
    assert berlin.call("PUT", "statements", other, statementId=statement_id).status_code == 409
    assert berlin.call("POST", "statements", b'{"actor": ').status_code == 400
    assert [(entry.method, entry.status) for entry in entries(berlin)] == [("PUT", 409), ("POST", 400)]
    assert entries(berlin)[0].path.endswith(f"statements?statementId={statement_id}")


def test_it_keeps_nothing_of_accepted_or_unknown_callers_and_reads(berlin: Lms) -> None:
    assert berlin.call("POST", "statements", GOOD).status_code == 200
    assert berlin.call("GET", "statements", limit="x").status_code == 400
    assert (
        berlin.call("POST", "statements", WITHOUT_ACTOR, headers={"Authorization": "Basic eDp5"}).status_code
        == 401
    )
    assert berlin.call("PUT", "activities/state", b"{").status_code == 400
    assert entries(berlin) == []


def test_it_keeps_the_entries_of_each_source_apart(berlin: Lms, oslo: Lms) -> None:
    berlin.call("POST", "statements", WITHOUT_ACTOR)
    oslo.call("POST", "statements", b"[")
    assert [entry.status for entry in entries(berlin)] == [400]
    assert [entry.rule for entry in entries(oslo)] == ["json.syntax"]


def test_it_cuts_the_body_at_the_limit_of_the_source(berlin: Lms) -> None:
    bounds(berlin, inbox_body_bytes=5)
    berlin.call("POST", "statements", b"[1, 2, 3]")
    berlin.call("POST", "statements", b"[1]  ")
    long, short = entries(berlin)
    assert (bytes(long.body or b""), long.body_size, long.body_truncated) == (b"[1, 2", 9, True)
    assert (bytes(short.body or b""), short.body_size, short.body_truncated) == (b"[1]  ", 5, False)


def test_it_keeps_no_body_where_the_source_wants_none(berlin: Lms) -> None:
    bounds(berlin, inbox_body_bytes=0)
    berlin.call("POST", "statements", WITHOUT_ACTOR)
    [entry] = entries(berlin)
    assert (entry.body, entry.body_truncated) == (None, False)
    assert entry.body_size > 0
    assert entry.reasons.exists()


def test_it_keeps_no_entry_where_the_source_wants_none_but_counts_it(berlin: Lms) -> None:
    bounds(berlin, inbox_entries=0)
    berlin.call("POST", "statements", WITHOUT_ACTOR)
    assert entries(berlin) == []
    assert SourceHour.objects.get(source=berlin.source).refused == 1


def test_a_flood_leaves_the_newest_only(berlin: Lms, oslo: Lms) -> None:
    oslo.call("POST", "statements", b"[0]")
    bounds(berlin, inbox_entries=3)
    for number in range(8):
        berlin.call("POST", "statements", f"[{number}]".encode())
    assert [bytes(entry.body or b"") for entry in entries(berlin)] == [b"[5]", b"[6]", b"[7]"]
    assert InboxReason.objects.filter(entry__source=berlin.source).count() == 3
    assert len(entries(oslo)) == 1
    assert SourceHour.objects.get(source=berlin.source).refused == 8


def test_a_flood_is_trimmed_while_it_lasts_whatever_the_bound(berlin: Lms) -> None:
    bounds(berlin, inbox_entries=40)
    for _ in range(90):
        inbox.record(refusal(berlin))
        assert len(entries(berlin)) <= 44


def test_it_trims_what_is_too_old_or_too_much_whatever_its_state(berlin: Lms, oslo: Lms, ann: User) -> None:
    bounds(berlin, inbox_days=10)
    for _ in range(4):
        inbox.record(refusal(berlin))
    inbox.record(refusal(oslo))
    old, dismissed, *rest = entries(berlin)
    inbox.dismiss(dismissed, user=ann)
    InboxEntry.objects.filter(pk__in=[old.pk, dismissed.pk]).update(
        received=timezone.now() - timedelta(days=10, minutes=1)
    )
    InboxEntry.objects.filter(source=oslo.source).update(received=timezone.now() - timedelta(days=29))
    assert inbox.trim() >= 2
    assert entries(berlin) == rest
    bounds(berlin, inbox_entries=1)
    assert inbox.trim(berlin.source) == 0  # the bounds it was loaded with
    assert inbox.trim(Source.objects.get(pk=berlin.source.pk)) == 1
    assert entries(berlin) == rest[-1:]
    assert len(entries(oslo)) == 1


def refusal(lms: Lms, *, error: BadRequest | None = None, **changed: Any) -> inbox.Refusal:
    access = Access(
        store_id=lms.source.store_id,
        source_id=lms.source.pk,
        credential_id=lms.issued.credential.pk,
        authority={},
        scopes=frozenset({"all"}),
        body_bytes=1,
        requests_per_minute=0,
    )
    about: dict[str, Any] = {
        "access": access,
        "request_id": "",
        "method": "POST",
        "path": "/xapi/statements",
        "version": "1.0.3",
        "content_type": "application/json",
        "body": b"{}",
        "error": error or BadRequest("No.", rule="test"),
    }
    return inbox.Refusal(**{**about, **changed})


def test_it_keeps_text_the_database_could_not(berlin: Lms) -> None:
    rejection = Rejection(rule="r" * 300, message="a\0b", pointer="/\ud800", value="\0")
    inbox.record(
        refusal(berlin, error=StatementsRejected([rejection] * 500), version="9" * 50, content_type="\0")
    )
    [entry] = entries(berlin)
    assert entry.reasons.count() == inbox.REASONS_MOST
    reason = entry.reasons.all()[0]
    assert (reason.rule, reason.message, reason.pointer) == ("r" * 100, "a�b", "/?")


def test_it_never_lets_an_error_of_its_own_out(berlin: Lms) -> None:
    """The LMS is told 400, even where the inbox itself fails."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lrs_inbox_reason RENAME TO gone")
    assert berlin.call("POST", "statements", WITHOUT_ACTOR).status_code == 400
    assert entries(berlin) == []
