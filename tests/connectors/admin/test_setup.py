"""A connection is set up step by step, left, resumed, tried on some and put live."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client

from connectors import vault
from connectors.adapters import Finding, adapters, files
from connectors.admin.connections import attempt, standing
from connectors.errors import NotAuthorized
from connectors.models import ChangeNote, RunMode, SyncRun, System, SystemSecret, SystemState
from connectors.sync import run as runs
from tests.connectors.adapters.files.incoming import Incoming, worker
from tests.connectors.admin.pages import BASE, notes, said, seen, send
from tests.connectors.people import hris, new_store
from tests.connectors.sync.source import KEY, Roster, staff, synced

SECRET = "correct-horse-battery"
DEFAULTS = {
    "time_zone": "Europe/Oslo",
    "precedence": "100",
    "full_every_hours": "24",
    "end_share_most": "0.05",
    "end_count_least": "10",
    "freshness_minutes": "1560",
    "provisioning_hours": "24",
}


def begun(client: Client, **values: Any) -> System:
    """Take the first step; return the connection."""
    form = {"adapter": "files", "store": new_store().pk, "name": f"Meridian {uuid4().hex[:6]}", **DEFAULTS}
    response = send(client, "system/add/", form | values)
    return System.objects.get(pk=int(response["Location"].split("/")[4]))


def place(system: System, step: str) -> str:
    return f"system/{system.pk}/setup/{step}/"


def test_from_a_folder_to_live(ingo: Client, tmp_path: Path) -> None:
    incoming = Incoming(tmp_path)
    incoming.deliver([worker("0001"), worker("0002", org_code="ER", org_path="MERIDIAN/OPS/ER")], 1)
    system = begun(ingo, owner="HR systems")
    send(ingo, place(system, "settings"), {"setting-from": "folder", "setting-folder": str(tmp_path)})
    send(ingo, place(system, "test"))
    assert "✓ List the folder" in said(ingo, place(system, "test"))
    send(ingo, place(system, "mapping"))
    send(ingo, place(system, "pilot"), units="ICU\n\nICU")
    response = send(ingo, f"syncrun/start/{system.pk}/", mode="dry")
    dry = runs.carry_on(int(response["Location"].split("/")[4]))
    assert (dry.mode, dry.pilot, dry.created_count, dry.outside_count) == ("dry", {"units": ["ICU"]}, 1, 1)
    send(ingo, f"system/{system.pk}/state/", to="pilot")
    response = send(ingo, f"syncrun/start/{system.pk}/", mode="lifted")
    lifted = runs.carry_on(int(response["Location"].split("/")[4]))
    assert (lifted.pilot, lifted.created_count) == ({}, 2)
    send(ingo, f"system/{system.pk}/state/", to="live")
    response = send(ingo, f"syncrun/start/{system.pk}/", mode="full")
    assert runs.carry_on(int(response["Location"].split("/")[4])).created_count == 2
    system.refresh_from_db()
    assert system.state == SystemState.LIVE
    history = notes(system)
    for text in ("Set-up of", "Settings changed: ", "Connection tested: passed", "put to use"):
        assert any(text in each for each in history), text
    for text in ("Pilot: 1 units.", "Pilot started: 1 units.", "Went live: runs bring everybody."):
        assert text in history
    assert ChangeNote.objects.filter(system=system, by=None).count() == 0


def test_it_can_be_left_and_resumed(ingo: Client, tmp_path: Path) -> None:
    system = begun(ingo)
    assert ingo.get(f"{BASE}/system/{system.pk}/setup/")["Location"].endswith("/setup/settings/")
    send(ingo, place(system, "settings"), {"setting-from": "folder", "setting-folder": str(tmp_path)})
    assert ingo.get(f"{BASE}/system/{system.pk}/setup/")["Location"].endswith("/setup/secrets/")
    assert "Go on with the set-up" in said(ingo, f"system/{system.pk}/")


def test_the_form_of_settings_follows_the_schema(ingo: Client) -> None:
    system = begun(ingo)
    page = seen(ingo, place(system, "settings"))
    for name, about in files.ADAPTER.settings_schema["properties"].items():
        assert f'name="setting-{name}"' in page
        assert about["title"] in page
    assert '<option value="sftp" selected>' in page
    assert 'type="number" step="1" placeholder="22"' in page


def test_what_is_wrong_is_said_at_its_field(ingo: Client) -> None:
    system = begun(ingo)
    values = {
        "setting-from": "sftp",
        "setting-folder": "/in",
        "setting-port": "70000",
        "setting-host_keys": "ssh-ed25519 AAAA\nnonsense",
        "setting-most_bytes": "many",
    }
    response = send(ingo, place(system, "settings"), values, status=400)
    page = response.content.decode()

    def at(name: str) -> str:
        return str(page.split(f'id="field-{name}"')[1].split('id="field-')[0])

    assert "This must be at most 65535." in at("port")
    assert 'value="70000"' in at("port")
    assert "Line 2: This does not have the form it must have." in at("host_keys")
    assert "This must be a whole number." in at("most_bytes")
    assert "This must be filled in." in at("host")
    assert "This must be filled in." in at("username")
    assert "lrs-fault" not in at("folder")
    system.refresh_from_db()
    assert system.settings == {}


def test_settings_are_kept_as_json_values(ingo: Client) -> None:
    system = begun(ingo)
    armor = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\n-----END PGP PUBLIC KEY BLOCK-----"
    send(
        ingo,
        place(system, "settings"),
        {
            "setting-from": "folder",
            "setting-folder": "/in",
            "setting-port": "2222",
            "setting-allow_private": "on",
            "setting-pgp_signers": f"{armor}\r\n{armor}",
            "setting-delimiter": "",
        },
    )
    system.refresh_from_db()
    assert system.settings == {
        "from": "folder",
        "folder": "/in",
        "port": 2222,
        "allow_private": True,
        "pgp_signers": [armor, armor],
    }


def test_a_secret_is_kept_encrypted_and_never_shown_again(
    ingo: Client, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    system = begun(ingo)
    send(ingo, place(system, "settings"), {"setting-from": "folder", "setting-folder": str(tmp_path)})
    assert "not set" in said(ingo, place(system, "secrets"))
    send(ingo, place(system, "secrets"), {"secret-pgp_passphrase": SECRET, "secret-unknown": SECRET})
    assert vault.secrets_of(system) == {"pgp_passphrase": SECRET}
    send(ingo, place(system, "test"))
    pages = [seen(ingo, place(system, step)) for step in ("secrets", "settings", "test", "live", "about")]
    pages += [seen(ingo, f"system/{system.pk}/"), seen(ingo, f"system/{system.pk}/history/")]
    assert "set on 20" in pages[0]
    assert not [page for page in pages if SECRET in page]
    assert SECRET not in str(list(ChangeNote.objects.filter(system=system).values()))
    assert not LogEntry.objects.filter(change_message__contains=SECRET).exists()
    assert not [each for each in Session.objects.all() if SECRET in str(each.get_decoded())]
    assert SECRET not in "".join(capfd.readouterr())


def test_a_secret_is_replaced_and_removed(ingo: Client) -> None:
    system = begun(ingo)
    send(ingo, place(system, "secrets"), {"secret-private_key": "one\r\ntwo", "stay": "1"})
    send(ingo, place(system, "secrets"), {"secret-private_key": "", "secret-pgp_key": "three"})
    assert vault.secrets_of(system) == {"private_key": "one\ntwo", "pgp_key": "three"}
    send(ingo, place(system, "secrets"), {"secret-private_key": "four", "remove-pgp_key": "on"})
    assert vault.secrets_of(system) == {"private_key": "four"}
    assert notes(system, "secret") == [
        "Secret pgp_key removed.",
        "Secret private_key set.",
        "Secret pgp_key set.",
        "Secret private_key set.",
    ]


def test_the_least_rights_are_explained(ingo: Client) -> None:
    page = seen(ingo, place(begun(ingo), "secrets"))
    assert "<li>An SFTP account of its own, restricted to SFTP" in page
    assert "<code>processed/</code>" in page


@pytest.fixture
def tested_by(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the adapter of the tests test as told."""

    def take(test: Any) -> None:
        changed = {**adapters(), KEY: _with(adapters()[KEY], test)}
        monkeypatch.setattr(standing, "adapters", lambda: changed)

    return take


