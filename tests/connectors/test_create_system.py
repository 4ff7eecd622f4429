"""`manage.py create_system`: a connection without the browser."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from connectors import vault
from connectors.mapping import lifecycle
from connectors.models import System, SystemSecret

pytestmark = pytest.mark.usefixtures("database")

GOOD = {"url": "https://pod.example", "username": "HUB"}


def create(tmp_path: Path, settings: Any, *words: str, store: str = "") -> dict[str, Any]:
    path = tmp_path / "settings.json"
    path.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    out = StringIO()
    name = store or f"Academy {uuid4().hex[:12]}"
    given = ("--name", "Oracle", "--adapter", "oracle_hcm", "--store", name, "--settings-file", str(path))
    call_command("create_system", *given, *words, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_connection_is_made_with_a_mapping_in_use_and_its_secrets_encrypted(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a=b\nc")
    told = create(
        tmp_path,
        GOOD,
        "--secret",
        f"password=@{password}",
        "--secret",
        "client_secret=x=y",
        "--state",
        "live",
    )
    system = System.objects.get(pk=told["system"])
    assert (system.state, system.adapter, system.settings) == ("live", "oracle_hcm", GOOD)
    assert vault.secrets_of(system) == {"password": "a=b\nc", "client_secret": "x=y"}
    assert not any(b"a=b" in bytes(each.encrypted) for each in SystemSecret.objects.filter(system=system))
    used = lifecycle.active(system)
    assert used is not None
    assert used.version == told["mapping"] == 1
    assert "x=y" not in json.dumps(told)
    assert "x=y" not in json.dumps([each.detail for each in system.changes.all()])


@pytest.mark.parametrize(
    ("settings", "words", "said"),
    [
        ({"username": "HUB"}, [], "'url' is a required property"),
        ({**GOOD, "page": 900}, [], "page: 900 is greater than the maximum"),
        ("{", [], "cannot be read"),
        ("[]", [], "no JSON object"),
        (GOOD, ["--secret", "passwort=x"], "no secret 'passwort'; known: client_secret, password"),
        (GOOD, ["--secret", "password"], "NAME=VALUE"),
        (GOOD, ["--time-zone", "Mars/Olympus"], "no time zone"),
        (GOOD, ["--secret", "password=@/nowhere/at/all"], "cannot be read from its file"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_made(
    tmp_path: Path, settings: Any, words: list[str], said: str
) -> None:
    store = f"Academy {uuid4().hex[:12]}"
    with pytest.raises(CommandError, match=said):
        create(tmp_path, settings, *words, store=store)
    assert not System.objects.filter(store__name=store).exists()


def test_a_name_is_used_once_in_a_store(tmp_path: Path) -> None:
    told = create(tmp_path, GOOD)
    with pytest.raises(CommandError, match="already"):
        create(tmp_path, GOOD, store=told["store"])
