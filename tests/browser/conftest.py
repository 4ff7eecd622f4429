"""A live hub with its static files, its administrator, and those who visit it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.visitors import WIDE, ChromiumVisitor, PlainVisitor, Visitor
from tests.live import ROOT, LiveHub, Lms, connect, database_address, running

PASSWORD = "correct horse battery staple"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let every visitor there is run each test."""
    if "visitor" in metafunc.fixturenames:
        kinds = ["plain", *(["chromium"] if chromium.find() else [])]
        metafunc.parametrize("visitor", kinds, indirect=True)


@pytest.fixture(scope="session")
def site(django_db_setup: None) -> Iterator[LiveHub]:
    """The live hub, with the static files its settings want."""
    with tempfile.TemporaryDirectory(prefix="lrs-hub-browser-") as name:
        environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            cwd=ROOT,
            check=True,
            timeout=120,
            env=environment
            | {"HUB_DATA_DIR": name, "SECRET_KEY": "only-to-collect", "CELERY_BROKER_URL": "memory://"},
        )
        log = {
            "COMPLIANCE_LOG_DIR": f"{name}/log/published",
            "COMPLIANCE_LOG_LOCK": f"{name}/log/lock/published.json",
        }
        with running(database_address(), folder=Path(name), environment=log) as started:
            yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for the tests of one module: those of others must find no event loop in this thread."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # playwright keeps an event loop in this thread, which Django would take for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        yield started
        # Beside playwright's loop Django keeps a connection apart; the next browser must not find this one.
        connections.close_all()
        started.close()


@pytest.fixture
def visitor(request: pytest.FixtureRequest, site: LiveHub) -> Iterator[Visitor]:
    """Somebody who is not signed in yet."""
    if request.param == "plain":
        yield PlainVisitor(site.origin)
        return
    window = request.getfixturevalue("browser").new_context(viewport={"width": WIDE, "height": 900})
    yield ChromiumVisitor(window.new_page(), site.origin)
    window.close()


@pytest.fixture
def administrator(database: None) -> str:
    """The user name of a superuser."""
    name = f"ada-{uuid4().hex[:8]}"
    # The live hub keeps passwords as the product does, not as the quick settings of the tests do.
    hashed = PBKDF2PasswordHasher().encode(PASSWORD, salt=uuid4().hex)
    User.objects.create(username=name, password=hashed, first_name="Ada", is_staff=True, is_superuser=True)
    return name


@pytest.fixture
def ada(visitor: Visitor, administrator: str) -> Visitor:
    """The superuser, signed in."""
    visitor.open("/admin/")
    visitor.fill("username", administrator)
    visitor.fill("password", PASSWORD)
    visitor.press("Log in")
    return visitor


@pytest.fixture
def moodle(site: LiveHub, database: None) -> Lms:
    """Moodle Berlin, connected to the live hub; nothing is in its store yet."""
    return connect(site, "Moodle Berlin")
