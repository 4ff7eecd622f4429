"""The inspection, over a small company and a live hub: every step comes out, and every byte counts."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from random import Random
from types import ModuleType
from uuid import uuid4

import pytest
from django.db import connections
from pytest_django import Settings

from compliance.completions import standing as rules
from compliance.proof import keys
from compliance.status import follow as status
from connectors import changes
from connectors.identity import actors, standing
from simulators.inspection import auditing
from simulators.inspection.__main__ import inspect
from simulators.inspection.browsing import visitors
from simulators.inspection.stage import Stage
from simulators.population import population
from tests.compliance.courses import caught_up
from tests.live import ROOT, LiveHub, database_address, running

ORIGIN = "log.northwind.example"
WORKERS, STATEMENTS = 40, 320
pytestmark = pytest.mark.live


@pytest.fixture
def hub(apart: None, database: None, tmp_path: Path, settings: Settings) -> Iterator[LiveHub]:
    """A live hub over a database of its own; this process finds its log where it does."""
    settings.COMPLIANCE_LOG_ORIGIN = ORIGIN
    settings.COMPLIANCE_LOG_DIR = tmp_path / "log" / "published"
    settings.COMPLIANCE_LOG_LOCK = tmp_path / "log" / "lock" / "published.json"
    folder = tmp_path / "hub"
    folder.mkdir()
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT, check=True, timeout=120,
        env={"HUB_DATA_DIR": str(folder), "SECRET_KEY": "only-to-collect", "CELERY_BROKER_URL": "memory://"},
    )  # fmt: skip
    environment = {
        "COMPLIANCE_LOG_ORIGIN": ORIGIN,
        "COMPLIANCE_LOG_DIR": str(settings.COMPLIANCE_LOG_DIR),
        "COMPLIANCE_LOG_LOCK": str(settings.COMPLIANCE_LOG_LOCK),
    }
    for each in (actors, standing, rules):
        each.forget()
    with running(database_address(), folder=folder, environment=environment) as started:
        yield started


def test_it_shows_what_it_says_and_no_byte_can_be_changed(
    hub: LiveHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Set here, so that it is gone after this test: a browser keeps an event loop in this thread.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    said: list[str] = []
    with visitors(hub.origin) as (visit, _):
        stage = Stage(
            f"Inspection {uuid4().hex[:8]}",
            population(WORKERS, 3, 1, datetime.now(UTC).date()),
            tmp_path,
            hub.origin,
            said.append,
            _settle,
            visit,
        )
        good = inspect(stage, statements=STATEMENTS)
        # Beside the browser's loop Django keeps a connection apart, which must not outlive its database.
        connections.close_all()
    told = "\n".join(said)
    assert good, f"{stage.failures}\n{told}"
    for place in ("statements.jsonl:", "completions.jsonl:", "contexts.jsonl", "signatures.jsonl:"):
        assert f" {place}" in told, told
    _every_file_is_bound((tmp_path / "bundle.zip").read_bytes(), tmp_path)


def _settle() -> None:
    caught_up()
    while status.waiting() or changes.waiting(status.CONSUMER):
        if not status.follow() + changes.run(status.CONSUMER):
            time.sleep(0.01)


def _every_file_is_bound(bundle: bytes, folder: Path) -> None:
    """Change the first, the last and some other byte of every file: each is found, and its place is named."""
    verify = _program(folder / "verify.py")
    contents, chance = auditing.files(bundle), Random(5)
    assert len(contents) >= 18
    path = folder / "changed.zip"
    vkey = keys.verifiers()[-1].vkey
    assert _run(verify, path, auditing.packed(contents), vkey) == (0, [])
    for name, content in contents.items():
        for at in sorted({0, len(content) - 1, chance.randrange(len(content))}) if content else ():
            changed = {**contents, name: auditing.changed(content, at)}
            code, faults = _run(verify, path, auditing.packed(changed), vkey)
            assert code == 1, f"byte {at} of {name}"
            assert any(name in each for each in faults), f"byte {at} of {name}: {faults}"


def _program(path: Path) -> ModuleType:
    """Return the program that came with the bundle, taken from there."""
    spec = importlib.util.spec_from_file_location("verify_of_bundle", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def _run(verify: ModuleType, path: Path, bundle: bytes, vkey: str) -> tuple[int, list[str]]:
    path.write_bytes(bundle)
    out = StringIO()
    main: Callable[..., int] = verify.main
    code = main([str(path), "--key", vkey], out)
    return code, [each for each in out.getvalue().splitlines() if each.startswith("WRONG")]
