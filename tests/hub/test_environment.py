"""What the readers of the environment understand, and how they refuse the rest."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import environment as env
from hub.environment import Mail, Misconfigured, mail_from_url


@pytest.mark.parametrize(("value", "meant"), [("True", True), ("false", False), ("TRUE", True), ("", True)])
def test_it_reads_truth_values(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("HUB_THING", value)
    assert env.flag("HUB_THING", default=True) is meant


@pytest.mark.parametrize("value", ["yes", "1", "on", "wahr"])
def test_it_refuses_a_truth_value_it_would_have_to_guess(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HUB_THING", value)
    with pytest.raises(Misconfigured, match=f"HUB_THING={value}, use True or False"):
        env.flag("HUB_THING", default=False)


@pytest.mark.parametrize("value", ["ten", "1.5", "-1", "70000"])
def test_it_refuses_a_number_that_is_none_or_out_of_range(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(Misconfigured, match=f"PORT={value}, use a whole number"):
        env.whole("PORT", 8000, least=1, most=65_535)


def test_it_reads_a_secret_from_the_file_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv("HUB_THING_FILE", str(tmp_path / "key"))
    assert env.text("HUB_THING") == "from a file"
    monkeypatch.setenv("HUB_THING", "straight")
    assert env.text("HUB_THING") == "straight"


def test_it_refuses_a_secret_file_that_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUB_THING_FILE", str(tmp_path / "none"))
    with pytest.raises(Misconfigured, match="cannot be read: No such file"):
        env.text("HUB_THING")


def test_it_reads_lists_without_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", " lrs.example.org, ,lrs.example.com ")
    assert env.listed("ALLOWED_HOSTS") == ["lrs.example.org", "lrs.example.com"]


def test_it_reads_a_database_url_whole() -> None:
    found = env.database_from_url("postgresql://hub:p%40ss%2Fword@db.example.org:5433/hub?sslmode=require")
    assert found["USER"] == "hub"
    assert found["PASSWORD"] == "p@ss/word"
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example.org", "5433", "hub")
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_it_reads_a_database_url_with_a_socket() -> None:
    found = env.database_from_url("postgresql://hub@/hub?host=/var/run/postgresql&port=5544")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/var/run/postgresql", "5544", {})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://hub@db/hub", "scheme mysql"),
        ("postgresql://hub@db", "names no database"),
        ("postgresql://hub@db:port/hub", "is not a URL"),
    ],
)
def test_it_refuses_a_database_url_without_showing_it(url: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as refusal:
        env.database_from_url(url)
    assert "hub@db" not in str(refusal.value)


@given(
    user=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12),
    password=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)
def test_any_user_and_password_survive_percent_encoding(user: str, password: str) -> None:
    from urllib.parse import quote

    found = env.database_from_url(f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@db/hub")
    assert (found["USER"], found["PASSWORD"]) == (user, password)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", Mail()),
        ("smtp://hub:p%40ss@mail.example.org", Mail("mail.example.org", 587, "hub", "p@ss", start_tls=True)),
        ("smtps://mail.example.org:2465", Mail("mail.example.org", 2465, tls=True)),
        ("smtp+plain://localhost", Mail("localhost", 25)),
    ],
)
def test_a_mail_server_is_read_from_a_url(url: str, expected: Mail) -> None:
    assert mail_from_url(url) == expected


@pytest.mark.parametrize("url", ["mail.example.org", "imap://mail.example.org", "smtp://", "smtp://a:b@c:d"])
def test_a_url_that_names_no_mail_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured, match="EMAIL_URL") as raised:
        mail_from_url(url)
    assert "a:b" not in str(raised.value)
