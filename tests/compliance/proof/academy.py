"""The log of a hospital's academy, in a database of its own, and what tests do with it."""

from __future__ import annotations

import time
from typing import Any

from django.apps import apps

from compliance.models import LogCheckpoint, LogEntry
from compliance.proof import publish, sequence, sources, stored
from compliance.proof.stored import Head
from compliance.proof.verify.report import Report
from compliance.proof.verify.run import verify
from tests.fixtures import Xapi, nothing_held_back

ORIGIN = "academy.hospital.example/api/v1/log"


class Log:
    """The log of this database; the other tests of the module wrote into it as well."""

    @property
    def head(self) -> Head:
        """The tree as it is now."""
        return stored.head()

    def caught_up(self) -> LogCheckpoint:
        """Log everything that waits, and publish it."""
        until = time.monotonic() + 60
        while self.waiting():
            assert time.monotonic() < until, "something holds the log back"
            nothing_held_back()
            if not sequence.run():
                time.sleep(0.01)
        # A process that was killed holds the log until the database notices.
        while (made := publish.publish(now=True)) is None and self.head.size:
            assert time.monotonic() < until, "somebody holds the log"
            time.sleep(0.02)
        return made or LogCheckpoint()

    def waiting(self) -> int:
        """How many records have no leaf yet."""
        positions = stored.positions()
        return sum(
            each.waiting(positions.get(each.number, sources.BEGINNING))[0] for each in sources.registered()
        )

    def leaf(self, caller: Xapi, statement_id: str) -> LogEntry:
        """The leaf of a statement."""
        return LogEntry.objects.get(source=1, key=row(caller, statement_id).pk)


def row(caller: Xapi, statement_id: str) -> Any:
    """Return a statement's row."""
    model = apps.get_model("lrs", "Statement")
    return model.objects.get(store_id=caller.store_id, statement_id=statement_id)


def sound() -> Report:
    """Check everything; nothing may deviate."""
    found = verify()
    told = [str(each) for each in found.deviations]
    assert told == [], told[:5]
    assert found.sound
    return found
