"""Disposition: preview, review, signed approval by another, destruction in batches, certificate.

In: what is due, or what a person wants erased. Out: a frozen list of records with their hashes; once somebody
else has signed for exactly that list, they are gone and a certificate is there. The database alone removes
anything, and checks holds, periods and the signature again as it does (compliance_dispose, migration 0009).

Crash story: each batch is one transaction, with what became of each record. A process that ends between two
leaves an approved disposition with records left; `carry_on` (also by the clock) takes it up there. One that
ends before the certificate leaves none left and no certificate; the same call writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from compliance import signing
from compliance.errors import ComplianceError
from compliance.models import (
    Disposition,
    DispositionBasis,
    DispositionItem,
    DispositionState,
    LogEntry,
    Meaning,
    Signature,
)
from compliance.proof.disposals import forget_salts
from compliance.proof.guard import lock_log
from compliance.retention import certificate, due, files
from compliance.retention.due import Kept
from compliance.signing import Shown, SignableKind, Step

KIND = "disposition"
#: Records destroyed in one transaction.
BATCH = 500
_HASHES = """
    SELECT compliance_record_sha256(u.c, u.k)
    FROM unnest(%s::text[], %s::bigint[]) WITH ORDINALITY u (c, k, i) ORDER BY u.i
"""
_AUDIT, _STATEMENT = "audit", "statement"


class LogBusy(ComplianceError):
    """The log has to catch up first, or another process has it; later it goes."""


@transaction.atomic
def preview(store_id: int, *, by: User | None, title: str = "", without_review: bool = False) -> Disposition:
    """Freeze the list of all that is due today and not held. Raises ComplianceError where nothing is."""
    day = due.today()
    rows = [each for each in due.falls_due(store_id, on=day) if not each.holds]
    chosen = [each for each in rows if each.without_review == without_review]
    return frozen(store_id, chosen, DispositionBasis.SCHEDULE, day, by, title or f"Due on {day.isoformat()}")


@transaction.atomic
def frozen(
    store_id: int, rows: Sequence[Kept], basis: DispositionBasis, day: date, by: User | None, title: str
) -> Disposition:
    """Freeze a list of records."""
    if not rows:
        raise ComplianceError("Nothing is due that no hold keeps.", field="records")
    made = Disposition.objects.create(
        store_id=store_id, basis=basis, title=title, as_of=day, created_by=by, records=len(rows)
    )
    with connection.cursor() as cursor:
        cursor.execute(_HASHES, [[each.record_class for each in rows], [each.key for each in rows]])
        hashes = [row[0] for row in cursor.fetchall()]
    DispositionItem.objects.bulk_create(
        [
            DispositionItem(
                disposition=made,
                record_class=each.record_class,
                key=each.key,
                due_on=each.due_on,
                sha256=digest,
                chain=list(each.chain),
            )
            for each, digest in zip(rows, hashes, strict=True)
        ],
        batch_size=2_000,
    )
    made.scope_sha256 = _scope(made)
    made.save(update_fields=["scope_sha256"])
    return made


def submit(disposition: Disposition, *, by: User, note: str = "") -> None:
    """Say that the list was looked through; now somebody else can sign."""
    _move(disposition, DispositionState.PREVIEW, DispositionState.REVIEW, note=note, reviewed_by=by)


def cancel(disposition: Disposition) -> None:
    """Give up a list nobody has signed for."""
    with transaction.atomic():
        found = Disposition.objects.select_for_update().get(pk=disposition.pk)
        if found.state not in (DispositionState.PREVIEW, DispositionState.REVIEW):
            raise ComplianceError("Only what is not approved can be given up.", field="state")
        found.state, found.ended = DispositionState.CANCELLED, timezone.now()
        found.save(update_fields=["state", "ended"])


def carry_on(disposition: Disposition, *, batches: int | None = None, size: int = BATCH) -> int:
    """Destroy what is left of an approved list, and write the certificate; return how much is left.

    Raises LogBusy where the proof log must catch up first.
    """
    done = 0
    while True:
        left = _batch(disposition.pk, size)
        done += 1
        if left == 0:
            _finish(disposition.pk)
            files.remove()
            return 0
        if batches is not None and done >= batches:
            return left


@transaction.atomic
def _batch(pk: int, size: int) -> int:
    if Disposition.objects.get(pk=pk).state == DispositionState.DONE:
        return 0
    # Under this lock nothing gets a leaf: what goes has one, or never will.
    if not lock_log():
        raise LogBusy("The proof log is being written; try again in a moment.")
    seqs = _next_statements(pk, size)
    if _logged(_STATEMENT, seqs) != set(seqs):
        raise LogBusy("Some of these statements have no place in the proof log yet.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT left_over, entries FROM compliance_dispose(%s, %s)", [pk, size])
        left, entries = cursor.fetchone()
        cursor.execute("SELECT seq FROM lrs_disposed_statement WHERE seq = ANY (%s)", [seqs])
        gone = [row[0] for row in cursor.fetchall()]
    told = {"why": "Disposed of", "reference": f"disposition {pk}", "by": "disposition"}
    for kind, keys in ((_STATEMENT, gone), (_AUDIT, sorted(_logged(_AUDIT, entries)))):
        if keys:
            forget_salts(kind, keys, **told)
    # A crash before the commit that follows undoes all of the batch.
    return int(left)


def _next_statements(pk: int, size: int) -> list[int]:
    rows = DispositionItem.objects.filter(disposition=pk, record_class=_STATEMENT, result=None)
    return list(rows.order_by("pk").values_list("key", flat=True)[:size])


def _logged(kind: str, keys: Sequence[int]) -> set[int]:
    number = {_STATEMENT: 1, _AUDIT: 3}[kind]
    return set(LogEntry.objects.filter(source=number, key__in=keys).values_list("key", flat=True))


@transaction.atomic
def _finish(pk: int) -> None:
    found = Disposition.objects.select_for_update().get(pk=pk)
    if found.state == DispositionState.DONE:
        return
    certificate.write(found)
    found.state, found.ended = DispositionState.DONE, timezone.now()
    found.save(update_fields=["state", "ended"])


def _move(disposition: Disposition, before: str, after: str, **more: Any) -> None:
    moved = Disposition.objects.filter(pk=disposition.pk, state=before).update(state=after, **more)
    if not moved:
        raise ComplianceError(f"This disposition is not in {before} any more.", field="state")
    disposition.refresh_from_db()


def _scope(disposition: Disposition) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_scope_sha256(%s)", [disposition.pk])
        [found] = cursor.fetchone()
    return str(found)


def approve_without_review(disposition: Disposition) -> None:
    """Approve a list of which every rule says that it needs no review; the database checks that again."""
    _move(disposition, DispositionState.PREVIEW, DispositionState.APPROVED)


def shown(record_key: str) -> Shown:
    """Return what a signer sees: which records, by which rules, and the hash over the whole list."""
    if not (record_key.isascii() and record_key.isdecimal() and len(record_key) < 18):
        raise LookupError(record_key)
    found = Disposition.objects.filter(pk=int(record_key)).exclude(state=DispositionState.PREVIEW).first()
    if found is None:
        raise LookupError(record_key)
    return Shown(
        kind=KIND,
        record_key=record_key,
        version="1",
        title=f"Disposition {found.pk}: {found.title}",
        author_id=found.reviewed_by_id,
        content={
            "basis": found.basis,
            "as_of": found.as_of.isoformat(),
            "records": found.records,
            "scope_sha256": _scope(found),
            "counts": certificate.counts(found),
            "rules": certificate.rules(found),
            "note": found.note,
        },
    )


def _approved(record_key: str, signatures: Sequence[Signature]) -> None:
    found = Disposition.objects.get(pk=int(record_key))
    if found.created_by_id in {each.signer_id for each in signatures}:
        raise signing.NotAllowed("Who made the list does not approve it.", rule="own")
    _move(found, DispositionState.REVIEW, DispositionState.APPROVED)


DISPOSITION = signing.register(
    SignableKind(
        kind=KIND,
        label="disposition",
        shown=shown,
        complete=_approved,
        policy=(Step(meaning=Meaning.DISPOSITION.value, not_own=True),),
        view_permission="compliance.view_disposition",
    )
)
