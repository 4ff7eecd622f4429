"""`sync`: start a run of a connection, and on request see it through here."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from connectors.errors import ConnectorError
from connectors.models import RunMode, RunState, SyncRun, System
from connectors.sync import run as runs

_COUNTS = ("records", "created", "changed", "unchanged", "ended", "refused", "outside")


class Command(BaseCommand):
    help = (
        "Start a run of a connection. A worker of the hub carries it out, or with --wait this command. "
        "Prints one JSON object; with --wait the exit code is 0 only where the run succeeded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", required=True, metavar="NAME", help="The connection, by its name.")
        parser.add_argument("--store", metavar="NAME", help="Its record store, where several have the name.")
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument(
            "--full", dest="mode", action="store_const", const=RunMode.FULL, help="Read everything (default)."
        )
        mode.add_argument(
            "--changes", dest="mode", action="store_const", const=RunMode.CHANGES, help="Read what changed."
        )
        mode.add_argument(
            "--dry",
            dest="mode",
            action="store_const",
            const=RunMode.DRY,
            help="Change nothing; report what would change.",
        )
        parser.add_argument(
            "--everybody", action="store_true", help="With --dry: as if the pilot were lifted already."
        )
        parser.add_argument(
            "--wait", action="store_true", help="Carry the run out here and wait for its end."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        mode = options["mode"] or RunMode.FULL
        try:
            run = runs.start(
                system_named(options["system"], options["store"]),
                mode,
                pilot={} if options["everybody"] else None,
                wake=not options["wait"],
            )
        except ConnectorError as error:
            raise CommandError(f"{error.reason} {error.suggestion}".strip()) from error
        if options["wait"]:
            run = _through(run)
        self.stdout.write(json.dumps(_told(run)))
        if options["wait"] and run.state != RunState.SUCCEEDED:
            raise CommandError(f"Run {run.pk}: {run.get_state_display().lower()}. {run.message}".strip())


def system_named(name: str, store: str | None) -> System:
    """Return the connection of that name. Raises CommandError where there is none, or several."""
    found = System.objects.filter(name=name)
    if store is not None:
        found = found.filter(store__name=store)
    several = list(found[:2])
    if not several:
        raise CommandError(f"There is no connection {name!r}.")
    if len(several) > 1:
        raise CommandError(f"Several stores have a connection {name!r}; say which with --store.")
    return several[0]


def _through(run: SyncRun) -> SyncRun:
    """Carry a run on until it ends or asks, also over attempts that failed."""
    while True:
        run = runs.carry_on(run.pk)
        if run.state not in (RunState.WAITING, RunState.RUNNING):
            return run
        again = run.next_attempt
        pause = 1.0 if again is None else (again - timezone.now()).total_seconds()
        time.sleep(min(max(pause, 0.1), 60.0))


def _told(run: SyncRun) -> dict[str, Any]:
    counts = {each: getattr(run, each if each == "records" else f"{each}_count") for each in _COUNTS}
    told: dict[str, Any] = {"run": run.pk, "mode": run.mode, "state": run.state, **counts}
    if run.message:
        told["message"] = run.message
    if run.mode == RunMode.DRY and run.state == RunState.SUCCEEDED:
        told["report"] = run.report
    return told
