"""The steps of the inspection in their order, asked for on the command line.

It works beside the hub, with the hub's own settings in the environment: the hub's workers derive contexts,
completions and status; this program tells them of things, uses the pages as people do, and looks on.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from simulators.inspection.browsing import visitors
from simulators.population import population

if TYPE_CHECKING:
    from simulators.inspection.stage import Stage

#: Seconds the hub is waited for at each step.
PATIENCE = 1_800.0
_LOOK_AGAIN = 0.5
#: How long ago the transfer became effective of which HR tells today.
BACK_DATED = timedelta(days=240)


def inspect(stage: Stage, *, statements: int) -> bool:
    """Go through all of it; return whether everything came out as it should."""
    from simulators.inspection import auditing, history, keeping, learning, training

    say = stage.say
    say("1. HR tells three years, month by month")
    with history.told(stage) as counted:
        say(f"  {counted['records']:,} records, {counted['created']:,} new, {counted['changed']:,} changed")
        stage.check(counted["created"] >= len(stage.people.workers) // 2, "the people are there")
        say("2. Two LMSs post what was learned; the catalogue says which courses are one")
        learning.catalogue(stage)
        learned = learning.post(stage, statements)
        say(f"  {learned.completions:,} completions stand on {learned.statements:,} statements")
        stage.check(learned.completions > 0, "statements became completions")
        stage.check(learned.twice_told == 1, "a training both LMSs report counts once")
        say("3. Requirements from templates, drafted by one, signed by another")
        training.require(stage)
        stage.settle()
        training.told_by_department(stage)
        say("4. HR back-dates a transfer")
        day = stage.today - BACK_DATED
        days = training.past_days(stage, day)
        before = training.past(stage, days)
        moved = history.transfer(stage, training.LEAVING, training.JOINING, day)
        say(f"  {moved.name} ({moved.number}): from {moved.before} to {moved.after}, as of {day}, told today")
        stage.settle()
        training.compared(stage, moved, before, training.past(stage, days))
    say("5. Practice is signed off by whoever is qualified")
    training.sign_off(stage)
    say("6. A legal hold stops a disposition")
    unit = training.department(stage)
    keeping.dispose(stage, unit)
    say("7. An auditor pulls the bundle of a department")
    bundle = auditing.pull(stage, unit)
    vkey = auditing.verified(stage, bundle)
    say("8. One byte of evidence is changed, in every file of it")
    auditing.tampered(stage, bundle, vkey)
    return not stage.failures


def settled(store: str) -> Callable[[], None]:
    """Return what waits until the hub's workers have derived everything, status too."""

    def wait() -> None:
        until = time.monotonic() + PATIENCE
        while not _done(store):
            if time.monotonic() > until:
                raise TimeoutError("The hub does not get on. Is `make serve` running?")
            time.sleep(_LOOK_AGAIN)

    return wait


def _done(store: str) -> bool:
    from django.apps import apps

    from compliance.completions import consume, rework
    from compliance.completions import follow as completions
    from compliance.status import read
    from connectors import changes
    from connectors.enrichment import consume as enrichment
    from connectors.enrichment import follow as workforce
    from lrs import feed

    if any(feed.lag(each).statements for each in (enrichment.CONSUMER, consume.CONSUMER)):
        return False
    if any(changes.waiting(each) for each in (workforce.CONSUMER, completions.CONSUMER)):
        return False
    if rework.waiting() or completions.behind():
        return False
    store_id = apps.get_model("lrs", "Store").objects.get(name=store).pk
    today = datetime.now(UTC).date()
    return set(read.now(store_id)) == set(read.statuses(store_id, today))


def main(words: list[str] | None = None) -> int:
    """Inspect as asked for on the command line."""
    parser = argparse.ArgumentParser(
        "python -m simulators.inspection", description="Three years of training, and an auditor."
    )
    parser.add_argument("--origin", default=f"http://localhost:{os.environ.get('PORT', '8000')}")
    parser.add_argument("--workers", type=int, default=1_000)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=date.fromisoformat, help="The population's last day; today.")
    parser.add_argument("--statements", type=int, metavar="N", help="Of each LMS; six for each worker.")
    parser.add_argument("--folder", type=Path, help="For files and the bundle; else a temporary one.")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="Keep pictures of pages there.")
    parser.add_argument("--store", default=f"Inspection {datetime.now(UTC):%Y-%m-%d %H:%M:%S}")
    asked = parser.parse_args(words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    # What the hub's own processes would log of it is told here in words.
    os.environ.setdefault("HUB_LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from simulators.inspection.stage import Stage

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    began = time.monotonic()
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="inspection-")))
        for each in filter(None, (folder, asked.pictures)):
            each.mkdir(parents=True, exist_ok=True)
        visit, how = stack.enter_context(visitors(asked.origin))
        say(f"Record store: {asked.store}. Pages are used with {how}.")
        until = asked.until or datetime.now(UTC).date()
        people = population(asked.workers, asked.years, asked.seed, until)
        stage = Stage(
            asked.store, people, folder, asked.origin, say, settled(asked.store), visit, asked.pictures
        )
        good = inspect(stage, statements=asked.statements or 6 * asked.workers)
    say(f"{time.monotonic() - began:.0f} s.")
    say("All as it should be." if good else "\n".join(["These did not hold:", *stage.failures]))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
