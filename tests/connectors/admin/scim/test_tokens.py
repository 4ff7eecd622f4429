"""An administrator issues a token and sees it once."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from connectors.models import ChangeNote, ScimToken
from tests.connectors.people import hris
from tests.connectors.scim.idp import Idp, connection
from tests.fixtures import Hub


@pytest.fixture
def ada(hub: Hub) -> Client:
    """Ada, the superuser."""
    user = get_user_model().objects.create_superuser(f"ada {uuid4().hex[:8]}")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_token_is_issued_and_shown_once(ada: Client) -> None:
    system = connection()
    page = ada.post(reverse("admin:connectors_scimtoken_add"), {"system": system.pk})
    assert page.status_code == 200
    [token] = re.findall(r"scim_[0-9a-f]+\.[\w-]+", page.content.decode())
    idp = Idp(system)
    idp.token = token
    idp.send("GET", "/Users").expect(200)
    kept = ScimToken.objects.get(system=system, key=token.partition(".")[0].removeprefix("scim_"))
    listed = ada.get(reverse("admin:connectors_scimtoken_changelist")).content.decode()
    assert kept.key in listed
    assert token not in listed
    assert ChangeNote.objects.filter(system=system, kind="secret", by__isnull=False).exists()


def test_only_scim_connections_have_tokens_and_none_ends_before_it_begins(ada: Client) -> None:
    wrong: list[dict[str, Any]] = [
        {"system": hris().pk},
        {"system": connection().pk, "expires_0": "2020-01-01", "expires_1": "00:00"},
    ]
    for values in wrong:
        page = ada.post(reverse("admin:connectors_scimtoken_add"), values)
        assert page.status_code == 200
        assert "scim_" not in re.sub(r"scim_?token", "", page.content.decode())
        assert not ScimToken.objects.filter(system_id=values["system"]).exists()


def test_a_token_is_withdrawn(ada: Client) -> None:
    idp = Idp()
    kept = ScimToken.objects.get(system=idp.system)
    ada.post(reverse("admin:connectors_scimtoken_delete", args=[kept.pk]), {"post": "yes"})
    idp.send("GET", "/Users").expect(401)
    assert ChangeNote.objects.filter(system=idp.system, text__contains="withdrawn").exists()
