"""A connection from its first step to a run that is watched; a mapping is edited, a record mended."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from connectors.mapping import lifecycle
from connectors.models import FieldMapping, SyncException, System
from connectors.sync import run as runs
from connectors.sync.page import Taker
from simulators import sftp
from tests.browser.visitors import ChromiumVisitor, Visitor
from tests.connectors.adapters.files.incoming import worker
from tests.connectors.people import context, hris, new_store

DAY = date(2026, 1, 19)


def awaits(visitor: Visitor, text: str, *, seconds: float = 30) -> None:
    """Wait until the page says so; who runs no scripts opens it again."""
    until = time.monotonic() + seconds
    while text not in visitor.words():
        assert time.monotonic() < until, f"{text!r} is not in {visitor.words()[-1500:]}"
        time.sleep(0.1)
        if not isinstance(visitor, ChromiumVisitor):
            visitor.open(visitor.path())


@contextmanager
def held_after_a_page(run_id: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Carry a run on in a thread that stops behind its first page until the event is set."""
    reached, on = Event(), Event()
    take = Taker.take

    def taking(self: Taker, *given: Any) -> None:
        take(self, *given)
        reached.set()
        on.wait(60)

    monkeypatch.setattr(Taker, "take", taking)

    def go() -> None:
        try:
            runs.carry_on(run_id)
        finally:
            connections.close_all()

    thread = Thread(target=go)
    thread.start()
    assert reached.wait(30)
    try:
        yield on
    finally:
        on.set()
        thread.join(60)


def number(visitor: Visitor) -> int:
    """Return the key in the address of the page."""
    return next(int(part) for part in visitor.path().split("/") if part.isdecimal())


