"""The queue of reviews: the trail is looked through, period after period, by a named person with a note.

In: the clock, and a reviewer's word. Out: rows of `compliance_audit_review`, the next beginning where the one
before ends, so that no entry is left out. A review is done once and then kept by the database. EU GMP
Annex 11, section 9; NIST SP 800-53 AU-6. Reports never change entries (AU-7): a review reads them and writes
its own row.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import connection, transaction
from django.utils import timezone

from compliance import conf
from compliance.models import AuditEntry, AuditReview

#: Days a reviewer has.
DAYS_TO_REVIEW = 14
_LOCK = 7_310_034
#: Characters of a note.
_LONGEST = 4_000


class NotReviewed(Exception):
    """A review could not be recorded; the message says why."""


def open_due() -> AuditReview | None:
    """Open the next review where a period has passed since the last; return it, None where none is due."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditReview.objects.order_by("-to_seq").first()
        now = timezone.now()
        period = timedelta(days=settings.COMPLIANCE_AUDIT_REVIEW_DAYS)
        start = 0 if last is None else last.to_seq
        rows = AuditEntry.objects.filter(seq__gt=start)
        first = rows.order_by("seq").first()
        began = last.opened if last is not None else None if first is None else first.at
        if first is None or began is None or began + period > now:
            return None
        # What is still being written is of the next period, or of this one by its number: never of neither.
        cursor.execute(
            "SELECT max(seq) FROM compliance_audit_entry"
            " WHERE seq > %s AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
            [start],
        )
        (end,) = cursor.fetchone() or (None,)
        if end is None:
            return None
        return AuditReview.objects.create(
            from_seq=start,
            to_seq=end,
            entries=rows.filter(seq__lte=end).count(),
            due=(now + timedelta(days=DAYS_TO_REVIEW)).date(),
        )


def prepare(review: AuditReview, *, note: str, follow_up: bool) -> None:
    """Write down what is signed next: what was looked at, and found. Raises NotReviewed."""
    note = note.strip()
    if not note:
        raise NotReviewed("Say what was looked at and what was found.")
    open_still = AuditReview.objects.filter(pk=review.pk, reviewed=None)
    if not open_still.update(note=note[:_LONGEST], follow_up=follow_up):
        raise NotReviewed("Somebody reviewed it before.")


def complete(
    review: AuditReview, *, by: AbstractUser, note: str, follow_up: bool, signed: bool = False
) -> AuditReview:
    """Record that a person has looked through the entries; raise NotReviewed where that cannot be.

    Nobody reviews a period in which every human change is their own. Where approvals are signed
    (COMPLIANCE_APPROVALS_SIGNED), only a signature completes one (compliance.trail.signable).
    """
    note = note.strip()
    if not note:
        raise NotReviewed("Say what was looked at and what was found.")
    if conf.approvals_signed() and not signed:
        raise NotReviewed("A review is completed by an electronic signature.")
    people = AuditEntry.objects.filter(
        seq__gt=review.from_seq, seq__lte=review.to_seq, actor_kind="person"
    ).values_list("actor_id", flat=True)
    if set(people.distinct()[:2]) == {str(by.pk)}:
        raise NotReviewed("Every change by a person in this period is your own: somebody else reviews it.")
    changed = AuditReview.objects.filter(pk=review.pk, reviewed=None).update(
        reviewed=timezone.now(),
        reviewed_by=by,
        reviewer_name=by.get_full_name() or by.get_username(),
        note=note[:_LONGEST],
        follow_up=follow_up,
    )
    if not changed:
        raise NotReviewed("Somebody reviewed it before.")
    return AuditReview.objects.get(pk=review.pk)
