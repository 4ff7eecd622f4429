"""System checks: each misconfiguration by its id, and silence where all is well."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from pytest_django import Settings

from lrs.auth.access import SCOPES


def ids(*, deploy: bool = False) -> set[str]:
    return {
        str(message.id)
        for message in run_checks(include_deployment_checks=deploy)
        if "lrs." in str(message.id)
    }


def test_the_settings_as_they_are_pass() -> None:
    assert not {found for found in ids() if found.startswith("lrs.E")}


@pytest.mark.parametrize(
    "address",
    ["lrs.example.org", "ftp://lrs.example.org", "https://", "https://lrs:0", "https://[::1", "https://a/?b"],
)
def test_e001_a_public_address_that_is_none(settings: Settings, address: str) -> None:
    settings.HUB_PUBLIC_URL = address
    assert ids() == {"lrs.E001"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LRS_BODY_BYTES", 0),
        ("LRS_BATCH_STATEMENTS", -1),
        ("LRS_JSON_DEPTH", "200"),
        ("LRS_REQUESTS_PER_MINUTE", -5),
        ("LRS_FAILURES_PER_MINUTE", True),
        ("LRS_PAGE_STATEMENTS", 1.5),
    ],
)
def test_e002_a_limit_out_of_range(settings: Settings, name: str, value: Any) -> None:
    setattr(settings, name, value)
    assert ids() == {"lrs.E002"}


def test_e003_a_page_larger_than_the_largest(settings: Settings) -> None:
    settings.LRS_PAGE_STATEMENTS, settings.LRS_PAGE_STATEMENTS_MOST = 500, 100
    assert ids() == {"lrs.E003"}


def test_e004_a_short_pepper(settings: Settings) -> None:
    settings.LRS_SECRET_PEPPER = "too short"
    assert ids() == {"lrs.E004"}
    assert all("too short" not in str(message) for message in run_checks())


def test_e005_other_scopes_than_the_xapis(settings: Settings) -> None:
    settings.OAUTH2_PROVIDER = {**django_settings.OAUTH2_PROVIDER, "SCOPES": {"read": "Read"}}
    assert ids() == {"lrs.E005"}


@pytest.mark.parametrize("change", [{"PKCE_REQUIRED": False}, {"COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": False}])
def test_e006_codes_without_pkce_or_readable_tokens(settings: Settings, change: dict[str, bool]) -> None:
    settings.OAUTH2_PROVIDER = {**django_settings.OAUTH2_PROVIDER, "SCOPES": SCOPES, **change}
    assert ids() == {"lrs.E006"}


def test_w001_a_cache_of_one_process_is_told_before_deployment(settings: Settings) -> None:
    assert "lrs.W001" in ids(deploy=True)
    assert "lrs.W001" not in ids()
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://x"}
    }
    assert "lrs.W001" not in ids(deploy=True)


def test_every_message_carries_a_hint(settings: Settings) -> None:
    settings.HUB_PUBLIC_URL, settings.LRS_BODY_BYTES, settings.LRS_SECRET_PEPPER = "x", 0, "x"
    settings.OAUTH2_PROVIDER = {}
    found = [message for message in run_checks() if str(message.id).startswith("lrs.")]
    assert len(found) == 5
    assert all(message.hint for message in found)