def _with(adapter: Any, test: Any) -> Any:
    from dataclasses import replace

    return replace(adapter, test=test)


def test_a_system_that_refuses_us_is_a_finding(ingo: Client, tested_by: Any, roster: Roster) -> None:
    def refuse(_: Any) -> list[Finding]:
        raise NotAuthorized("It does not know us.", suggestion="Renew the password.")

    tested_by(refuse)
    system = roster.system()
    send(ingo, place(system, "test"))
    assert "✗ Connect It does not know us. Renew the password." in said(ingo, place(system, "test"))


def test_what_a_system_echoes_shows_no_secret(ingo: Client, tested_by: Any, roster: Roster) -> None:
    def echo(reading: Any) -> list[Finding]:
        header = f"Bearer {reading.secrets['password']}".encode()
        return [Finding("Log in", False, f"{reading.secrets['password']}! Illegal header value {header!r}")]

    tested_by(echo)
    system = roster.system()
    vault.keep(system, "password", f"{SECRET}\n{SECRET[::-1]}")
    send(ingo, place(system, "test"))
    page = said(ingo, place(system, "test"))
    assert "•••! Illegal header value b'Bearer •••'" in page
    assert SECRET not in page
    assert SECRET[::-1] not in page


def test_a_library_that_fails_tells_its_kind_and_no_values(
    ingo: Client, tested_by: Any, roster: Roster
) -> None:
    def fail(_: Any) -> list[Finding]:
        raise ZeroDivisionError(SECRET)

    tested_by(fail)
    system = roster.system()
    send(ingo, place(system, "test"))
    page = said(ingo, place(system, "test"))
    assert "Something unexpected went wrong: ZeroDivisionError." in page
    assert SECRET not in page


