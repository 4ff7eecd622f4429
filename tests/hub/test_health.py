"""/healthz and /readyz."""

from typing import Any

import pytest
from django.db import connections
from django.test import Client, override_settings

from hub import health


def test_a_process_that_answers_is_alive(client: Client) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json()["alive"] is True


def test_probes_come_with_host_names_nobody_can_list(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200
    assert client.get("/admin/login/", headers={"host": "10.1.2.3:8000"}).status_code == 400


@pytest.mark.django_db
def test_it_is_ready_with_every_part(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "parts": {
            "database": {"ok": True},
            "migrations": {"ok": True},
            "feed": {"ok": True},
            "broker": {"ok": True},
        },
    }


@pytest.mark.django_db
@override_settings(CELERY_BROKER_URL="redis://localhost:1/0")
def test_it_is_not_ready_without_the_broker_unless_that_is_left_out(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["broker"] == {"ok": False, "problem": "The broker does not answer."}
    assert client.get("/readyz?without=broker").status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_while_a_migration_is_missing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'lrs'")
    response = client.get("/readyz?without=broker")
    assert response.status_code == 503
    assert "not applied" in response.json()["parts"]["migrations"]["problem"]


def test_it_is_not_ready_without_the_database_and_recovers_by_itself(database: None, client: Client) -> None:
    settings: dict[str, Any] = connections["default"].settings_dict
    host = settings["HOST"]
    connections["default"].close()
    settings["HOST"] = "/nowhere"
    try:
        response = client.get("/readyz?without=broker")
        assert response.status_code == 503
        assert response.json()["parts"]["database"]["problem"] == "The database does not answer."
        assert client.get("/healthz").status_code == 200
    finally:
        settings["HOST"] = host
    assert client.get("/readyz?without=broker").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_only_take_reads(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
