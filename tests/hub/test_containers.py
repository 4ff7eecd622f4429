"""The container files say what the product does; no engine is needed to see that."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from hub.management.commands.run import _PARTS

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OURS = ("prepare", "web", "worker", "long-worker", "beat")


def test_every_part_of_the_hub_is_a_service() -> None:
    assert set(COMPOSE["services"]) == {*OURS, "database", "broker"}


@pytest.mark.parametrize("name", OURS)
def test_its_commands_are_commands_of_the_product(name: str) -> None:
    words = COMPOSE["services"][name]["command"]
    assert words[:2] == ["python", "manage.py"]
    assert words[2] in get_commands()
    assert words[2] != "run" or words[3] in _PARTS


@pytest.mark.parametrize("name", ["web", "worker", "long-worker", "beat"])
def test_nothing_starts_before_the_tables_are_there(name: str) -> None:
    needs = COMPOSE["services"][name]["depends_on"]
    assert needs["prepare"] == {"condition": "service_completed_successfully"}
    assert needs["broker"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", OURS)
def test_every_variable_it_sets_is_documented(name: str) -> None:
    settings = (ROOT / "docs" / "operator" / "settings.md").read_text(encoding="utf-8")
    for variable in COMPOSE["services"][name]["environment"]:
        assert f"### {variable}\n" in settings


def test_it_brings_no_secret_of_its_own() -> None:
    environment = COMPOSE["services"]["web"]["environment"]
    assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${HUB_DATABASE_PASSWORD:?" in environment["DATABASE_URL"]
    assert "${POSTGRES_PASSWORD:?" in COMPOSE["services"]["prepare"]["environment"]["DATABASE_OWNER_URL"]


@pytest.mark.parametrize("name", ["web", "worker", "long-worker", "beat"])
def test_nothing_that_serves_knows_the_owner_of_the_tables(name: str) -> None:
    environment = COMPOSE["services"][name]["environment"]
    assert "DATABASE_OWNER_URL" not in environment
    assert "hub_application:" in environment["DATABASE_URL"]
    assert not any("POSTGRES_PASSWORD" in str(value) for value in environment.values())


def test_images_are_named_with_a_version() -> None:
    names = [service["image"] for service in COMPOSE["services"].values() if not service.get("build")]
    names += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(names) == 4
    assert all(re.search(r":\d", name) for name in names)


def test_the_image_runs_without_rights_and_tells_its_health() -> None:
    assert re.search(r"^USER 10001", DOCKERFILE, re.MULTILINE)
    assert "HEALTHCHECK" in DOCKERFILE
    probe = re.search(r"^\s+CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert probe
    compile(json.loads(probe[1])[2], "probe", "exec")


def test_the_image_holds_every_app_of_the_product() -> None:
    for app in ("hub", "lrs", "connectors", "compliance"):
        assert f"COPY {app} ./{app}" in DOCKERFILE


def test_what_is_private_never_gets_into_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".env", "var", ".venv"} <= set(ignored)
