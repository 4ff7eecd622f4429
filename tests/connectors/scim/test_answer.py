"""Errors become answers in one place; and what fails leaves either everything or nothing behind."""

from __future__ import annotations

import json

import pytest
import scim2_models
from django.db import OperationalError

from connectors.models import PersonKey, ScimResource, SyncRun
from connectors.scim import answer
from connectors.scim.live import NotReady
from connectors.scim.tokens import TooMany, Unauthorized
from connectors.sync.page import Taker
from tests.connectors.scim.idp import Idp, ann

KINDS = [
    made
    for name in dir(scim2_models)
    if isinstance(made := getattr(scim2_models, name), type)
    and issubclass(made, scim2_models.SCIMException)
    and made is not scim2_models.SCIMException
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_standard_has_its_status_and_body(kind: type[scim2_models.SCIMException]) -> None:
    response = answer.refusal(kind())
    told = json.loads(response.content)
    assert (response.status_code, told["status"]) == (kind.status, str(kind.status))
    assert told.get("scimType", "") == (kind.scim_type or "")
    assert response["Content-Type"] == "application/scim+json"


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (NotReady("It is paused."), 503, "Retry-After"),
        (OperationalError("canceling statement due to lock timeout"), 503, "Retry-After"),
        (TooMany(7), 429, "Retry-After"),
        (answer.MethodNotAllowed("GET"), 405, "Allow"),
        (Unauthorized("The token is not valid."), 401, "WWW-Authenticate"),
    ],
)
def test_others_say_what_to_do(error: Exception, status: int, header: str) -> None:
    response = answer.refusal(error)
    assert response.status_code == status
    assert response[header]
    assert b"lock timeout" not in response.content


def test_what_nobody_foresaw_is_told_without_its_words() -> None:
    with pytest.raises(ValueError, match="Ann") as raised:
        int("Ann Lee, 21001")
    response = answer.refusal(raised.value)
    assert response.status_code == 500
    assert b"Ann" not in response.content


def test_failed_before_the_end_nothing_is_kept_and_it_can_be_sent_again(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    entra = Idp()
    take = Taker.take

    def fails(taker: Taker, *given: object) -> None:
        take(taker, *given)  # type: ignore[arg-type]  # as they came
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(Taker, "take", fails)
        entra.send("POST", "/Users", ann()).expect(500)
    for model in (ScimResource, SyncRun, PersonKey):
        assert not model.objects.filter(system=entra.system).exists()
    entra.send("POST", "/Users", ann()).expect(201)


def test_done_though_nobody_heard_the_answer_it_is_not_done_twice(database: None) -> None:
    entra = Idp()
    entra.made()
    told = entra.send("POST", "/Users", ann()).expect(409).json()
    assert told["scimType"] == "uniqueness"
    assert entra.found('externalId eq "21001"') == ["ann@example.com"]
    assert PersonKey.objects.filter(system=entra.system).count() == 1
