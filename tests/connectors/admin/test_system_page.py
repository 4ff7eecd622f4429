"""The page of a connection: everything about it, in words that are edited here, with a history."""

from __future__ import annotations

from django.test import Client

from connectors.admin.connections.markdown import rendered
from connectors.models import Alert, ChangeNote
from tests.connectors.admin.pages import notes, said, seen, send
from tests.connectors.sync.source import Roster, staff, synced


def test_one_page_tells_everything(vera: Client, roster: Roster) -> None:
    rows = staff(8)
    rows[0]["Hire_Date"] = "31.02.2020"
    roster.say(rows)
    system = roster.system(owner="HR systems", architecture="# Way\n- SFTP", every_minutes=60)
    synced(system)
    Alert.objects.create(store=system.store, system=system, kind="drift", key="x", text="The report changed.")
    page = said(vera, f"system/{system.pk}/")
    for text in (
        "HR systems",
        "1 open exceptions",
        "The report changed.",
        "every 60 min",
        "Version 1",
        "Architecture Way SFTP",
        "Nobody has written down yet what to do when something fails.",
        "Mapping version 1 put to use",
        "none in a row",
        str(roster.path),
    ):
        assert text in page, text
    assert "1 open exceptions" not in said(vera, "system/")
    assert "PeopleSoft" in said(vera, "system/")


def test_architecture_and_procedures_are_written_here(ingo: Client, roster: Roster) -> None:
    system = roster.system(procedures="Call Bo.")
    send(ingo, f"system/{system.pk}/describe/", architecture="**Over** SFTP.", procedures="Call Bo.")
    page = seen(ingo, f"system/{system.pk}/")
    assert "<strong>Over</strong> SFTP." in page
    assert notes(system, "text") == ["Rewritten: architecture."]
    found = ChangeNote.objects.filter(system=system, kind="text").get()
    assert found.detail == {"before": {"architecture": ""}}
    send(ingo, f"system/{system.pk}/describe/", architecture="**Over** SFTP.", procedures="Call Bo.")
    assert len(notes(system, "text")) == 1


def test_a_note_is_added_by_hand(ingo: Client, roster: Roster) -> None:
    system = roster.system()
    send(ingo, f"system/{system.pk}/note/", text="The report moves to 3 am.")
    send(ingo, f"system/{system.pk}/note/", text="  ")
    assert notes(system, "note") == ["The report moves to 3 am."]
    assert "The report moves to 3 am." in said(ingo, f"system/{system.pk}/history/")


def test_the_menu_has_what_a_role_may_see(vera: Client, gus: Client) -> None:
    addresses = ("system", "syncrun", "syncexception", "driftfinding")
    assert all(f'href="/admin/connectors/{each}/"' in seen(vera, "system/") for each in addresses)
    start = gus.get("/admin/").content.decode()
    assert not any(f'href="/admin/connectors/{each}/"' in start for each in addresses)


def test_markdown_is_safe() -> None:
    html = rendered(
        "# A <b>\n\n- one\n  more\n- two\n\n1. first\n\n| a | b |\n|---|---|\n| `<i>` | x |\n\n"
        '```\n<x>\n```\n[ok](https://example.com/?a=1&b="2) [no](javascript:alert(1)) '
        "**bold** *soft*\n<script>"
    )
    assert "<h3>A &lt;b&gt;</h3>" in html
    assert "<ul><li>one more</li><li>two</li></ul><ol><li>first</li></ol>" in html
    assert "<td><code>&lt;i&gt;</code></td>" in html
    assert '<pre class="lrs-json">&lt;x&gt;</pre>' in html
    assert 'href="https://example.com/?a=1&amp;b=&quot;2"' in html
    assert 'href="javascript' not in html
    assert "<strong>bold</strong> <em>soft</em> &lt;script&gt;" in html
