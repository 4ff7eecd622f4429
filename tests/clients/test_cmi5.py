"""The JavaScript library @xapi/cmi5, unmodified: a whole session of an assignable unit against a live hub.

The test plays the LMS that launches the unit: it writes the launch data and hands out the token at the
fetch URL, once, as the cmi5 specification says.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.clients.conftest import Script
from tests.live import Lms

AU = "https://lms.example.com/courses/forklift-safety/au-1"
SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"
ANN = {
    "objectType": "Agent",
    "account": {"homePage": "https://hr.example.com", "name": "4711"},
    "name": "Ann",
}


@dataclass
class FetchUrl:
    """The fetch URL of one launch: hands the token out to the first POST, an error to every later one."""

    token: str
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def answer(self, method: str) -> dict[str, str]:
        self.asked.append(method)
        if self.asked.count("POST") > 1:
            return {"error-code": "1", "error-text": "The token has been handed out already."}
        return {"auth-token": self.token}


@contextmanager
def serving(fetch: FetchUrl) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.dumps(fetch.answer("POST")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        fetch.address = f"http://127.0.0.1:{server.server_port}/fetch"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class Launch:
    """A launched unit: what the LMS knows, and what the unit reported of itself."""

    lms: Lms
    registration: str
    session: str
    fetch: FetchUrl
    told: Any

    def statements(self) -> list[dict[str, Any]]:
        """What the hub has of the session, oldest first."""
        return self.lms.all_statements(registration=self.registration, ascending="true")


@pytest.fixture
def launch(berlin: Lms, run_script: Script) -> Launch:
    registration, session = str(uuid4()), str(uuid4())
    place = {"activityId": AU, "agent": json.dumps(ANN), "registration": registration}
    launch_data = {
        "contextTemplate": {
            "contextActivities": {"grouping": [{"id": "https://lms.example.com/courses/forklift-safety"}]},
            "extensions": {SESSION: session},
        },
        "launchMode": "Normal",
        "moveOn": "CompletedAndPassed",
        "masteryScore": 0.8,
    }
    saved = berlin.send(
        "PUT", "activities/state", params={**place, "stateId": "LMS.LaunchData"}, json=launch_data
    )
    assert saved.status_code == 204, saved.text
    saved = berlin.send(
        "PUT",
        "agents/profile",
        params={"agent": json.dumps(ANN), "profileId": "cmi5LearnerPreferences"},
        json={"languagePreference": "de-DE", "audioPreference": "on"},
        headers={"If-None-Match": "*"},
    )
    assert saved.status_code == 204, saved.text
    fetch = FetchUrl(token=base64.b64encode(f"{berlin.key}:{berlin.secret}".encode()).decode())
    with serving(fetch):
        query = urlencode(
            {
                "endpoint": berlin.endpoint,
                "fetch": fetch.address,
                "actor": json.dumps(ANN),
                "registration": registration,
                "activityId": AU,
            }
        )
        told = run_script("cmi5.mjs", berlin, {"LAUNCH": f"?{query}"})
    return Launch(berlin, registration, session, fetch, told)


def test_a_unit_goes_from_launch_to_termination(launch: Launch) -> None:
    told = launch.told
    assert told["available"]
    assert told["authenticated"]
    assert launch.fetch.asked == ["POST"]
    assert told["launchData"]["masteryScore"] == 0.8
    assert told["preferences"] == {"languagePreference": "de-DE", "audioPreference": "on"}

    found = launch.statements()
    verbs = ["initialized", "progressed", "answered", "passed", "completed", "terminated"]
    assert [statement["verb"]["id"].rsplit("/", 1)[1] for statement in found] == verbs
    assert [[statement["id"]] for statement in found] == [told[verb] for verb in verbs]
    assert all(statement["actor"]["account"] == ANN["account"] for statement in found)
    assert all(statement["context"]["extensions"][SESSION] == launch.session for statement in found)


def test_the_session_is_found_by_its_categories_and_its_unit(launch: Launch) -> None:
    defined = [
        statement["id"]
        for statement in launch.statements()
        if "answered" not in statement["verb"]["id"] and "progressed" not in statement["verb"]["id"]
    ]
    by_category = launch.lms.all_statements(activity=CMI5, related_activities="true", ascending="true")
    assert [statement["id"] for statement in by_category] == defined
    move_on = launch.lms.all_statements(activity=MOVE_ON, related_activities="true", ascending="true")
    assert [statement["id"] for statement in move_on] == defined[1:3]
    of_the_unit = launch.lms.all_statements(activity=AU)
    assert set(defined) <= {statement["id"] for statement in of_the_unit}


def test_the_result_arrives_as_the_unit_reported_it(launch: Launch) -> None:
    passed = launch.lms.all_statements(verb="http://adlnet.gov/expapi/verbs/passed")[0]
    assert passed["result"]["score"] == {"scaled": 0.92, "raw": 92, "min": 0, "max": 100}
    assert passed["result"]["success"] is True
    assert (
        passed["context"]["extensions"]["https://w3id.org/xapi/cmi5/context/extensions/masteryscore"] == 0.8
    )
    answered = launch.lms.all_statements(verb="http://adlnet.gov/expapi/verbs/answered")[0]
    assert answered["object"]["definition"]["interactionType"] == "true-false"
    assert answered["result"]["response"] == "true"
