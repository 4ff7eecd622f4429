"""In which state a connection is, what is missing for the next one, and the steps between them.

    draft → pilot → live        pilot and live → paused → back

In: a connection and who asks. Out: the changed state with a note in the history, or NotNow. Nothing is run
here: what runs, and on whom, follows from the state (connectors.sync).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from connectors.adapters import Adapter, adapters
from connectors.admin.connections import settings_form
from connectors.errors import ConnectorError
from connectors.mapping import lifecycle
from connectors.models import ChangeNote, RunMode, SyncRun, System, SystemSecret, SystemState
from connectors.sync import circuit
from connectors.sync.pilot import PARTS


class NotNow(ConnectorError):
    """A state the connection cannot be brought to now."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the set-up."""

    key: str
    title: str
    done: bool
    #: What is so, or what is missing.
    said: str = ""


def adapter(system: System) -> Adapter | None:
    """Return the adapter of a connection; None where it is not there any more."""
    return adapters().get(system.adapter)


def steps(system: System) -> list[Step]:
    """Return the steps of the set-up, and which of them are done."""
    kind = adapter(system)
    used = lifecycle.active(system)
    wrong = settings_form.problems(kind.settings_schema, system.settings) if kind is not None else []
    kept = SystemSecret.objects.filter(system=system).count()
    wanted = len(kind.secrets) if kind is not None else 0
    tested = last_test(system)
    passed = tested is not None and tested.detail.get("passed") is True
    dry = SyncRun.objects.filter(system=system, mode=RunMode.DRY).exists()
    return [
        Step("about", "About", True, system.name),
        Step("settings", "Settings", kind is not None and not wrong, wrong[0] if wrong else ""),
        Step("secrets", "Secrets", bool(kept) or not wanted, f"{kept} of {wanted} set" if wanted else "none"),
        Step("test", "Test", passed, "" if tested is None else tested.text),
        Step("mapping", "Mapping", used is not None, f"version {used.version}" if used else "none in use"),
        Step("pilot", "Pilot", dry or system.state != SystemState.DRAFT, pilot_said(system.pilot)),
        Step("live", "Go live", system.state == SystemState.LIVE, system.get_state_display()),
    ]


def last_test(system: System) -> ChangeNote | None:
    """Return what came of the last connection test."""
    return ChangeNote.objects.filter(system=system, kind="test").first()


def pilot_said(given: Mapping[str, Any]) -> str:
    """Return a pilot filter in words."""
    found = [f"{len(given[part])} {part}" for part in PARTS if given.get(part)]
    return ", ".join(found) if found else "everybody"


def keep_pilot(system: System, given: Mapping[str, list[str]], *, by: AbstractBaseUser) -> None:
    """Keep who is inside the pilot."""
    chosen = {part: list(given.get(part, ())) for part in PARTS if given.get(part)}
    with _changing(system) as now:
        if now.pilot == chosen:
            return
        if now.state == SystemState.PILOT and not chosen:
            raise NotNow("A pilot without a filter would be everybody.", suggestion="Go live instead.")
        before, now.pilot = now.pilot, chosen
        now.save(update_fields=["pilot"])
        _note(now, by, "pilot", f"Pilot: {pilot_said(chosen)}.", {"before": before, "after": chosen})


def start_pilot(system: System, *, by: AbstractBaseUser) -> None:
    """Let runs bring those inside the pilot."""
    with _changing(system) as now:
        _ready(now)
        if not now.pilot:
            raise NotNow("The pilot names nobody.", suggestion="Enter units, locations or workers first.")
        _into(now, SystemState.PILOT, by, f"Pilot started: {pilot_said(now.pilot)}.")


def go_live(system: System, *, by: AbstractBaseUser) -> None:
    """Let runs bring everybody. The filter of the pilot is kept, and used no more."""
    with _changing(system) as now:
        _ready(now)
        _into(now, SystemState.LIVE, by, "Went live: runs bring everybody.")


def pause(system: System, *, by: AbstractBaseUser) -> None:
    """Let nothing be started any more; a run under way goes on."""
    with _changing(system) as now:
        if now.state not in (SystemState.PILOT, SystemState.LIVE):
            raise NotNow(f"{now.name} is {now.get_state_display().lower()}.")
        _into(
            now, SystemState.PAUSED, by, f"Paused; it was {now.get_state_display().lower()}.", was=now.state
        )


def resume(system: System, *, by: AbstractBaseUser) -> None:
    """Go back to the state before the pause."""
    with _changing(system) as now:
        if now.state != SystemState.PAUSED:
            raise NotNow(f"{now.name} is not paused.")
        paused = ChangeNote.objects.filter(system=now, kind="state", detail__state=SystemState.PAUSED).first()
        was = paused.detail.get("was") if paused is not None else None
        state = SystemState.LIVE if was == SystemState.LIVE else SystemState.PILOT
        if state == SystemState.PILOT and not now.pilot:
            raise NotNow("It is not known what it was before.", suggestion="Go live, or start the pilot.")
        _into(now, state, by, f"Resumed: {state.label.lower()}.")


def try_now(system: System, *, by: AbstractBaseUser) -> None:
    """Let the next attempt through, though the system was left alone for a while."""
    with _changing(system) as now:
        if not circuit.is_open(now, timezone.now()):
            raise NotNow(f"{now.name} is not left alone.")
        # Failures stay counted: if this attempt fails as well, the pause is longer.
        now.circuit_open_until = None
        now.save(update_fields=["circuit_open_until"])
        SyncRun.objects.filter(system=now, state="waiting").update(next_attempt=None)
        _note(now, by, "state", "The pause after failures was ended by hand.", {})


def _ready(system: System) -> None:
    """Raise NotNow unless a connection can be run."""
    kind = adapter(system)
    if kind is None:
        raise NotNow(f"There is no adapter {system.adapter!r}.")
    if wrong := settings_form.problems(kind.settings_schema, system.settings):
        raise NotNow(f"The settings are not complete. {wrong[0]}", suggestion="Correct them first.")
    if lifecycle.active(system) is None:
        raise NotNow("There is no mapping in use.", suggestion="Adopt the default one, or activate another.")


def _into(
    system: System, state: SystemState, by: AbstractBaseUser, text: str, *, was: str | None = None
) -> None:
    if system.state == state:
        raise NotNow(f"{system.name} is {system.get_state_display().lower()} already.")
    before, system.state = system.state, state
    system.next_run = first_run(system)
    system.save(update_fields=["state", "next_run"])
    _note(system, by, "state", text, {"before": before, "state": state.value, "was": was or before})


def first_run(system: System) -> datetime | None:
    """Return when a connection that starts now is due: at once, where it has a rhythm."""
    return timezone.now() if system.every_minutes else None


@contextmanager
def _changing(system: System) -> Iterator[System]:
    """Open a transaction in which nobody else changes the connection."""
    with transaction.atomic():
        yield System.objects.select_for_update(of=("self",)).get(pk=system.pk)


def _note(system: System, by: AbstractBaseUser, kind: str, text: str, detail: dict[str, Any]) -> None:
    ChangeNote.objects.create(system=system, by_id=by.pk, kind=kind, text=text, detail=detail)
