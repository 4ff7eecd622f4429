"""The command that scripts and newcomers get a key from."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils.dateparse import parse_datetime
from pytest_django import Settings

from lrs.auth.authenticate import authenticate
from lrs.models import Credential, Source

from .conftest import Header, unique


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("create_credential", *arguments, stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def test_it_prints_one_object_that_works(db: None, basic_header: Header, settings: Settings) -> None:
    settings.HUB_PUBLIC_URL = "https://lrs.example.org/"
    printed = run("--source", "Moodle Berlin", "--scope", "all")
    assert set(printed) == {"endpoint", "key", "secret"}
    assert printed["endpoint"] == "https://lrs.example.org/xapi/"
    access = authenticate({"authorization": basic_header(printed["key"], printed["secret"])}, "192.0.2.1")
    assert access.scopes == {"all"}


def test_it_takes_store_label_kind_and_scopes_in_both_notations(db: None) -> None:
    academy, before = unique("Academy"), Credential.objects.count()
    printed = run(
        *("--source", "Moodle Berlin", "--store", academy, "--label", "plugin", "--kind", "moodle"),
        *("--scope", "state, profile", "--scope", "statements/write"),
    )
    assert Credential.objects.count() == before + 1
    credential = Credential.objects.get(key=printed["key"])
    assert credential.source.store.name == academy
    assert (credential.label, credential.source.kind) == ("plugin", "moodle")
    assert credential.scopes == ["statements/write", "state", "profile"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2999-01-31", "2999-01-31T23:59:59.999999Z"),
        ("2999-01-31T12:00:00+02:00", "2999-01-31T10:00:00Z"),
        ("2999-01-31T12:00", "2999-01-31T12:00:00Z"),
    ],
)
def test_it_takes_dates_and_times(db: None, given: str, kept: str) -> None:
    printed = run("--source", "Moodle Berlin", "--scope", "all", "--expires", given)
    assert Credential.objects.get(key=printed["key"]).expires == parse_datetime(kept)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--scope", "everything"], "not a scope"),
        (["--scope", ","], "needs a scope"),
        (["--scope", "all", "--expires", "1999-12-31"], "expired already"),
        (["--scope", "all", "--expires", "tomorrow"], "neither a date nor a time"),
        (["--scope", "all", "--expires", "2999-02-31"], "neither a date nor a time"),
        (["--scope", "all", "--kind", "blackboard"], "invalid choice"),
        (["--scope", "all", "--store", " "], "name of the store"),
        (["--scope", "all", "--public"], "go with --oauth"),
        ([], "--scope"),
    ],
)
def test_it_refuses_in_one_sentence_and_leaves_nothing(db: None, arguments: list[str], told: str) -> None:
    before = Source.objects.count()
    with pytest.raises(CommandError, match=told):
        run("--source", unique("Moodle Berlin"), *arguments)
    assert Source.objects.count() == before


def test_it_makes_oauth_applications_too(db: None) -> None:
    printed = run("--source", "Player", "--scope", "statements/write", "--oauth")
    application = Credential.objects.get(key=printed["key"]).application
    assert application is not None
    assert application.authorization_grant_type == "client-credentials"
    printed = run(
        *("--source", "Player", "--scope", "state", "--oauth", "--public"),
        *("--redirect-uri", "https://player.example.org/back"),
    )
    assert printed["secret"] == ""
