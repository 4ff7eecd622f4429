"""`manage.py sync`, and settings that make no sense."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from connectors import checks
from connectors.models import SyncRun
from tests.connectors.sync.source import Roster, staff


def sync(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("sync", *words, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_it_sees_a_run_through_and_tells_what_became_of_it(roster: Roster) -> None:
    roster.say(staff(7))
    system = roster.system(name="PeopleSoft Command")
    told = sync("--system", "PeopleSoft Command", "--store", system.store.name, "--wait")
    assert (told["state"], told["mode"], told["created"], told["records"]) == ("succeeded", "full", 7, 7)
    roster.say(staff(8), changed=staff(8)[3:])
    dry = sync("--system", "PeopleSoft Command", "--store", system.store.name, "--dry", "--wait")
    assert dry["report"]["records"]["worker"] == {"created": 1, "unchanged": 7}
    changes = sync("--system", "PeopleSoft Command", "--store", system.store.name, "--changes", "--wait")
    assert (changes["mode"], changes["created"], changes["unchanged"]) == ("changes", 1, 4)


def test_without_waiting_it_only_starts_the_run(roster: Roster) -> None:
    system = roster.system(name="PeopleSoft Started")
    told = sync("--system", "PeopleSoft Started", "--store", system.store.name)
    assert told["state"] == "waiting"
    assert SyncRun.objects.get(system=system).pk == told["run"]


def test_a_run_that_did_not_succeed_is_an_error(roster: Roster) -> None:
    roster.say(staff(7), breaks=[0, "NotAuthorized"])
    system = roster.system(name="PeopleSoft Closed")
    with pytest.raises(CommandError, match=r"Run \d+: failed. It does not answer."):
        sync("--system", "PeopleSoft Closed", "--store", system.store.name, "--wait")


def test_a_name_nobody_has_and_one_that_several_have_are_told_apart(roster: Roster) -> None:
    with pytest.raises(CommandError, match="There is no connection 'Nobody'"):
        sync("--system", "Nobody")
    for _ in range(2):
        roster.system(name="Twice")
    with pytest.raises(CommandError, match="say which with --store"):
        sync("--system", "Twice")


@pytest.mark.parametrize(("value", "wrong"), [(5, False), (0, True), ("5", True), (True, True)])
def test_a_setting_that_makes_no_sense_is_told(value: object, *, wrong: bool) -> None:
    with override_settings(CONNECTORS_SYNC_ATTEMPTS=value):
        assert [each.id for each in checks.sync_settings()] == (["connectors.E001"] if wrong else [])
