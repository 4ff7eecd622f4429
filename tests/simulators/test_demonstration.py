"""The demonstration, over a small company and a live hub: every step comes out as it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone

from connectors.identity import actors, standing
from connectors.models import SyncRun
from connectors.sync import run as runs
from connectors.watch import alerts, findings
from simulators import __main__ as all_of_them
from simulators import demonstration
from simulators.population import population
from tests.connectors.learning import caught_up
from tests.connectors.sync.process import environment
from tests.live import LiveHub

UNTIL = date(2027, 1, 31)


@pytest.mark.live
def test_it_shows_what_it_says(live_hub: LiveHub, database: None, tmp_path: Path) -> None:
    actors.forget()
    standing.forget()
    store = f"Demonstration {uuid4().hex[:8]}"
    people = population(150, 3, 1, UNTIL)
    said: list[str] = []

    def watched(_: Callable[[], bool]) -> None:
        keys = [apps.get_model("lrs", "Store").objects.get(name=store).pk]
        alerts.evaluate(findings.EVALUATORS, stores=keys)

    def taken_over(run_id: int) -> None:
        SyncRun.objects.filter(pk=run_id).update(heartbeat=timezone.now() - timedelta(hours=1))
        runs.carry_on(run_id)

    with all_of_them.running(people, tmp_path):
        _small_pages(tmp_path / "workday.json")
        shown = demonstration.Demonstration(
            store, people, tmp_path, said.append, caught_up, watched, taken_over, environment()
        )
        endpoint = f"http://127.0.0.1:{live_hub.port}/xapi/"
        assert demonstration.demonstrate(shown, statements=300, endpoint=endpoint), "\n".join(said)
    told = "\n".join(said)
    assert len(demonstration.RENAMED) == 12
    for new in demonstration.RENAMED.values():
        assert f"→ {new} " in told, told
    assert "the same ones." in told
    assert "untouched" in told
    assert "derived again" in told
    assert "as attempt 2" in told


def _small_pages(settings: Path) -> None:
    """Have a system read in many pages, so that there is a middle of it."""
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"count": 10}))
