"""kill -9 after each durable step: the next run goes on, nothing is logged twice, nothing is signed twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from compliance import tasks
from compliance.models import LogCheck, LogCheckpoint
from compliance.proof import checkpoint, conf, folder, lock, nightly, note, publish
from compliance.proof.errors import LogRefused
from connectors.models import Alert
from connectors.watch import alerts
from tests.compliance.proof import killed
from tests.compliance.proof.academy import ORIGIN, Log, sound
from tests.fixtures import Xapi, nothing_held_back
from tests.statements import statement

ROOT = Path(__file__).resolve().parents[3]


def _run(step: str) -> int:
    """Have a process of its own log and publish up to a step; return its exit code."""
    database = configured.DATABASES["default"]
    address = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    if database["PORT"]:
        address += f"&port={database['PORT']}"
    environment = os.environ | {
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "hub.settings_test",
        "LOG_ORIGIN": ORIGIN,
        "LOG_DIR": str(conf.folder()),
        "LOG_LOCK": str(conf.lock_file()),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "tests.compliance.proof.killed", step],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode in (0, -signal.SIGKILL), ran.stderr
    return ran.returncode


@pytest.mark.parametrize("step", killed.STEPS)
def test_after_a_crash_the_next_run_goes_on(moodle: Xapi, log: Log, step: str) -> None:
    before = publish.latest()
    ids = moodle.store(*(statement() for _ in range(300)))
    nothing_held_back()
    ended = _run(step)
    assert ended == (0 if step == "nothing" else -signal.SIGKILL)
    # Whatever is shown now is a checkpoint that everything shown before leads to.
    shown = folder.content(folder.CHECKPOINT)
    if before is not None and shown is not None:
        assert checkpoint.said(note.taken_apart(shown.decode()).text).size >= before.size
    made = log.caught_up()
    assert len({log.leaf(moodle, each).index for each in ids}) == 300
    assert made.size == log.head.size
    known = lock.read()
    assert known is not None
    assert (known.size, known.root) == (made.size, bytes(made.root))
    assert folder.content(folder.CHECKPOINT) == publish.full_note(made).encode()
    texts = LogCheckpoint.objects.values_list("size", "root")
    assert len({(size, bytes(root)) for size, root in texts}) == len({size for size, _ in texts})
    sound()


def test_a_log_that_cannot_go_on_raises_an_alert_until_it_can(
    moodle: Xapi, log: Log, copied: Path, settings: Settings
) -> None:
    moodle.store(statement())
    nothing_held_back()
    good = conf.lock_file()
    settings.COMPLIANCE_LOG_LOCK = good.with_name("lost.json")
    before = LogCheck.objects.count()
    assert tasks.sequence_log() == 0
    assert tasks.sequence_log() == 0
    assert LogCheck.objects.count() == before + 1
    assert "is gone" in LogCheck.objects.order_by("-pk")[0].error
    alerts.evaluate({"proof": nightly.findings}, stores=[moodle.store_id])
    [raised] = Alert.objects.filter(store=moodle.store_id, kind="proof", cleared=None)
    assert "does not go on" in raised.text
    settings.COMPLIANCE_LOG_LOCK = good
    assert tasks.sequence_log() >= 1
    log.caught_up()
    assert tasks.check_log() == 0
    assert alerts.evaluate({"proof": nightly.findings}, stores=[moodle.store_id]).cleared == 1


def test_two_logs_cannot_share_a_lock(moodle: Xapi, log: Log, copied: Path) -> None:
    moodle.store(statement())
    known = lock.read()
    assert known is not None
    other = lock.Published("factory.example/log", known.size + 1, b"f" * 32, "", 0)
    lock.advance(known, other)
    with pytest.raises(LogRefused, match="is of the log factory"):
        publish.publish(now=True)
    with pytest.raises(LogRefused, match="Somebody else has changed"):
        lock.advance(known, known)
    with pytest.raises(LogRefused, match="would go back"):
        lock.advance(other, known)
