"""The JavaScript library TinCanJS, unmodified, against a live hub: one run of a script."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.clients.conftest import Script
from tests.live import LiveHub, Lms, connect


@pytest.fixture(scope="module")
def course(live_hub: LiveHub, django_db_blocker: DjangoDbBlocker) -> Lms:
    """A course in a store of its own."""
    with django_db_blocker.unblock():
        return connect(live_hub, "Forklift course")


@pytest.fixture(scope="module")
def told(run_script: Script, course: Lms) -> Any:
    """What the hub told the script."""
    return run_script("tincanjs.mjs", course)


def test_it_reads_about(told: Any) -> None:
    assert told["about"]["error"] is None
    assert {"1.0.3", "2.0.0"} <= set(told["about"]["versions"])
    assert told["version"] == "1.0.2"


def test_it_saves_and_reads_one_statement(told: Any) -> None:
    assert told["one"] == {"id": told["one"]["id"], "error": None, "scaled": 0.92, "name": "Forklift safety"}


def test_it_saves_many_and_pages_through_more(told: Any) -> None:
    assert told["many"]["error"] is None
    assert [len(page) for page in told["pages"]] == [3, 3, 1]
    assert list(chain.from_iterable(told["pages"])) == told["many"]["ids"]


def test_it_sends_and_reads_an_attachment(told: Any) -> None:
    attachment = told["attachment"]
    assert attachment["error"] is None
    assert attachment["read"] == attachment["found"] == attachment["sent"]


def test_it_voids_a_statement(told: Any) -> None:
    voiding = told["voiding"]
    assert voiding["error"] is None
    assert voiding["asUsual"] == 404
    assert voiding["asVoided"] == voiding["id"]


def test_it_keeps_state(told: Any) -> None:
    assert told["state"] == {
        "save": None, "ids": ["bookmark"], "page": 7, "etag": True, "drop": None, "after": None,
    }  # fmt: skip


def test_it_keeps_activity_profiles_and_is_told_of_a_stale_etag(told: Any) -> None:
    assert told["activityProfile"] == {
        "save": None, "read": "first", "ids": ["settings"], "again": None, "stale": 412, "drop": None,
    }  # fmt: skip


def test_it_keeps_agent_profiles(told: Any) -> None:
    assert told["agentProfile"] == {
        "save": None, "read": {"language": "de"}, "ids": ["preferences"], "drop": None,
    }  # fmt: skip


def test_it_reads_an_activity(told: Any) -> None:
    assert told["activity"] == "Forklift safety"


def test_what_it_saved_is_what_the_hub_has(told: Any, course: Lms) -> None:
    ids = [statement["id"] for statement in course.all_statements(ascending="true")]
    assert ids[:8] == [told["one"]["id"], *told["many"]["ids"]]
    assert told["voiding"]["id"] not in ids
    assert len(ids) == 10
