"""The log of a hospital's academy, and what tests do with it.

It begins with the first test that looks at it: what other tests had stored in the same database before stands
in no leaf and is not compared, or every check would read all of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.db import connection

from compliance.models import LogCheckpoint, LogEntry, LogSource
from compliance.proof import publish, sequence, sources, statements, stored
from compliance.proof.sources import Source, Stored
from compliance.proof.stored import Head
from compliance.proof.verify.report import Report
from compliance.proof.verify.run import no_longer_checks, verify
from compliance.signing import logged
from tests.fixtures import Xapi, nothing_held_back

ORIGIN = "academy.hospital.example/api/v1/log"


def begin() -> None:
    """Have the log of this database begin now, where it has not."""
    # What other tests changed and signed is no business of these, but of those about trail and signatures.
    sources.forget("audit")
    sources.forget("signature")
    no_longer_checks(logged.check_seals)
    if LogSource.objects.exists():
        return
    nothing_held_back()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO compliance_log_source (number, kind, xid, key)"
            " SELECT 1, 'statement', s.xid::text::bigint, s.seq FROM lrs_statement s"
            " ORDER BY s.xid DESC, s.seq DESC LIMIT 1"
        )
        cursor.execute("SELECT min(seq), max(seq) FROM lrs_statement")
        first, last = cursor.fetchone()
    if first is not None:
        sources.register(replace(statements.STATEMENTS, stored=_but(first, last)))


#: Where the log of a source began, by its number: transaction and key.
_BEGAN: dict[int, tuple[int, int]] = {}


def begin_source(source: Source, *, key: int, xid: int) -> int:
    """Have a source logged from now on that was taken off the register; return the key behind which its
    records count. The first call says where that is; what is older counts where it has a leaf."""
    if source.number not in _BEGAN:
        LogSource.objects.update_or_create(
            number=source.number, defaults={"kind": source.kind, "xid": xid, "key": key}
        )
        _BEGAN[source.number] = (xid, key)
    began = _BEGAN[source.number]

    def read(after: int, most: int) -> Sequence[Stored]:
        while rows := source.stored(after, most):
            keys = [each.record.key for each in rows]
            leaves = LogEntry.objects.filter(source=source.number, key__in=keys)
            logged = set(leaves.values_list("key", flat=True))
            # By transaction first: what committed late may have the lower key.
            found = [
                each for each in rows if each.record.key in logged or (each.xid, each.record.key) > began
            ]
            if found:
                return found
            after = rows[-1].record.key
        return []

    sources.register(replace(source, stored=read))
    return began[1]


def _but(first: int, last: int) -> Any:
    """Return the reader of stored statements that leaps over the keys from `first` to `last`."""
    known = statements.STATEMENTS.stored

    def read(after: int, most: int) -> Sequence[Stored]:
        if after >= first:
            return known(max(after, last), most)
        return [each for each in known(after, most) if each.record.key < first] or known(last, most)

    return read


class Log:
    """The log of this database; other tests wrote into it as well."""

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
