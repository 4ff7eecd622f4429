"""A report that was made is released: under a signature that binds its file, which is kept from then on.

    offer(run)        whoever had it made asks for its release; its file waits for that, however long
    take_back(run)    …and asks no more, while nobody has signed it for good
    readable(user)    what was offered or released in the stores somebody sees whole
    package(run)      the file as it was signed, with its signatures for people and for programs, as a ZIP

In: a run whose file is there. Out: what a signer sees: which report of what, and the SHA-256 of the file,
which stands for every byte of it. No name stands in it, so that it stays the same when somebody is called
otherwise. Who had it made does not release it. Nothing is ever written into a released file: a signature
inside of it could not be about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import orjson
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from compliance import conf
from compliance.access.scope import scope_of
from compliance.errors import ComplianceError
from compliance.models import Meaning, ReportRun, RunState, Signature
from compliance.reports import runs
from compliance.reports.table import Report, Table, told
from compliance.reports.written import pdf
from compliance.signing import NotAllowed, Shown, SignableKind, Step, as_json, register, signatures_of
from compliance.signing.standing import row_of, version_of

KIND = "report-release"
_PIECE = 1 << 16
#: Bytes of a package kept in memory while it is made.
_SPOOLED = 8 << 20


def offer(run: ReportRun) -> None:
    """Ask for a release. Raises ComplianceError where there is no file to release."""
    if run.state != RunState.DONE or not run.file:
        raise ComplianceError("Only a report whose file is there can be released.")
    ReportRun.objects.filter(pk=run.pk, offered=None).update(offered=timezone.now(), expires=None)


def take_back(run: ReportRun) -> None:
    """Ask for it no more. Raises ComplianceError where it was released."""
    expires = timezone.now() + timedelta(days=conf.report_days())
    taken = ReportRun.objects.filter(pk=run.pk, released=None).update(offered=None, expires=expires)
    if not taken:
        raise ComplianceError("It was released; that is not taken back.")


def readable(user: User | AnonymousUser) -> QuerySet[ReportRun]:
    """Return what was offered or released, latest first, in the stores that somebody sees whole: a file tells
    of everybody whom whoever had it made could see."""
    found = ReportRun.objects.exclude(offered=None).order_by("-offered", "-pk")
    scope = scope_of(user, runs.PULL)
    return found if scope.everything else found.filter(store_id__in=scope.stores)


def is_sound(run: ReportRun) -> bool:
    """Whether the file is, byte for byte, the one that was made. Raises ComplianceError where it is gone."""
    digest = sha256()
    with runs.open_file(run) as file:
        for piece in _pieces(file):
            digest.update(piece)
    return digest.hexdigest() == run.sha256


def package(run: ReportRun) -> IO[bytes]:
    """Return a ZIP of the file, of `release.pdf` with the signatures for people, and of `release.json` with
    exactly what was signed. Raises ComplianceError where the file is gone or not what was signed."""
    if run.released is None:
        raise ComplianceError("It was not released yet.")
    if not is_sound(run):
        raise ComplianceError("The file is not the one that was signed.")
    name = runs.file_name(run)
    # The caller closes it.
    made = cast("IO[bytes]", SpooledTemporaryFile(max_size=_SPOOLED))  # noqa: SIM115
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for each, content in (
            ("release.pdf", b"".join(pdf.pieces(sheet(run)))),
            ("release.json", _for_programs(run)),
        ):
            archive.writestr(each, content)
        archive.compression = ZIP_STORED if run.output == runs.BUNDLE else ZIP_DEFLATED
        with runs.open_file(run) as file, archive.open(name, "w", force_zip64=True) as inside:
            for piece in _pieces(file):
                inside.write(piece)
    made.seek(0)
    return made


def sheet(run: ReportRun) -> Report:
    """Return the page that shows who released a report, when, and as what (21 CFR 11.50)."""
    said = _said(run)
    who = runs.Who(user=run.user, credential_id=run.credential_id, store_id=run.store_id)
    signed = [
        (each.printed_name, each.user_name, each.meaning, each.when, each.reason, each.standing, each.number)
        for each in signatures_of(KIND, str(run.pk))
    ]
    columns = ("Printed name", "User name", "Meaning", "Signed at", "Remark", "Standing", "Signature")
    return Report(
        name="release",
        title=f"Release of report {run.pk}",
        facts={
            "File": runs.file_name(run),
            "SHA-256 of the file": run.sha256,
            "Bytes": f"{run.bytes:,}",
            "Report": f"{run.report}, {run.output}",
            "Filters": ", ".join(f"{name}: {each}" for name, each in run.filters.items()) or "none",
            "Store": f"{run.store_id} ({run.store.name})",
            "Made for": f"{said['made_for']} ({who.name})",
            "Made at": told(run.created.astimezone(UTC)),
            "Released": "not yet" if run.released is None else told(run.released.astimezone(UTC)),
            "Check": "sha256sum of the file gives the value above; release.json holds what was signed.",
        },
        tables=[Table("Signatures", columns, signed)],
    )


def _is_there_and_sound(run: ReportRun) -> bool:
    try:
        return is_sound(run)
    except ComplianceError:
        return False


def _for_programs(run: ReportRun) -> bytes:
    signatures = Signature.objects.filter(kind=KIND, record_key=str(run.pk)).order_by("position")
    shown = {each.shown_hash: orjson.loads(each.shown) for each in signatures if each.shown}
    said = {
        "file": runs.file_name(run),
        "sha256": run.sha256,
        "signatures": as_json(signatures_of(KIND, str(run.pk))),
        # The hash of each is the SHA-256 of its canonical form (RFC 8785).
        "shown": shown,
    }
    return orjson.dumps(said, option=orjson.OPT_INDENT_2)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _said(run: ReportRun) -> dict[str, Any]:
    return {
        "report": run.report,
        "output": run.output,
        "filters": run.filters,
        "store": run.store_id,
        "made_for": f"key {run.credential_id}" if run.user_id is None else f"user {run.user_id}",
        "made_at": run.created.astimezone(UTC).isoformat(),
        "bytes": run.bytes,
        "sha256": run.sha256,
    }


def _found(record_key: str) -> ReportRun:
    return row_of(ReportRun.objects.exclude(offered=None), record_key)


def _shown(record_key: str) -> Shown:
    run = _found(record_key)
    said = _said(run)
    return Shown(
        kind=KIND,
        record_key=record_key,
        version=version_of(said, run.signature_id),
        title=f"Report {run.pk}: {run.report}, {run.output}",
        author_id=run.user_id,
        content=said,
    )


def _is_open(user: User | AnonymousUser, record_key: str) -> bool:
    """Whether somebody may read the report: who had it made, and who sees its whole store."""
    run = _found(record_key)
    return run.user_id == user.pk or readable(user).filter(pk=run.pk).exists()


def _complete(record_key: str, signatures: Sequence[Signature]) -> None:
    run = _found(record_key)
    # Access of those who signed first may have ended since.
    if not all(readable(each.signer).filter(pk=run.pk).exists() for each in signatures):
        raise NotAllowed("Only who may read the report, and sees its whole store, releases it.", rule="scope")
    # Whoever signs is told now, and not by whom they hand it to.
    if not _is_there_and_sound(run):
        raise NotAllowed("The file is not the one that was made: have the report made again.", rule="file")
    now = timezone.now()
    run.released, run.signature_id = now, signatures[-1].position
    run.expires = now + timedelta(days=conf.released_report_days())
    run.save(update_fields=["released", "signature_id", "expires"])


REPORT_RELEASE = register(
    SignableKind(
        kind=KIND,
        label="release of a report",
        shown=_shown,
        complete=_complete,
        policy=(Step(meaning=Meaning.RELEASE.value),),
        view_permission="compliance.view_reportrun",
        open_to=_is_open,
        address=lambda key: reverse("audit:run", args=[int(key)]),
    )
)
