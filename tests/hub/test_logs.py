"""Nothing secret reaches a log."""

import base64
import json
import logging

import pytest
import structlog
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from hub.logs import REDACTED, redacted, redacted_text

SECRET = "s3cr3t-Of-Moodle-Berlin"


def _line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    line: dict[str, object] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return line


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Basic {base64.b64encode(SECRET.encode()).decode()}",
        f"Bearer {SECRET}",
        f"could not connect to postgresql://hub:{SECRET}@db/hub",
        f"password={SECRET}",
        f'{{"client_secret": "{SECRET}"}}',
    ],
)
def test_credentials_inside_text_are_taken_out(text: str) -> None:
    cleaned = redacted_text(text)
    assert SECRET not in cleaned
    assert base64.b64encode(SECRET.encode()).decode() not in cleaned
    assert REDACTED in cleaned


@pytest.mark.parametrize(
    "name",
    ["Authorization", "cookie", "client_secret", "password", "access_token", "LRS_SECRET_PEPPER", "body"],
)
def test_values_under_telling_names_are_taken_out_at_any_depth(name: str) -> None:
    assert SECRET not in str(redacted({"request": {"headers": [{name: SECRET}]}}))


def test_ordinary_text_stays_as_it_is() -> None:
    said = "The statement of Ann about Basic first aid was stored in 4 ms."
    assert redacted_text(said) == said


@given(
    st.recursive(
        st.just(SECRET) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    )
)
def test_whatever_lies_under_a_secret_name_is_gone(value: object) -> None:
    assert SECRET not in json.dumps(redacted({"secret": value}))


def test_a_message_of_a_library_is_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("some.library").warning("sent Authorization: Bearer %s", SECRET)
    line = _line(capsys)
    assert SECRET not in str(line)
    assert (line["level"], line["logger"]) == ("warning", "some.library")


def test_an_exceptions_text_is_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        int(f"password={SECRET}")
    except ValueError:
        logging.getLogger("some.library").exception("failed")
    line = _line(capsys)
    assert SECRET not in str(line)
    assert "ValueError" in str(line["exception"])


def test_our_own_lines_carry_their_values(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("lrs.test").info("stored", statements=3, secret=SECRET)
    line = _line(capsys)
    assert (line["event"], line["statements"], line["secret"]) == ("stored", 3, REDACTED)


def test_a_crash_leaves_its_traceback_but_no_query_string(capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(raise_request_exception=False)
    with override_settings(HUB_VERSION=object()):  # which no JSON holds
        client.get("/healthz?agent=ann@example.org", headers={"x-request-id": "crash-1"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["status"] for line in lines if line["event"] == "request"] == [500]
    assert any("TypeError" in str(line.get("exception")) for line in lines)
    assert all(line["request_id"] == "crash-1" for line in lines)
    assert "ann@example.org" not in json.dumps(lines)
