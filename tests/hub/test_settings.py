"""The settings: documented, safe by default, and refusing what they cannot use."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
READ = re.compile(r"\benv\.(?:text|flag|whole|listed|choice|folder|database)\(\s*[\"']([A-Z][A-Z_]+)[\"']")
LIMIT = re.compile(r"settings, \"(LRS_[A-Z_]+)\"|settings\.(LRS_[A-Z_]+)")


def _variables() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "hub").rglob("*.py"):
        found |= set(READ.findall(path.read_text(encoding="utf-8")))
    for match in LIMIT.findall((ROOT / "lrs" / "conf.py").read_text(encoding="utf-8")):
        found |= {name for name in match if name}
    return found


def _headings() -> set[str]:
    text = (ROOT / "docs" / "operator" / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^### ([A-Z][A-Z_]+)$", text, re.MULTILINE))


def test_every_setting_has_a_heading_in_the_operator_guide() -> None:
    assert len(_variables()) > 40
    assert _variables() - _headings() == set()


def test_the_operator_guide_names_no_setting_that_is_gone() -> None:
    assert _headings() - _variables() == set()


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DATABASE_URL") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=kept | {"DJANGO_SETTINGS_MODULE": "hub.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _setting(name: str, **environment: str) -> str:
    ran = _python(f"from hub import settings; print(settings.{name})", **environment)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_it_loads_without_secrets_database_or_broker(tmp_path: Path) -> None:
    assert _setting("DEBUG", HUB_DATA_DIR=str(tmp_path / "none")) == "False"
    assert not (tmp_path / "none").exists()


def test_a_public_https_address_turns_the_safe_defaults_on() -> None:
    said = _setting(
        "SESSION_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS > 0, "
        "settings.ALLOWED_HOSTS[-1], settings.CSRF_TRUSTED_ORIGINS",
        HUB_PUBLIC_URL="https://lrs.example.org/",
    )
    assert said == "True True True lrs.example.org ['https://lrs.example.org']"


def test_no_forwarded_header_is_believed_unless_a_proxy_is_named() -> None:
    assert _setting("SECURE_PROXY_SSL_HEADER, settings.USE_X_FORWARDED_HOST") == "None False"
    behind = _setting("SECURE_PROXY_SSL_HEADER[0]", HUB_BEHIND_PROXY="True")
    assert behind == "HTTP_X_FORWARDED_PROTO"


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("DEBUG", "maybe"), ("DATABASE_URL", "oracle://x/y"), ("HUB_LOG_LEVEL", "LOUD")],
)
def test_a_value_it_cannot_understand_stops_it_with_the_variables_name(name: str, value: str) -> None:
    ran = _python("from hub import settings", **{name: value})
    assert ran.returncode != 0
    assert name in ran.stderr.splitlines()[-1]


def test_the_deployment_check_is_content_with_a_sane_installation() -> None:
    ran = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "SECRET_KEY": "k4!" * 30 + "qwertyuiop",
            "DATABASE_URL": "postgresql://hub:secret@db.example.org/hub",
            "CELERY_BROKER_URL": "redis://broker.example.org/0",
            "HUB_PUBLIC_URL": "https://lrs.example.org",
            "HUB_BEHIND_PROXY": "True",
            "SECURE_HSTS_INCLUDE_SUBDOMAINS": "True",
            "SECURE_HSTS_PRELOAD": "True",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
