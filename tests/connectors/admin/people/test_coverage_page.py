"""The coverage page, and its block on the first page of the administration."""

from __future__ import annotations

from django.test import Client

from tests.connectors.admin.people.academy import look, staffed, waiting, words
from tests.connectors.learning import caught_up, learned
from tests.fixtures import Hub
from tests.lrs.admin.conftest import SignedIn


def test_shares_are_shown_by_source_with_the_reasons(hub: Hub, vera: Client) -> None:
    moodle, _ = staffed(hub)
    learned(moodle, {"mbox": "mailto:ann.lee@example.com"}, "2026-02-10")
    waiting(moodle)
    page = words(look(vera, "coverageday/", moodle))
    assert "50 % told today (2 learners)" in page
    assert "50 % told of all (2 learners)" in page
    assert "Nobody is known by this actor 1 50 %" in page
    assert "Moodle Berlin" in page


def test_the_dashboard_shows_it_to_who_may_see_it(hub: Hub, ada: Client, signed_in: SignedIn) -> None:
    moodle, _ = staffed(hub)
    learned(moodle, {"mbox": "mailto:ann.lee@example.com"}, "2026-02-10")
    caught_up()
    look(ada, "coverageday/", moodle)
    page = ada.get("/admin/").content.decode()
    assert "Learners told, in" in page
    assert "100 %" in words(page.split('id="ppl-coverage"')[1])
    assert "Learners told" not in signed_in("Kim", role="Record store: look").get("/admin/").content.decode()