def test_a_connection_is_set_up_and_its_run_is_watched(
    ada: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [worker(f"{place:05}") for place in range(1, 1011)]
    sftp.deliver(tmp_path, rows, day=DAY, sequence=1)
    store = new_store()
    ada.open("/admin/connectors/system/")
    ada.follow("New connection")
    ada.fill("adapter", "files")
    ada.fill("store", str(store.pk))
    ada.fill("name", f"Meridian {uuid4().hex[:6]}")
    ada.is_sound()
    ada.press("Keep and go on")
    ada.fill("setting-from", "folder")
    ada.press("Keep and go on")
    assert "This must be filled in." in ada.words()
    ada.fill("setting-folder", str(tmp_path))
    ada.is_sound()
    ada.press("Keep and go on")
    ada.fill("secret-pgp_passphrase", "correct-horse-battery")
    ada.is_sound()
    ada.press("Keep and go on")
    ada.press("Test connection")
    assert "1,010 records, 0 of them damaged" in ada.shown("con-findings")
    ada.is_sound()
    ada.follow("Go on")
    ada.press("Adopt the default mapping")
    ada.follow("Go on")
    ada.fill("units", "ICU")
    ada.press("Keep")
    ada.is_sound()
    system = System.objects.get(pk=number(ada))
    ada.press("As if the pilot were lifted")
    runs.carry_on(number(ada))
    awaits(ada, "What would change")
    assert "1 010" in " ".join(ada.shown("run-report").split())
    ada.is_sound()

    ada.open(f"/admin/connectors/system/{system.pk}/setup/live/")
    ada.is_sound()
    ada.press("Go live for everybody")
    ada.is_sound()
    ada.press("Full run")
    assert "Waiting" in ada.words()
    with held_after_a_page(number(ada), monkeypatch) as on:
        awaits(ada, "records of 1 010")
        assert ada.shown("run-records").split() == ["1", "000"]
        assert "Running" in ada.words()
        on.set()
        awaits(ada, "What it did")
    assert "Succeeded" in ada.words()
    assert ada.shown("run-created").split() == ["1", "010"]
    ada.is_sound()
    assert context(system, "2026-06-01", key="01010") is not None


def test_a_mapping_is_edited_with_what_it_gives_beside_it(ada: Visitor) -> None:
    system = hris()
    used = lifecycle.adopt(system)
    version = lifecycle.draft(
        system, used.document, sample={"worker": [worker("00001", status="Sabbatical")]}
    )
    ada.open(f"/admin/connectors/fieldmapping/{version.pk}/")
    assert "“Sabbatical” is not in the value map." in ada.words()
    ada.is_sound()
    if isinstance(ada, ChromiumVisitor):
        row = ada.page.locator('#map-table tr[data-pointer$="/assignments/0/status"]')
        row.get_by_role("button", name="Edit").click()
        row.locator("textarea").first.fill("Active = active\nSabbatical = leave")
        row.locator(".con-result", has_text="leave").wait_for()
        assert ada.page.locator("#map-problems-card").is_hidden()
        unit = ada.page.locator('#map-table tr[data-pointer$="/assignments/0/unit"]')
        unit.locator("input").first.fill("nowhere")
        unit.locator(".con-result", has_text="nothing").wait_for()
        unit.locator("input").first.fill("org_code")
        unit.locator(".con-result", has_text="ICU").wait_for()
    else:
        content = json.loads(json.dumps(used.document))
        assigned = content["records"]["worker"]["emit"][-1]["fields"]["relationships"][0]["assignments"][0]
        assigned["status"]["transform"][0]["map"] = {"Active": "active", "Sabbatical": "leave"}
        ada.fill("document", json.dumps(content))
    ada.press("Keep and test")
    assert "Tested on 1 sample: passed" in ada.words()
    ada.is_sound()
    ada.press("Activate")
    assert "Active" in ada.words()
    kept = FieldMapping.objects.get(pk=version.pk)
    assert kept.state == "active"
    assigned = kept.document["records"]["worker"]["emit"][-1]["fields"]["relationships"][0]["assignments"][0]
    assert assigned["status"]["transform"][0]["map"] == {"Active": "active", "Sabbatical": "leave"}
    assert assigned["unit"] == {"from": "org_code"}
    ada.follow("Compare")
    assert "Sabbatical" in ada.shown("map-diff")
    ada.is_sound()
    ada.open(f"/admin/connectors/fieldmapping/{version.pk}/sheet/")
    ada.is_sound()


def test_whole_parts_are_added_and_removed_in_the_form(ada: Visitor) -> None:
    system = hris()
    used = lifecycle.adopt(system)
    version = lifecycle.draft(system, used.document, sample={"worker": [worker("00001")]})
    ada.open(f"/admin/connectors/fieldmapping/{version.pk}/")
    if not isinstance(ada, ChromiumVisitor):
        # Without scripts the document is edited as text.
        assert ada.shown("map-document")
        return
    page = ada.page

    def part(heading: str) -> Any:
        return page.locator(f'#map-table tr.con-part[data-part="{heading}"]')

    def content() -> Any:
        return json.loads(page.locator("#map-document").input_value())

    def emitted(place: int = -1) -> Any:
        return content()["records"]["worker"]["emit"][place]["fields"]

    # An entry of a list: added, filled, another removed.
    before = len(emitted()["identifiers"])
    part("worker").get_by_role("button", name="Add an identifier").click()
    added = page.locator(f'#map-table tr[data-pointer$="/identifiers/{before}/value"]')
    added.locator("input").fill("badge")
    type_ = page.locator(f'#map-table tr[data-pointer$="/identifiers/{before}/type"]')
    type_.locator("input").fill("user_name")
    assert emitted()["identifiers"][before] == {"type": {"const": "user_name"}, "value": {"from": "badge"}}
    type_.locator("input").blur()
    part("identifiers: email").nth(1).wait_for(state="detached")
    part("identifiers: email").get_by_role("button", name="Remove").click()
    part("identifiers: email").wait_for(state="detached")
    assert "email" not in json.dumps(emitted()["identifiers"])
    assert len(emitted()["identifiers"]) == before
    # An employment has assignments of its own; what chooses them is added and removed.
    part("relationship").get_by_role("button", name="Add an assignment").click()
    part("assignment").nth(1).wait_for()
    part("assignment").nth(1).get_by_role("button", name="Only if").click()
    page.locator('#map-table tr[data-pointer$="/assignments/1/when"]').wait_for()
    assert set(emitted()["relationships"][0]["assignments"][1]) == {"when", "fields"}
    part("assignment").nth(1).get_by_role("button", name="Remove").click()
    part("assignment").nth(1).wait_for(state="detached")
    # A rule is removed, and another transformation put first.
    title = page.locator('#map-table tr[data-pointer$="/assignments/0/title"]')
    title.get_by_role("button", name="Edit").click()
    title.get_by_role("button", name="Add a transformation").click()
    title.get_by_role("button", name="Add a transformation").click()
    title.locator("select").nth(1).select_option("upper")
    title.get_by_role("button", name="earlier").click()
    steps = emitted()["relationships"][0]["assignments"][0]["title"]["transform"]
    assert [each["do"] for each in steps[-2:]] == ["upper", "trim"]
    place = 'tr[data-pointer$="/assignments/0/location"]'
    location = page.locator(f"#map-table {place}")
    location.get_by_role("button", name="Edit").click()
    location.get_by_role("button", name="Remove this rule").click()
    page.locator(f"#map-table {place}.con-empty").wait_for(state="attached")
    assert "location" not in emitted()["relationships"][0]["assignments"][0]
    # A whole record, a table, a kind of source record.
    count = len(content()["records"]["worker"]["emit"])
    page.get_by_label("What it becomes").select_option("job")
    page.get_by_role("button", name="Add what it becomes").click()
    part("job").nth(1).wait_for()
    assert emitted(count)["title"] == {"from": "."}
    part("job").nth(1).get_by_role("button", name="Remove job").click()
    part("job").nth(1).wait_for(state="detached")
    page.locator(".con-tables summary").click()
    page.get_by_role("button", name="Add a table").click()
    page.get_by_label("Name of the table").fill("classes")
    page.get_by_label("Entries").fill("RN = Registered nurse")
    assert content()["tables"] == {"classes": {"RN": "Registered nurse"}}
    page.get_by_label("Kind of source record").fill("contractor")
    page.get_by_role("button", name="Add a kind").click()
    page.get_by_role("button", name="Remove the kind “contractor”").wait_for()
    assert set(content()["records"]["contractor"]["emit"][0]["fields"]) == {"key"}
    ada.is_sound()
    page.get_by_role("button", name="Remove the kind “contractor”").click()
    page.locator('#map-kind option[value="contractor"]').wait_for(state="detached")
    ada.press("Keep the draft")
    kept = FieldMapping.objects.get(pk=version.pk).document
    assert "contractor" not in kept["records"]
    assert kept["tables"] == {"classes": {"RN": "Registered nurse"}}
    ada.is_sound()


def test_a_refused_record_is_mended_and_replayed(ada: Visitor, tmp_path: Path) -> None:
    sftp.deliver(tmp_path, [worker("00001"), worker("00002", hire_date="31.02.2020")], day=DAY, sequence=1)
    system = hris(state="live", settings={"from": "folder", "folder": str(tmp_path)})
    lifecycle.adopt(system)
    runs.carry_on(runs.start(system, wake=False).pk)
    found = SyncException.objects.get(system=system)
    ada.open(f"/admin/connectors/syncexception/?system={system.pk}")
    assert "31.02.2020" in ada.words()
    ada.is_sound()
    ada.follow("00002")
    ada.is_sound()
    ada.fill("raw", json.dumps({**found.raw, "hire_date": "2020-02-30"}))
    ada.press("Replay")
    assert "Refused still" in ada.words()
    ada.fill("raw", json.dumps({**found.raw, "hire_date": "2020-02-29"}))
    ada.press("Replay")
    assert "Replayed" in ada.words()
    assert context(system, "2020-06-01", key="00002") is not None


def test_every_other_page_fits_wide_and_narrow_screens(ada: Visitor, tmp_path: Path) -> None:
    system = hris(architecture="# Way\n- SFTP", settings={"from": "folder", "folder": str(tmp_path)})
    lifecycle.adopt(system)
    for page in (
        "system/",
        f"system/{system.pk}/",
        f"system/{system.pk}/describe/",
        f"system/{system.pk}/history/",
        f"system/{system.pk}/setup/about/",
        "syncrun/",
        f"fieldmapping/?system={system.pk}",
        "driftfinding/",
    ):
        ada.open(f"/admin/connectors/{page}")
        ada.is_sound()
