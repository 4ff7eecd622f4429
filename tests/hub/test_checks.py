"""Every system check of the project, by its id."""

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

ROOT = Path(__file__).resolve().parent.parent.parent

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("hub.E001", {"SECRET_KEY": "insecure-only-for-tools-that-never-serve"}),
    ("hub.E002", {"SECRET_KEY": "short"}),
    ("hub.E003", {"CELERY_BROKER_URL": "http://broker"}),
    ("hub.E004", {"HUB_DATA_DIR": Path(__file__) / "var", "HUB_EMBEDDED_DATABASE": True}),
    ("hub.W001", {"HUB_PUBLIC_URL": "https://lrs.example.org", "ALLOWED_HOSTS": ["localhost"]}),
    ("hub.W002", {"DEBUG": True}),
    ("hub.W003", {"HUB_METRICS_TOKEN": "guess"}),
    ("hub.W004", {"HUB_PUBLIC_URL": "http://lrs.example.org"}),
    ("hub.W005", {"SECURE_SSL_REDIRECT": True, "HUB_BEHIND_PROXY": False}),
]


def _ids() -> dict[str, str]:
    return {str(found.id): found.hint or "" for found in run_checks(include_deployment_checks=True)}


@pytest.mark.parametrize(("identifier", "wrong"), WRONG, ids=[identifier for identifier, _ in WRONG])
def test_it_tells_what_is_misconfigured_and_how_to_put_it_right(
    identifier: str, wrong: dict[str, Any]
) -> None:
    assert identifier not in _ids()
    with override_settings(**wrong):
        assert _ids()[identifier]


@pytest.mark.django_db
def test_it_accepts_the_database_of_the_suite_and_refuses_an_older_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hub import checks

    assert "hub.E005" not in {found.id for found in run_checks(databases=["default"])}
    monkeypatch.setattr(checks, "OLDEST_POSTGRESQL", 990_000)
    assert "hub.E005" in {found.id for found in run_checks(databases=["default"])}


def test_the_operator_guide_lists_every_check() -> None:
    guide = (ROOT / "docs" / "operator" / "troubleshooting.md").read_text(encoding="utf-8")
    for identifier in [*(identifier for identifier, _ in WRONG), "hub.E005"]:
        assert f"| {identifier} |" in guide
