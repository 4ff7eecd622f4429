"""A report is made: now, or in the background; its file is kept for a while, and who asked is told.

In: a report's name, its filters, a format, and who asks. Out: a `ReportRun` with its file. What may be seen
is found anew when it is made, so that access that ended meanwhile bites. A run that a stopped worker left is
taken up again; it writes another file, and nothing twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import uuid4

import structlog
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from compliance import conf
from compliance.access.scope import Scope, scope_of
from compliance.errors import ComplianceError
from compliance.models import Disclosure, ReportRun, RunState, SavedReport
from compliance.proof.errors import ProofError
from compliance.reports import filters, kinds
from compliance.reports.asked import Asked
from compliance.reports.bundle import build as bundles
from compliance.reports.snapshot import snapshot
from compliance.reports.table import Report
from compliance.reports.written import FORMATS
from connectors.errors import ConnectorError
from connectors.watch import mail, webhook
from lrs.auth.basic import refuse_unusable
from lrs.errors import Unauthenticated

logger = structlog.get_logger(__name__)

PULL = "compliance.pull_reports"
#: What a key needs.
SCOPE = "audit/read"
BUNDLE = "bundle"
OUTPUTS = (*FORMATS, BUNDLE)
TASK = "compliance.make_report"
#: People a report is made of at once; one of more is made in the background.
AT_ONCE = 500
#: A run that has not moved for so long was left by a worker that is gone.
_LOST = timedelta(hours=7)
_FOLDER = "reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who asks."""

    user: User | None = None
    credential_id: int | None = None
    store_id: int

    @property
    def name(self) -> str:
        """What they are called on what is made for them."""
        if self.user is None:
            return f"key {self.credential_id}"
        full = self.user.get_full_name()
        return f"{full} ({self.user.get_username()})" if full else self.user.get_username()

    @property
    def visible(self) -> Scope:
        """Whose records they may see."""
        if self.user is not None:
            return scope_of(self.user, PULL)
        return Scope(stores=(self.store_id,)) if _is_live(self.credential_id) else Scope()


def _is_live(credential_id: int | None) -> bool:
    """Whether a key may still read reports: it may have ended since it asked."""
    if credential_id is None:
        return False
    held = (
        apps.get_model("lrs", "Credential").objects.select_related("source").filter(pk=credential_id).first()
    )
    if held is None or SCOPE not in held.scopes:
        return False
    try:
        refuse_unusable(
            expires=held.expires,
            revoked=held.revoked,
            source_active=held.source.active,
            now=timezone.now(),
        )
    except Unauthenticated:
        return False
    return True


def question(who: Who, report: str, given: Mapping[str, Any]) -> Asked:
    """Return what is asked; ComplianceError where it cannot be, or goes beyond what they may see."""
    asked = filters.asked(who.store_id, filters.kept(given), who.visible)
    if report == BUNDLE:
        if asked.visible.nothing:
            raise ComplianceError("You have no access to records here.")
    else:
        kinds.check(kinds.kind_of(report), asked)
    return asked


@contextlib.contextmanager
def read(who: Who, report: str, given: Mapping[str, Any]) -> Iterator[Report]:
    """Yield a report to be read within the block, in one snapshot of the database."""
    asked = question(who, report, given)
    with snapshot():
        yield kinds.build(report, asked, by=who.name)


def start(
    who: Who, report: str, output: str, given: Mapping[str, Any], *, saved: SavedReport | None = None
) -> ReportRun:
    """Make a report, at once where it is of few people and no bundle, else in the background."""
    if output not in OUTPUTS:
        raise ComplianceError(f"A report comes as {', '.join(OUTPUTS)}.", field="output")
    asked = question(who, report if output != BUNDLE or report in kinds.KINDS else BUNDLE, given)
    run = ReportRun.objects.create(
        store_id=who.store_id,
        user=who.user,
        credential_id=who.credential_id,
        saved=saved,
        report=report,
        output=output,
        filters=filters.kept(given),
    )
    if saved is None and len(asked.people()) <= AT_ONCE:
        execute(run.pk)
        run.refresh_from_db()
    else:
        queue(run.pk)
    return run


def queue(run_id: int) -> None:
    """Have a run made in the background; where the broker is away, the sweep takes it up."""
    from celery import current_app

    def send() -> None:
        try:
            current_app.send_task(TASK, args=[run_id], ignore_result=True, retry=False)
        except Exception as error:  # noqa: BLE001  whatever a broker library raises
            logger.warning("report_not_queued", run=run_id, reason=type(error).__name__)

    transaction.on_commit(send)


