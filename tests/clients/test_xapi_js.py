"""The JavaScript library @xapi/xapi, unmodified, against a live hub: a script over each of its transports."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.clients.conftest import Script
from tests.live import LiveHub, connect


@pytest.fixture(scope="module", params=["axios", "fetch"])
def told(
    request: pytest.FixtureRequest, run_script: Script, live_hub: LiveHub, django_db_blocker: DjangoDbBlocker
) -> Any:
    """What the hub told the script."""
    with django_db_blocker.unblock():
        course = connect(live_hub, "Forklift course")
    return run_script("xapi.mjs", course, {"VERSION": "1.0.3", "ADAPTER": request.param})


def test_it_reads_about(told: Any) -> None:
    assert {"1.0.3", "2.0.0"} <= set(told["about"])


def test_it_sends_and_reads_one_statement(told: Any) -> None:
    one = told["one"]
    assert one["answer"] == [one["id"]]
    assert one["read"]["id"] == one["id"]
    assert one["read"]["result"] == {"score": {"scaled": 0.92}, "duration": "PT1M2S"}
    assert one["read"]["object"]["definition"]["name"] == {"en-US": "Forklift safety"}


def test_it_sends_many_and_pages_through_more(told: Any) -> None:
    assert told["many"]["answer"] == told["many"]["ids"]
    assert [len(page) for page in told["pages"]] == [3, 3, 1]
    assert list(chain.from_iterable(told["pages"])) == told["many"]["ids"]


def test_it_sends_and_reads_an_attachment(told: Any) -> None:
    attachment = told["attachment"]
    assert len(attachment["answer"]) == 1
    assert attachment["read"] == attachment["found"] == attachment["sent"]


def test_it_voids_one_statement_and_several(told: Any) -> None:
    voiding = told["voiding"]
    assert voiding["asUsual"] == 404
    assert voiding["asVoided"] == voiding["id"]
    assert voiding["several"] == 1
    assert voiding["left"] == ["http://adlnet.gov/expapi/verbs/voided"] * 2


def test_it_keeps_state_merges_it_and_is_told_of_a_stale_etag(told: Any) -> None:
    assert told["state"] == {
        "merged": {"page": 8, "zoom": 2},
        "etag": True,
        "ids": ["bookmark"],
        "replaced": {"page": 9},
        "stale": 412,
        "deleted": 404,
        "notes": {"text": "Grüße 🚜"},
        "after": [],
    }


def test_it_keeps_activity_profiles(told: Any) -> None:
    assert told["activityProfile"] == {
        "read": {"mastery": 0.8},
        "ids": ["settings"],
        "replaced": {"mastery": 0.9},
        "blind": 412,
        "deleted": 404,
    }


def test_it_keeps_agent_profiles(told: Any) -> None:
    assert told["agentProfile"] == {"read": {"language": "de"}, "ids": ["preferences"], "deleted": 404}


def test_it_reads_activities_and_persons(told: Any) -> None:
    assert told["activity"] == "Forklift safety"
    assert told["person"] == {"objectType": "Person", "name": ["Ann"], "mbox": ["mailto:ann@example.com"]}


def test_its_cache_buster_is_an_unknown_parameter_and_is_refused(told: Any) -> None:
    assert told["cacheBuster"] == 400
