"""/metrics."""

from typing import Any

import pytest
from django.db import connections
from django.test import Client, override_settings

from hub.metrics import DATABASE
from lrs import metrics

TOKEN = "scraper-token-0123456789"


@pytest.fixture(autouse=True)
def _ask_the_database_anew() -> None:
    DATABASE._families = []


def _series(client: Client, **headers: str) -> dict[str, float]:
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200
    lines = response.content.decode().splitlines()
    return {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")
    }


@pytest.mark.django_db
def test_it_shows_what_was_stored_refused_and_how_long_it_took(client: Client) -> None:
    before = _series(client)
    metrics.count_stored(source_id=77, statements=5)
    metrics.observe_request(method="POST", path="/xapi/statements", status=409, seconds=0.02)
    after = _series(client)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert grown('lrs_statements_stored_total{source="77"}') == 5
    assert grown('lrs_requests_refused_total{resource="statements",status="409"}') == 1
    assert grown('lrs_request_seconds_count{method="POST",resource="statements"}') == 1
    assert after["hub_database_up"] == 1
    assert sum(value for name, value in after.items() if name.startswith("hub_database_connections")) >= 1


@pytest.mark.django_db
def test_no_client_can_invent_series(client: Client) -> None:
    for number in range(20):
        metrics.observe_request(
            method=f"M{number}", path=f"/xapi/invented-{number}", status=404, seconds=0.01
        )
    series = _series(client)
    assert not [name for name in series if "invented" in name or "M1" in name]
    assert series['lrs_request_seconds_count{method="other",resource="other"}'] >= 20


@pytest.mark.django_db
@override_settings(HUB_METRICS_TOKEN=TOKEN)
def test_it_wants_the_token_where_one_is_set(client: Client) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}x"}).status_code == 401
    assert _series(client, authorization=f"Bearer {TOKEN}")["hub_database_up"] == 1


def test_it_still_answers_while_the_database_is_away(database: None, client: Client) -> None:
    settings: dict[str, Any] = connections["default"].settings_dict
    host = settings["HOST"]
    connections["default"].close()
    settings["HOST"] = "/nowhere"
    try:
        assert _series(client)["hub_database_up"] == 0
    finally:
        settings["HOST"] = host
