"""What administrators do, from signing in to a corrected statement, in a browser and without one."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import requests

from tests.browser.visitors import NARROW, WIDE, Visitor
from tests.live import LiveHub, Lms

OTHER_PAGES = (
    "lrs/document/",
    "lrs/attachment/",
    "lrs/feedcursor/",
    "lrs/store/",
    "lrs/source/",
    "lrs/credential/",
    "lrs/credential/add/",
    "auth/user/",
)
EVIL = "<script>alert(1)</script>"


def statement(name: str, verb: str = "completed", **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": {"name": name, "mbox": f"mailto:{re.sub('[^a-z]', '', name.lower())}@example.com"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {
            "id": "https://lms.example.com/courses/forklift",
            "definition": {"name": {"en": "Forklift safety"}},
        },
        "result": {"score": {"scaled": 0.92}},
        **more,
    }


def post(lms: Lms, *statements: Any) -> int:
    return lms.send("POST", json=list(statements)).status_code


def status_with(site: LiveHub, key: str, secret: str) -> int:
    headers = {"X-Experience-API-Version": "1.0.3"}
    return requests.get(
        f"{site.endpoint}statements", auth=(key, secret), headers=headers, timeout=30
    ).status_code


def test_signing_in_leads_to_the_dashboard(ada: Visitor) -> None:
    assert ada.path() == "/admin/"
    assert "statements kept (estimate)" in ada.words()
    ada.is_sound()


def test_a_wrong_password_does_not(visitor: Visitor, administrator: str) -> None:
    visitor.open("/admin/")
    visitor.fill("username", administrator)
    visitor.fill("password", "guessed")
    visitor.press("Log in")

    assert visitor.path() == "/admin/login/"
    assert "Dashboard" not in visitor.words()


def test_an_lms_is_connected_and_its_key_tested(ada: Visitor, site: LiveHub) -> None:
    name = f"Moodle Oslo {uuid4().hex[:6]}"
    ada.open("/admin/")
    ada.follow("Connect an LMS")
    ada.fill("store", f"Academy {uuid4().hex[:6]}")
    ada.fill("source", name)
    ada.press("Make key and secret")
    key, secret = ada.shown("lrs-key"), ada.shown("lrs-secret")
    ada.is_sound()
    assert (ada.shown("lrs-moodle-username"), ada.shown("lrs-moodle-password")) == (key, secret)
    assert status_with(site, key, secret) == 200

    ada.press("Send a test statement")
    assert "It works" in ada.shown("lrs-outcome")
    ada.is_sound()
    ada.follow("See it in the browser")

    assert f"Ada tested the connection of {name}" in ada.words()
    assert secret not in ada.words()


def test_statements_are_browsed_filtered_and_opened(ada: Visitor, moodle: Lms) -> None:
    assert (
        post(moodle, *[statement(f"Ann {number:02}") for number in range(60)], statement("Bob", "failed"))
        == 200
    )
    ada.open(f"/admin/lrs/statement/?store={moodle.store_id}")
    assert "Bob failed Forklift safety, 92 %" in ada.words()
    ada.follow("Older")
    assert "Ann 00 completed Forklift safety, 92 %" in ada.words()
    assert "Bob failed" not in ada.words()

    ada.fill("verb", "failed")
    ada.press("Search")
    assert "Bob failed" in ada.words()
    assert "Ann 59" not in ada.words()
    ada.is_sound()
    ada.follow("Bob")

    assert "bob@example.com" in ada.words()
    assert '"mailto:bob@example.com"' in ada.shown("lrs-json") or "mailto:bob@example.com" in ada.shown(
        "lrs-json"
    )
    ada.is_sound()


def test_a_refused_statement_is_corrected_and_replayed(ada: Visitor, moodle: Lms) -> None:
    right = statement("Ann")
    wrong = right | {"actor": {"name": "Ann", "mbox": "ann@example.com"}}
    assert moodle.send("POST", json=wrong).status_code == 400
    ada.open(f"/admin/lrs/inboxentry/?source={moodle.source_id}")
    assert "mbox.form" in ada.words()
    ada.follow("UTC")
    assert "This must be mailto" in ada.words()
    ada.is_sound()

    ada.fill("body", json.dumps(wrong | {"verb": {"id": "none"}}))
    ada.press("Replay")
    assert "Still refused" in ada.words()
    ada.is_sound()

    ada.fill("body", json.dumps(right))
    ada.press("Replay")

    assert "Ann completed Forklift safety, 92 %" in ada.words()
    assert [each["id"] for each in moodle.all_statements()] == [right["id"]]


def test_a_secret_is_rotated(ada: Visitor, site: LiveHub, moodle: Lms) -> None:
    ada.open(f"/admin/lrs/credential/?q={moodle.key}")
    ada.follow(moodle.key)
    ada.follow("Rotate the secret")
    ada.fill("overlap", "0")
    ada.press("Make a new secret")
    secret = ada.shown("lrs-secret")

    assert secret != moodle.secret
    assert status_with(site, moodle.key, secret) == 200
    ada.is_sound()


def test_nothing_a_stranger_wrote_ever_runs(ada: Visitor, moodle: Lms) -> None:
    evil = statement(EVIL, context={"platform": f'"><img src=x onerror=alert(1)>{EVIL}'})
    evil["actor"]["mbox"] = "mailto:eve@example.com"
    evil["object"] = {
        "id": "javascript:alert(1)",
        "definition": {"name": {"en": f"{EVIL}<img src=x onerror=alert(2)>"}},
    }
    assert post(moodle, evil) == 200
    assert moodle.send("POST", json={EVIL: EVIL, "actor": {"mbox": EVIL}}).status_code == 400

    ada.open(f"/admin/lrs/statement/?store={moodle.store_id}")
    assert EVIL in ada.words()
    ada.is_sound()
    ada.follow(EVIL)
    assert "javascript:alert(1)" in ada.words()
    ada.is_sound()
    for page in (f"entity/?store={moodle.store_id}", f"entity/agents/?store={moodle.store_id}"):
        ada.open(f"/admin/lrs/{page}")
        ada.is_sound()
    ada.open(f"/admin/lrs/inboxentry/?source={moodle.source_id}")
    ada.follow("UTC")
    ada.is_sound()


def test_every_other_page_fits_wide_and_narrow_screens(ada: Visitor, moodle: Lms) -> None:
    for width in (NARROW, WIDE):
        ada.resize(width)
        for page in OTHER_PAGES:
            ada.open(f"/admin/{page}")
            assert ada.path() == f"/admin/{page}"
            ada.is_sound()