def execute(run_id: int) -> None:
    """Make what a run asks for; who comes second to one that is being made leaves it alone."""
    now = timezone.now()
    taken = ReportRun.objects.filter(pk=run_id, state=RunState.WAITING).update(
        state=RunState.RUNNING, started=now
    )
    if not taken:
        return
    run = ReportRun.objects.select_related("user", "saved__channel", "store").get(pk=run_id)
    try:
        name, digest, size = _made(run)
    except (ComplianceError, ProofError) as error:
        _ended(run, state=RunState.FAILED, error=str(error))
    except Exception as error:
        logger.exception("report_failed", run=run.pk)
        _ended(run, state=RunState.FAILED, error=f"The report could not be made ({type(error).__name__}).")
    else:
        expires = timezone.now() + timedelta(days=conf.report_days())
        _ended(run, state=RunState.DONE, file=name, sha256=digest, bytes=size, expires=expires)
    run.refresh_from_db()
    if run.saved is not None:
        _tell(run)


def open_file(run: ReportRun) -> IO[bytes]:
    """Return the file of a run; ComplianceError where there is none any more."""
    if not run.file or not default_storage.exists(run.file):
        raise ComplianceError("The file is not there any more: make the report again.")
    opened: IO[bytes] = default_storage.open(run.file)
    return opened


def file_name(run: ReportRun) -> str:
    """Return what the file of a run is called."""
    ending = "zip" if run.output == BUNDLE else run.output
    return f"{run.report}-{run.created:%Y%m%d-%H%M%S}-{run.pk}.{ending}"


def remove_old(now: datetime | None = None) -> int:
    """Remove the files of runs that have expired; return how many."""
    old = ReportRun.objects.filter(expires__lte=now or timezone.now()).exclude(file="")
    count = 0
    for run in old[:500]:
        # The row first would leave a file nobody knows of.
        default_storage.delete(run.file)
        count += ReportRun.objects.filter(pk=run.pk).update(file="")
    return count


def take_up_lost(now: datetime | None = None) -> int:
    """Queue again what no worker has, or a worker that is gone; return how many."""
    moment = now or timezone.now()
    ReportRun.objects.filter(state=RunState.RUNNING, started__lt=moment - _LOST).update(
        state=RunState.WAITING
    )
    waiting = ReportRun.objects.filter(state=RunState.WAITING, created__lt=moment - timedelta(minutes=2))
    lost = list(waiting.values_list("pk", flat=True)[:100])
    for run_id in lost:
        queue(run_id)
    return len(lost)


def _made(run: ReportRun) -> tuple[str, str, int]:
    """Make the file of a run; return its name in the storage, its SHA-256 and its bytes."""
    who = Who(user=run.user, credential_id=run.credential_id, store_id=run.store_id)
    with contextlib.ExitStack() as stack:
        if run.output == BUNDLE:
            asked = question(who, run.report if run.report in kinds.KINDS else BUNDLE, run.filters)
            file, made = bundles.make(asked, by=who.name)
            stack.enter_context(file)
            people = made.people
        else:
            file = stack.enter_context(TemporaryFile())
            report = stack.enter_context(read(who, run.report, run.filters))
            people = tuple(report.people)
            _write(file, FORMATS[run.output][0](report))
        # Nothing is kept that no entry tells of.
        Disclosure.objects.create(
            user=run.user,
            credential_id=run.credential_id,
            store_id=run.store_id,
            kind=f"report:{run.report}:{run.output}"[:100],
            people=sorted(people),
            filter=run.filters,
        )
        digest, size = _measured(file)
        file.seek(0)
        name = default_storage.save(f"{_FOLDER}/{uuid4().hex}", File(file))
    return name, digest, size


def _write(file: IO[bytes], pieces: Iterator[bytes]) -> None:
    for piece in pieces:
        file.write(piece)


def _measured(file: IO[bytes]) -> tuple[str, int]:
    digest, size = sha256(), 0
    file.seek(0)
    while piece := file.read(1 << 16):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _ended(run: ReportRun, **fields: Any) -> None:
    ReportRun.objects.filter(pk=run.pk).update(ended=timezone.now(), **fields)


def _tell(run: ReportRun) -> None:
    """Tell its owner, and a channel, that a scheduled report is there; never its contents."""
    saved = run.saved
    if saved is None:
        return
    subject = f"{saved.name}: {'ready' if run.state == RunState.DONE else 'could not be made'}"
    until = "" if run.expires is None else f"{run.expires:%Y-%m-%d %H:%M} UTC"
    text = f"{subject}.\n\n{run.error or f'It is kept until {until}: /audit/runs/{run.pk}/'}\n"
    message = f"report-{run.pk}"
    try:
        if run.user is not None and run.user.email:
            mail.send_to([run.user.email], message, subject, text)
        if saved.channel is not None and saved.channel.kind == "webhook":
            values = {"run": run.pk, "report": run.report, "state": run.state, "sha256": run.sha256}
            webhook.send(saved.channel, message, webhook.body("report.ready", values, run.created))
        elif saved.channel is not None:
            mail.send(saved.channel, f"{message}-channel", subject, text)
    except ConnectorError as error:
        logger.warning("report_not_told", run=run.pk, reason=str(error))