def test_a_system_that_never_answers_ends_with_the_limit(signed_in: Any, roster: Roster) -> None:
    from dataclasses import replace

    from django.contrib.auth.models import User

    system, over = roster.system(), threading.Event()

    def hang(_: Any) -> list[Finding]:
        over.wait(30)
        return []

    signed_in("Ada", superuser=True)
    user = User.objects.latest("pk")
    adapter = replace(adapters()[KEY], test=hang)
    [found] = attempt.tried(system, adapter, by=user, seconds=0.05)
    over.set()
    assert (found.ok, found.detail) == (False, "It did not answer within 0.05 seconds.")


def test_a_pilot_needs_somebody_and_going_live_a_mapping(ingo: Client) -> None:
    system = hris(settings={"from": "folder", "folder": "/in"})
    send(ingo, f"system/{system.pk}/state/", to="live")
    assert "There is no mapping in use." in seen(ingo, f"system/{system.pk}/")
    send(ingo, place(system, "mapping"))
    send(ingo, f"system/{system.pk}/state/", to="pilot")
    assert "The pilot names nobody." in seen(ingo, f"system/{system.pk}/")
    system.refresh_from_db()
    assert system.state == SystemState.DRAFT


def test_incomplete_settings_keep_it_from_going_live(ingo: Client) -> None:
    system = hris(settings={"from": "sftp", "folder": "/in"})
    send(ingo, place(system, "mapping"))
    send(ingo, f"system/{system.pk}/state/", to="live")
    assert "The settings are not complete." in seen(ingo, f"system/{system.pk}/")


def test_a_pause_ends_where_it_began(ingo: Client, roster: Roster) -> None:
    system = roster.system(state="pilot", pilot={"units": ["ICU"]})
    send(ingo, f"system/{system.pk}/state/", to="pause")
    system.refresh_from_db()
    assert system.state == SystemState.PAUSED
    send(ingo, f"system/{system.pk}/state/", to="resume")
    system.refresh_from_db()
    assert system.state == SystemState.PILOT
    assert notes(system, "state")[:2] == ["Resumed: pilot.", "Paused; it was pilot."]


