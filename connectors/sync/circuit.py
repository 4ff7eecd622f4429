"""Whether a system that fails again and again is left alone for a while.

In: that an attempt reached a system, or did not. Out: `System.circuit_failures` and `circuit_open_until`.
After some failures in a row the circuit is open: nothing is started by itself. When its time is over one
attempt is let through; it closes the circuit, or opens it for twice as long. What a person starts is let
through.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from connectors import conf
from connectors.models import System

#: A system is tried again after this long at the latest.
LONGEST = timedelta(hours=4)


def is_open(system: System, now: datetime) -> bool:
    """Return whether a system is to be left alone."""
    return system.circuit_open_until is not None and system.circuit_open_until > now


def failed(system_id: int, now: datetime) -> datetime | None:
    """Note that a system could not be reached; return until when it is left alone, if it is."""
    with transaction.atomic():
        system = System.objects.select_for_update(of=("self",)).get(pk=system_id)
        system.circuit_failures = min(system.circuit_failures + 1, 1_000)
        beyond = system.circuit_failures - conf.circuit_failures()
        if beyond >= 0:
            pause = timedelta(seconds=conf.circuit_seconds()) * 2 ** min(beyond, 20)
            system.circuit_open_until = now + min(pause, LONGEST)
        system.save(update_fields=["circuit_failures", "circuit_open_until"])
    return system.circuit_open_until


def reached(system_id: int) -> None:
    """Note that a system answered."""
    System.objects.filter(pk=system_id).exclude(circuit_failures=0, circuit_open_until=None).update(
        circuit_failures=0, circuit_open_until=None
    )
