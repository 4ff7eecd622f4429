"""What happens around every request: its id, its log line, and what the xAPI is spared."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from hub.middleware import request_id


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]


def test_a_sane_id_is_taken_over_and_given_back(client: Client) -> None:
    assert client.get("/healthz", headers={"x-request-id": "proxy-4711"})["X-Request-ID"] == "proxy-4711"


@pytest.mark.parametrize(
    "offered", ["", "with space", "x" * 65, "forged\n{}", "ü", "-begins-odd", '"quoted"']
)
def test_any_other_id_is_replaced(client: Client, offered: str) -> None:
    given_back = client.get("/healthz", headers={"x-request-id": offered})["X-Request-ID"]
    assert given_back != offered
    assert len(given_back) == 32


@given(st.text())
def test_an_id_never_breaks_a_line_or_a_column(offered: str) -> None:
    made = request_id(offered)
    assert 1 <= len(made) <= 64
    assert made.isascii()
    assert made.isprintable()
    assert " " not in made


def test_every_request_leaves_one_line_with_its_id(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/nowhere?token=hidden", headers={"x-request-id": "ann-1", "authorization": "Basic c2VjcmV0"})
    lines = [line for line in _lines(capsys) if line["event"] == "request"]
    assert len(lines) == 1
    assert lines[0]["request_id"] == "ann-1"
    assert lines[0]["path"] == "/nowhere"
    assert (lines[0]["method"], lines[0]["status"]) == ("GET", 404)
    assert "hidden" not in json.dumps(lines)
    assert "c2VjcmV0" not in json.dumps(lines)


def test_successful_probes_leave_no_line(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/healthz")
    assert _lines(capsys) == []


@pytest.mark.django_db
def test_the_xapi_gets_no_session_cookie_or_token(client: Client) -> None:
    response = client.get("/xapi/about")
    assert "Set-Cookie" not in response
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert not hasattr(response.wsgi_request, "session")


@pytest.mark.django_db
def test_the_website_keeps_its_protection() -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get("/admin/login/")
    assert page["X-Frame-Options"] == "DENY"
    assert page.wsgi_request.session is not None
    assert client.post("/admin/login/", {"username": "ann", "password": "x"}).status_code == 403
