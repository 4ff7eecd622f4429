"""The log of this database, and the audit trail in it from the beginning of each test on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from compliance.models import AuditEntry
from compliance.proof import audit, sources
from tests.compliance.proof import academy
from tests.fixtures import Hub, nothing_held_back


@pytest.fixture
def log(hub: Hub, log_folder: Path, settings: Settings) -> Iterator[academy.Log]:
    """The log with everything in it that is stored, published."""
    settings.COMPLIANCE_LOG_ORIGIN = academy.ORIGIN
    settings.COMPLIANCE_LOG_DIR = log_folder / "published"
    settings.COMPLIANCE_LOG_LOCK = log_folder / "lock" / "published.json"
    academy.begin()
    nothing_held_back()
    last = AuditEntry.objects.order_by("-xid", "-seq").values_list("seq", "xid").first() or (0, 0)
    academy.begin_source(audit.AUDIT, key=last[0], xid=last[1])
    made = academy.Log()
    made.caught_up()
    yield made
    sources.forget(audit.KIND)
