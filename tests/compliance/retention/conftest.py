"""The log of this database, and the audit trail in it from the beginning of each test on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from compliance.models import AuditEntry, LogEntry, LogSource
from compliance.proof import audit, sources
from compliance.proof.sources import Stored
from tests.compliance.proof import academy
from tests.fixtures import Hub, nothing_held_back


@pytest.fixture(scope="session")
def log_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the log of this database is published."""
    return academy.folder(tmp_path_factory)


@pytest.fixture
def log(hub: Hub, log_folder: Path, settings: Settings) -> Iterator[academy.Log]:
    """The log with everything in it that is stored, published."""
    settings.COMPLIANCE_LOG_ORIGIN = academy.ORIGIN
    settings.COMPLIANCE_LOG_DIR = log_folder / "published"
    settings.COMPLIANCE_LOG_LOCK = log_folder / "lock" / "published.json"
    academy.begin()
    nothing_held_back()
    last = AuditEntry.objects.order_by("-xid", "-seq").values_list("seq", "xid").first() or (0, 0)
    LogSource.objects.update_or_create(number=3, defaults={"kind": "audit", "xid": last[1], "key": last[0]})
    sources.register(replace(audit.AUDIT, stored=_without_those_never_logged(last[0])))
    made = academy.Log()
    made.caught_up()
    yield made
    sources.forget(audit.KIND)


def _without_those_never_logged(last: int) -> Any:
    """Return the reader of entries that leaps over those of other tests, which have no leaf."""

    def read(after: int, most: int) -> Sequence[Stored]:
        while rows := audit.AUDIT.stored(after, most):
            keys = [each.record.key for each in rows]
            leaves = LogEntry.objects.filter(source=3, key__in=keys).values_list("key", flat=True)
            logged = set(leaves)
            found = [each for each in rows if each.record.key > last or each.record.key in logged]
            if found:
                return found
            after = keys[-1]
        return []

    return read
