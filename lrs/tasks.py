"""Celery tasks of the record store: each wakes one function, and may run twice or never without harm.

Losing the broker loses nothing: the sweep finds every consumer that is behind.
"""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command

from lrs import feed, inbox, turns


@shared_task(name="lrs.run_consumer")
def run_consumer(name: str) -> int:
    """Hand a consumer of the feed what it has not seen, for a turn; return how many statements."""
    return turns.take(run_consumer, (name,), lambda seconds: feed.run(name, seconds=seconds))


@shared_task(name="lrs.sweep_consumers")
def sweep_consumers() -> int:
    """Wake every consumer; return how many. One that runs already, or has nothing to do, costs a query."""
    names = feed.names()
    for name in names:
        turns.ask(run_consumer, (name,))
    return len(names)


@shared_task(name="lrs.trim_inbox")
def trim_inbox() -> int:
    """Bring every source's inbox within its bounds; return how many entries went."""
    return inbox.trim()


@shared_task(name="lrs.clear_expired")
def clear_expired() -> None:
    """Delete sessions and OAuth tokens that have expired."""
    call_command("clearsessions")
    call_command("cleartokens")
