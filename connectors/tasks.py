"""Celery tasks of the connectors: each wakes one function, and may run twice or never without harm."""

from __future__ import annotations

from celery import shared_task

from connectors import changes, prune
from connectors.identity import candidates, rulebook
from connectors.sync import run, schedule
from connectors.watch import alerts, deliveries, findings, reconciliation, silence
from lrs import turns

#: Longest a run may take in one go; killed after it, the next go continues where it was.
_GO_SECONDS = 12 * 3600


@shared_task(name="connectors.run_change_consumer")
def run_change_consumer(name: str) -> int:
    """Hand a consumer of changes what it has not had, for a turn; return how many."""
    return turns.take(run_change_consumer, (name,), lambda seconds: changes.run(name, seconds=seconds))


@shared_task(name="connectors.sweep_changes")
def sweep_changes() -> int:
    """Wake every consumer of changes; return how many."""
    names = changes.names()
    for name in names:
        turns.ask(run_change_consumer, (name,))
    return len(names)


@shared_task(
    name="connectors.run_sync", soft_time_limit=_GO_SECONDS, time_limit=_GO_SECONDS + 60, ignore_result=True
)
def run_sync(run_id: int) -> str:
    """Carry a run on to its end, or to where it waits; return its state then."""
    return run.carry_on(run_id).state


@shared_task(name="connectors.sync_due")
def sync_due() -> int:
    """Start what is due and have every run carried on that waits or lost its process; return how many."""
    schedule.start_due()
    runs = schedule.to_carry_on()
    for run_id in runs:
        run_sync.apply_async((run_id,), expires=50, retry=False)
    return len(runs)


@shared_task(name="connectors.evaluate_alerts")
def evaluate_alerts() -> int:
    """Raise what needs somebody and clear what is over; return how many alerts that changed."""
    found = alerts.evaluate(findings.EVALUATORS)
    return found.raised + found.cleared


@shared_task(name="connectors.deliver_alerts")
def deliver_alerts() -> int:
    """Send what is due to the alert channels; return how many deliveries were tried."""
    return deliveries.deliver_due()


@shared_task(name="connectors.learn_rhythms")
def learn_rhythms() -> int:
    """Learn anew when each LMS usually posts; return of how many."""
    return silence.learn()


@shared_task(name="connectors.reconcile", soft_time_limit=_GO_SECONDS, time_limit=_GO_SECONDS + 60)
def reconcile(reconciliation_id: int) -> str:
    """Compare a source with the hub; return how that ended."""
    try:
        return reconciliation.carry_out(reconciliation_id).state
    except run.NotNow:
        return "under way"


@shared_task(name="connectors.reconcile_nightly", soft_time_limit=_GO_SECONDS, time_limit=_GO_SECONDS + 60)
def reconcile_nightly() -> int:
    """Compare every source in use with the hub; return of how many."""
    return len(reconciliation.nightly())


@shared_task(name="connectors.prune", soft_time_limit=3600, time_limit=3660, ignore_result=True)
def prune_kept() -> int:
    """Delete what was kept long enough; return how many rows."""
    return sum(prune.prune().values())


@shared_task(name="connectors.tell_actors", soft_time_limit=50, time_limit=60, ignore_result=True)
def tell_actors() -> int:
    """Walk on through actors whose rules changed, and rank reviews that wait for it; return how many."""
    return rulebook.carry_on(seconds=25) + candidates.rank_waiting(1_000)
