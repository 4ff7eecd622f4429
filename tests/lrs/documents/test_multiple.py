"""The ids of a context, `since`, and deleting all state of a context."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha1
from typing import Any
from uuid import uuid4

import pytest

from lrs.models import Document
from tests.lrs.documents.lms import ANN, BOB, FORKLIFT, Lms, each_resource, told

OTHER_ACTIVITY = f"{FORKLIFT}/quiz"
STATE = "activities/state"
CONTEXT: dict[str, Any] = {"activityId": FORKLIFT, "agent": ANN}


def without_id(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name not in ("stateId", "profileId")}


def put_several(lms: Lms, path: str, named: Mapping[str, Any], ids: list[str]) -> None:
    parameter = "stateId" if "stateId" in named else "profileId"
    for document_id in ids:
        lms.create(path, {}, **{**named, parameter: document_id})


@each_resource
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_it_lists_the_ids_in_order_of_change(
    berlin: Lms, path: str, named: Mapping[str, Any], version: str
) -> None:
    lms = berlin.speaking(version)
    empty = lms.call("GET", path, **without_id(named))
    assert (empty.status_code, empty.content) == (200, b"[]")
    put_several(lms, path, named, ["b", "ä/?", "c"])
    parameter = "stateId" if "stateId" in named else "profileId"
    lms.call("POST", path, {"changed": True}, **{**named, parameter: "b"})
    got = lms.call("GET", path, **without_id(named))
    assert json.loads(got.content) == ["ä/?", "c", "b"]
    assert got["Content-Type"] == "application/json"
    assert got["ETag"] == f'"{sha1(got.content).hexdigest()}"'
    latest = Document.objects.filter(store=lms.source.store).latest("updated").updated
    assert parsedate_to_datetime(got["Last-Modified"]) == latest.replace(microsecond=0)


@each_resource
def test_it_leaves_out_what_was_stored_up_to_since(berlin: Lms, path: str, named: Mapping[str, Any]) -> None:
    put_several(berlin, path, named, ["early", "at", "late"])
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for document_id, minutes in (("early", -1), ("at", 0), ("late", 1)):
        Document.objects.filter(store=berlin.source.store, document_id=document_id).update(
            updated=noon + timedelta(minutes=minutes)
        )

    def since(text: str) -> list[str]:
        found: list[str] = json.loads(berlin.call("GET", path, **without_id(named), since=text).content)
        return found

    assert since("2026-03-01T12:00:00Z") == ["late"]
    assert since("2026-03-01T12:59:59.999999+01:00") == ["at", "late"]
    assert since("2026-03-01T12:01:00Z") == []
    assert told(berlin.call("GET", path, **without_id(named), since="noon")) == (400, "parameter.since")


def test_it_lists_only_its_own_context(berlin: Lms) -> None:
    berlin.create(STATE, {}, **CONTEXT, stateId="ann's")
    berlin.create(STATE, {}, activityId=FORKLIFT, agent=BOB, stateId="bob's")
    berlin.create(STATE, {}, activityId=OTHER_ACTIVITY, agent=ANN, stateId="of the quiz")
    berlin.create("activities/profile", {}, activityId=FORKLIFT, profileId="of all")
    assert json.loads(berlin.call("GET", STATE, **CONTEXT).content) == ["ann's"]


def test_it_lists_the_state_of_all_registrations_unless_one_is_named(berlin: Lms) -> None:
    first, second = str(uuid4()), str(uuid4())
    berlin.create(STATE, {}, **CONTEXT, stateId="shared", registration=first)
    berlin.create(STATE, {}, **CONTEXT, stateId="shared", registration=second)
    berlin.create(STATE, {}, **CONTEXT, stateId="own", registration=second)
    berlin.create(STATE, {}, **CONTEXT, stateId="none")
    assert json.loads(berlin.call("GET", STATE, **CONTEXT).content) == ["shared", "own", "none"]
    assert json.loads(berlin.call("GET", STATE, **CONTEXT, registration=first).content) == ["shared"]
    assert json.loads(berlin.call("GET", STATE, **CONTEXT, registration=second).content) == ["shared", "own"]


def test_it_deletes_the_state_of_one_registration(berlin: Lms) -> None:
    first, second = str(uuid4()), str(uuid4())
    for registration in (first, second):
        berlin.create(STATE, {}, **CONTEXT, stateId="bookmark", registration=registration)
    berlin.create(STATE, {}, **CONTEXT, stateId="none")
    assert berlin.call("DELETE", STATE, **CONTEXT, registration=first).status_code == 204
    assert berlin.call("GET", STATE, **CONTEXT, stateId="bookmark", registration=first).status_code == 404
    assert berlin.call("GET", STATE, **CONTEXT, stateId="bookmark", registration=second).status_code == 200
    assert berlin.call("GET", STATE, **CONTEXT, stateId="none").status_code == 200


def test_it_deletes_all_state_of_a_context_and_no_more(berlin: Lms, elsewhere: Lms) -> None:
    berlin.create(STATE, {}, **CONTEXT, stateId="bookmark")
    berlin.create(STATE, {}, **CONTEXT, stateId="bookmark", registration=str(uuid4()))
    others: list[tuple[Lms, str, dict[str, Any]]] = [
        (berlin, STATE, {"activityId": FORKLIFT, "agent": BOB, "stateId": "x"}),
        (berlin, STATE, {"activityId": OTHER_ACTIVITY, "agent": ANN, "stateId": "x"}),
        (berlin, "activities/profile", {"activityId": FORKLIFT, "profileId": "x"}),
        (berlin, "agents/profile", {"agent": ANN, "profileId": "x"}),
        (elsewhere, STATE, {**CONTEXT, "stateId": "x"}),
    ]
    for lms, path, named in others:
        lms.create(path, {}, **named)
    assert berlin.call("DELETE", STATE, **CONTEXT).status_code == 204
    assert json.loads(berlin.call("GET", STATE, **CONTEXT).content) == []
    for lms, path, named in others:
        assert lms.call("GET", path, **named).status_code == 200


def test_it_deletes_nothing_where_a_precondition_could_not_be_checked(berlin: Lms) -> None:
    berlin.create(STATE, {}, **CONTEXT, stateId="bookmark")
    for header in ("If-Match", "If-None-Match"):
        refused = berlin.call("DELETE", STATE, headers={header: '"x"'}, **CONTEXT)
        assert told(refused) == (400, "document.precondition-without-id")
    assert berlin.call("GET", STATE, **CONTEXT, stateId="bookmark").status_code == 200


def test_it_does_not_list_again_what_the_client_has(berlin: Lms) -> None:
    berlin.create(STATE, {}, **CONTEXT, stateId="bookmark")
    etag = berlin.call("GET", STATE, **CONTEXT)["ETag"]
    assert berlin.call("GET", STATE, headers={"If-None-Match": etag}, **CONTEXT).status_code == 304
    berlin.create(STATE, {}, **CONTEXT, stateId="score")
    assert berlin.call("GET", STATE, headers={"If-None-Match": etag}, **CONTEXT).status_code == 200
