"""Celery tasks of compliance: each wakes one function, and may run twice or never without harm."""

from __future__ import annotations

import structlog
from celery import shared_task

from compliance import reminders
from compliance.completions import follow, rework
from compliance.proof import nightly, publish, sequence, vouched
from compliance.proof.errors import ProofError
from compliance.reports import runs, schedules
from compliance.retention import nightly as retention
from compliance.status import follow as status_follow
from compliance.trail import review
from compliance.training import posting
from connectors.errors import ConnectorError
from lrs import turns

logger = structlog.get_logger(__name__)

#: Longest a check of everything may take.
_CHECK_SECONDS = 12 * 3600


@shared_task(name="compliance.sequence_log", ignore_result=True)
def sequence_log() -> int:
    """Log what waits, for a turn, and publish it where that is due; return how many records got a leaf.

    What keeps the log from going on (it was rolled back, its key cannot be read, its folder not be written)
    is told as an alert.
    """
    try:
        logged = turns.take(sequence_log, (), _logged)
    except (ProofError, ConnectorError, OSError) as error:
        nightly.refused(str(error))
        logger.error("log_refused", reason=str(error))  # noqa: TRY400  the sentence says it
        return 0
    return logged


def _logged(seconds: float) -> int:
    logged = sequence.run(seconds=seconds)
    publish.publish()
    return logged


@shared_task(name="compliance.vouch_for_log", ignore_result=True)
def vouch_for_log() -> int:
    """Have witnesses co-sign the last checkpoint and an authority stamp it; return how many did."""
    return vouched.vouch()


@shared_task(
    name="compliance.check_log",
    ignore_result=True,
    soft_time_limit=_CHECK_SECONDS,
    time_limit=_CHECK_SECONDS + 60,
)
def check_log() -> int:
    """Check everything that was logged; return how many deviations there are."""
    return nightly.check().deviations


@shared_task(name="compliance.open_audit_reviews")
def open_audit_reviews() -> int:
    """Open the review of the audit trail that is due; return how many that were."""
    return 0 if review.open_due() is None else 1


@shared_task(name="compliance.follow_completions", soft_time_limit=290, time_limit=300, ignore_result=True)
def follow_completions() -> int:
    """Have completions follow identities, the catalogue and the rules; return how much was looked at."""
    return turns.take(
        follow_completions,
        (),
        lambda seconds: follow.carry_on(seconds=seconds) + rework.carry_on(seconds=seconds),
    )


@shared_task(name=posting.TASK, ignore_result=True)
def post_training_files() -> int:
    """Post records of signed files, for a turn; return how many."""
    return turns.take(post_training_files, (), lambda seconds: posting.carry_on(seconds=seconds))


@shared_task(name="compliance.follow_status")
def follow_status() -> int:
    """Bring the status of whom something changed about up to date; return how many changes that were."""
    return turns.take(follow_status, (), lambda seconds: status_follow.follow(seconds=seconds))


@shared_task(name="compliance.pass_time")
def pass_time() -> int:
    """Follow what the calendar brings; return how many."""
    return status_follow.pass_time()


@shared_task(name="compliance.queue_reminders")
def queue_reminders() -> int:
    """Queue the reminders that are due; return how many."""
    return reminders.queue_due()


@shared_task(name="compliance.send_reminders")
def send_reminders() -> int:
    """Send what is queued; return how many were tried."""
    return reminders.send_due()


@shared_task(
    name="compliance.dispose_nightly",
    ignore_result=True,
    soft_time_limit=_CHECK_SECONDS,
    time_limit=_CHECK_SECONDS + 60,
)
def dispose_nightly() -> int:
    """List what falls due and carry on what was approved; return how many dispositions went on."""
    return retention.run().carried_on


@shared_task(
    name="compliance.make_report", soft_time_limit=6 * 3600, time_limit=6 * 3600 + 60, ignore_result=True
)
def make_report(run_id: int) -> None:
    """Make a report that was asked for."""
    runs.execute(run_id)


@shared_task(name="compliance.tend_reports", ignore_result=True)
def tend_reports() -> int:
    """Ask for scheduled reports that are due, take up those that were lost, and remove files that are old."""
    runs.remove_old()
    return schedules.ask_due() + runs.take_up_lost()