def test_a_pilot_under_way_cannot_lose_its_filter(ingo: Client, roster: Roster) -> None:
    system = roster.system(state="pilot", pilot={"units": ["ICU"]})
    send(ingo, place(system, "pilot"), units="")
    assert "would be everybody" in seen(ingo, place(system, "pilot"))
    system.refresh_from_db()
    assert system.pilot == {"units": ["ICU"]}


def test_a_system_left_alone_is_tried_now(ingo: Client, roster: Roster) -> None:
    roster.say(staff(2), breaks=[0, "CannotConnect"])
    system = roster.system()
    for _ in range(5):
        run = SyncRun.objects.filter(system=system).first() or runs.start(system, RunMode.FULL, wake=False)
        runs.carry_on(run.pk, at_once=True)
    page = said(ingo, f"system/{system.pk}/")
    assert "failed 5 times in a row and is left alone" in page
    send(ingo, f"system/{system.pk}/state/", to="try")
    system.refresh_from_db()
    assert system.circuit_open_until is None
    assert notes(system, "state") == ["The pause after failures was ended by hand."]


def test_what_is_changed_later_leaves_a_note_with_before_and_after(ingo: Client) -> None:
    system = begun(ingo, owner="HR systems")
    form = {**DEFAULTS, "name": system.name, "namespace": system.namespace, "owner": "Payroll"}
    send(ingo, place(system, "about"), form)
    found = ChangeNote.objects.filter(system=system, kind="settings").first()
    assert found is not None
    assert (found.text, found.detail) == ("Changed: Owner.", {"Owner": ["HR systems", "Payroll"]})


def test_the_system_and_the_store_are_chosen_once(ingo: Client) -> None:
    system = begun(ingo)
    form = {**DEFAULTS, "name": system.name, "adapter": KEY, "store": new_store().pk}
    send(ingo, place(system, "about"), form)
    after = System.objects.get(pk=system.pk)
    assert (after.adapter, after.store_id) == (system.adapter, system.store_id)


def test_two_connections_of_a_store_have_two_names(ingo: Client) -> None:
    system = begun(ingo)
    form = {"adapter": "files", "store": system.store_id, "name": system.name, **DEFAULTS}
    response = send(ingo, "system/add/", form, status=400)
    assert "already exists" in response.content.decode()


def test_who_only_looks_sets_nothing_up(vera: Client, gus: Client, roster: Roster) -> None:
    system = roster.system()
    synced(system)
    before = notes(system)
    for step in ("about", "settings", "secrets", "test", "mapping", "pilot", "live"):
        seen(vera, place(system, step), status=403)
        send(vera, place(system, step), status=403)
    for address in ("system/add/", f"system/{system.pk}/state/", f"system/{system.pk}/describe/"):
        send(vera, address, status=403, to="pause")
    send(vera, f"system/{system.pk}/note/", status=403, text="x")
    page = seen(vera, f"system/{system.pk}/")
    assert "What it is" in page
    assert "/setup/" not in page
    assert "/start/" not in page
    seen(gus, "system/", status=403)
    seen(gus, f"system/{system.pk}/", status=403)
    assert notes(system) == before
    assert SystemSecret.objects.filter(system=system).count() == 0


def test_looking_at_a_step_changes_nothing(ingo: Client, roster: Roster) -> None:
    system = roster.system()
    before = notes(system)
    assert ingo.get(f"{BASE}/system/{system.pk}/state/", {"to": "pause"}).status_code == 302
    assert ingo.get(f"{BASE}/syncrun/start/{system.pk}/", {"mode": "full"}).status_code == 302
    system.refresh_from_db()
    assert (system.state, notes(system)) == (SystemState.LIVE, before)
    assert not SyncRun.objects.filter(system=system).exists()
