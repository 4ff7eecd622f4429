"""A connection tried within a time limit: what its adapter finds, and never a secret.

In: a connection. Out: findings, kept as a note in its history. The adapter runs in a thread of its own, so
that a system that never answers costs the person who waits no more than the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from queue import Empty, Queue
from threading import Thread

from django.contrib.auth.models import AbstractBaseUser
from django.db import connections
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from connectors import vault
from connectors.adapters import Adapter, Finding, Reading
from connectors.errors import ConnectorError
from connectors.models import ChangeNote, System

#: Seconds a test may take.
SECONDS = 25.0
#: A shorter secret is no secret, and would blot out half of what is said.
_LEAST = 4
_HIDDEN = "•••"


@sensitive_variables("secrets")
def tried(
    system: System, adapter: Adapter, *, by: AbstractBaseUser, seconds: float = SECONDS
) -> list[Finding]:
    """Return what the test of a connection found; it is kept in the history, too."""
    try:
        secrets = vault.secrets_of(system)
    except ConnectorError as error:
        secrets, found = {}, [Finding("Secrets", False, _told(error))]
    else:
        found = _within(adapter, _reading(system, secrets), seconds)
    found = [_without(each, secrets) for each in found]
    passed = bool(found) and all(each.ok for each in found)
    wrong = sum(not each.ok for each in found)
    ChangeNote.objects.create(
        system=system,
        by_id=by.pk,
        kind="test",
        text="Connection tested: passed."
        if passed
        else f"Connection tested: {wrong} of {len(found)} failed.",
        detail={
            "passed": passed,
            "findings": [{"what": each.what, "ok": each.ok, "detail": each.detail} for each in found],
        },
    )
    return found


def _reading(system: System, secrets: Mapping[str, str]) -> Reading:
    return Reading(
        settings=system.settings,
        secrets=secrets,
        as_of=timezone.now(),
        full=True,
        watermark=system.watermark,
    )


def _within(adapter: Adapter, reading: Reading, seconds: float) -> list[Finding]:
    answer: Queue[list[Finding]] = Queue()
    Thread(target=_try, args=(adapter, reading, answer), name="connection-test", daemon=True).start()
    try:
        return answer.get(timeout=seconds)
    except Empty:
        return [Finding("Connect", False, f"It did not answer within {seconds:g} seconds.")]


def _try(adapter: Adapter, reading: Reading, answer: Queue[list[Finding]]) -> None:
    try:
        found = adapter.test(reading)
    except ConnectorError as error:
        found = [Finding("Connect", False, _told(error))]
    except Exception as error:  # noqa: BLE001  whatever an adapter's library raises; its text may hold anything
        found = [Finding("Connect", False, f"Something unexpected went wrong: {type(error).__name__}.")]
    finally:
        connections.close_all()
    answer.put(list(found))


def _told(error: ConnectorError) -> str:
    return f"{error.reason} {error.suggestion}".strip()


def _without(finding: Finding, secrets: Mapping[str, str]) -> Finding:
    """Return a finding in which no secret stands, whatever a system echoed."""
    detail = finding.detail
    for secret in secrets.values():
        # Libraries quote what they could not use, some line by line, some as Python writes it.
        for piece in (secret, secret.encode("unicode_escape").decode(), *secret.split("\n")):
            if len(piece) >= _LEAST:
                detail = detail.replace(piece, _HIDDEN)
    return Finding(finding.what, finding.ok, detail[:2000])
