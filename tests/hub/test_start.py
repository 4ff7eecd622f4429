"""What a process of the hub loads when it starts: every one of them pays for it, at every start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.hub.serving import ROOT

#: Large libraries that only one kind of work needs; they are imported where that work begins.
LATER = frozenset(
    {
        "asyncssh", "feedparser", "lxml", "pyarrow", "pydantic", "scim2_models", "signxml", "typst", "zeep",
    }
)  # fmt: skip

_LOADED = """
import sys, django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """The modules of a process that can serve."""
    ran = subprocess.run(
        [sys.executable, "-c", _LOADED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return frozenset(ran.stdout.split())


def test_large_libraries_wait_until_their_work_begins(loaded: frozenset[str]) -> None:
    assert loaded & LATER == frozenset()


def test_what_every_request_needs_is_there_from_the_start(loaded: frozenset[str]) -> None:
    assert {"lrs.ingest", "lrs.views", "jsonschema_rs", "orjson", "connectors.api.statements"} <= loaded
