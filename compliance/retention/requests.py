"""What people ask of their own data: a copy, restriction, erasure. Each is answered within a month.

In: a request and who recorded it. Out: a DataRequest with its answer. Erasure destroys what neither a legal
duty nor a hold keeps, as a disposition that somebody else signs; for the rest the answer cites the duty and
its end, and the person's data is restricted. GDPR 12(3), 15, 17(3)(b) and (e), 18.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from compliance.errors import ComplianceError
from compliance.models import DataRequest, DispositionBasis, RequestKind
from compliance.retention import disposition, due
from compliance.retention.due import Kept
from connectors.models import Person

GRANTED, PARTIAL, REFUSED = "granted", "partial", "refused"


def receive(person: Person, kind: str, *, on: date, by: User | None, reference: str = "") -> DataRequest:
    """Record a request; it is due a month after it came in (GDPR 12(3))."""
    if kind not in RequestKind.values:
        raise ComplianceError(f"{kind!r} is nothing that can be asked for.", field="kind")
    root = person.merged_into or person
    return DataRequest.objects.create(
        store_id=root.store_id, person=root, kind=kind, received_on=on, due_on=a_month_after(on),
        recorded_by=by, reference=reference,
    )  # fmt: skip


def a_month_after(day: date) -> date:
    """Return the same day of the next month, or its last day."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def overdue(store_id: int, *, on: date) -> Sequence[DataRequest]:
    """Return the requests nobody answered in time, oldest first."""
    late = DataRequest.objects.filter(store=store_id, answered=None, due_on__lt=on)
    return list(late.order_by("due_on", "pk"))


def restrict(request: DataRequest) -> None:
    """Restrict the person's data from now on: lists and reports leave it out unless somebody says why
    (compliance.access.restricted)."""
    _answer(request, RequestKind.RESTRICTION, GRANTED, {})


def lift(request: DataRequest) -> None:
    """End a restriction."""
    if not DataRequest.objects.filter(pk=request.pk, lifted=None, answer=GRANTED).update(
        lifted=timezone.now()
    ):
        raise ComplianceError("This is no standing restriction.", field="lifted")


@transaction.atomic
def erase(request: DataRequest, *, by: User | None) -> DataRequest:
    """Answer a request for erasure: make the disposition of what may go, cite the duty for the rest.

    Nothing is destroyed before somebody else has signed for the disposition.
    """
    day = due.today()
    rows = due.kept(request.store_id, on=day, person_id=request.person_id)
    free = [each for each in rows if each.is_erasable(day)]
    duties = [_duty(each) for each in rows if not each.is_erasable(day)]
    answer = GRANTED if not duties else PARTIAL if free else REFUSED
    if free:
        made = disposition.frozen(
            request.store_id, free, DispositionBasis.ERASURE, day, by, f"Data request {request.pk}"
        )
        DataRequest.objects.filter(pk=request.pk).update(disposition=made)
    _answer(request, RequestKind.ERASURE, answer, {"erased": len(free), "kept": duties})
    if duties:
        restrict(receive(request.person, RequestKind.RESTRICTION, on=day, by=by, reference=request.reference))
    return request


def _duty(kept: Kept) -> dict[str, Any]:
    """Return why a record is not erased, and until when; of a hold nothing but that there is one."""
    return {
        "record_class": kept.record_class,
        "key": kept.key,
        "until": kept.duty_until.isoformat() if kept.duty_until and not kept.duty_open else None,
        "citations": sorted({each["citation"] for each in kept.chain if each["duty"]}),
        "legal_claims": bool(kept.holds),
    }


def _answer(request: DataRequest, kind: str, answer: str, detail: dict[str, Any]) -> None:
    told = DataRequest.objects.filter(pk=request.pk, kind=kind, answered=None).update(
        answer=answer, answer_detail=detail, answered=timezone.now()
    )
    if not told:
        raise ComplianceError("This request is answered already, or asks for something else.", field="answer")
    request.refresh_from_db()


def answered_with_copy(request: DataRequest) -> None:
    """Record that the person was given the copy (compliance.retention.copy)."""
    _answer(request, RequestKind.ACCESS, GRANTED, {})
