"""`retention/…`: rules, what falls due, holds, dispositions with their certificates, requests of people.

In: reading. Out: JSON. Nothing is destroyed through the API: a disposition is signed for in the browser.
Restricted holds are not told of here.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from compliance.api.base import ComplianceListing, ComplianceResource
from compliance.models import (
    DataRequest,
    Disposition,
    LegalHold,
    RecordClass,
    RetentionSchedule,
)
from compliance.retention import due
from connectors.api import parameters
from connectors.api.problems import not_found
from connectors.api.resource import answer, written

READ, WRITE = "compliance/read", "compliance/write"
_TEXT: dict[str, Any] = {"type": "string"}
_DAY: dict[str, Any] = {"type": ["string", "null"], "format": "date"}
_NUMBER: dict[str, Any] = {"type": ["integer", "null"]}
_MOMENT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties}


SCHEDULE = _object(
    id=_NUMBER, code=_TEXT, version=_NUMBER, title=_TEXT, record_class=_TEXT, course=_NUMBER, starts=_TEXT,
    event_name=_TEXT, period=_NUMBER, unit=_TEXT, behaviour=_TEXT, legal_basis=_TEXT, citation=_TEXT,
    jurisdiction=_TEXT, verified={"type": "boolean"}, effective_from=_DAY, retired_on=_DAY,
)  # fmt: skip
KEPT = _object(
    record_class=_TEXT, key=_TEXT, people={"type": "array", "items": {"type": "integer"}}, dated=_DAY,
    due_on=_DAY, held={"type": "boolean"},
    chain={"type": "array", "items": {"type": "object", "additionalProperties": True}},
)  # fmt: skip
HOLD = _object(
    id=_NUMBER, matter=_TEXT, custodian=_TEXT, person=_NUMBER, unit=_NUMBER, course=_NUMBER, period_from=_DAY,
    period_to=_DAY, as_of=_DAY, placed=_MOMENT, lifted=_MOMENT,
)  # fmt: skip
DISPOSITION = _object(
    id=_NUMBER, title=_TEXT, basis=_TEXT, state=_TEXT, as_of=_DAY, records=_NUMBER, scope_sha256=_TEXT,
    created=_MOMENT, ended=_MOMENT,
)  # fmt: skip
CERTIFICATE = {"type": "object", "additionalProperties": True}
REQUEST = _object(
    id=_NUMBER, person=_NUMBER, kind=_TEXT, received_on=_DAY, due_on=_DAY, reference=_TEXT, answer=_TEXT,
    answered=_MOMENT, lifted=_MOMENT, disposition=_NUMBER,
)  # fmt: skip


class _Newest(ComplianceListing):
    """A list of rows, newest first."""

    def rows(self, found: Any, line: Any) -> HttpResponse:
        """Return a page of `found`."""
        if self.after:
            found = found.filter(pk__lt=self.after_id)
        page = list(found.order_by("-pk")[: self.limit + 1])
        lines = [line(each) for each in page[: self.limit]]
        return self.page(lines, [lines[-1]["id"]] if len(page) > self.limit else None)


class Schedules(_Newest):
    """The rules of a store, in every version."""

    name = "retention-schedules"
    permission = "compliance.view_retentionschedule"
    answers = {"GET": SCHEDULE}
    parameters = {"GET": ()}

    def get(self, _request: Request) -> HttpResponse:
        """List rules, newest first."""
        return self.rows(RetentionSchedule.objects.filter(store=self.caller.store_id), _schedule)


class Due(ComplianceResource):
    """What falls due, and why."""

    permission = "compliance.view_disposition"
    answers = {"GET": _object(on=_DAY, records={"type": "array", "items": KEPT}, total=_NUMBER)}
    parameters = {
        "GET": (
            parameters.day("on", "The day; today where it is left out."),
            parameters.choice("record_class", "Only records of this class.", RecordClass.values),
            parameters.amount("limit", "Records told of at most.", most=1000, default=100),
        )
    }

    def get(self, _request: Request) -> HttpResponse:
        """Tell what may go on a day, longest due first."""
        day = self.values.get("on") or due.today()
        wanted = self.values.get("record_class")
        found = [
            each
            for each in due.falls_due(self.caller.store_id, on=day)
            if wanted in (None, each.record_class)
        ]
        most = self.values.get("limit", 100)
        lines = [_kept(each) for each in found[:most]]
        return answer({"on": day.isoformat(), "records": lines, "total": len(found)})


class Holds(_Newest):
    """The holds of a store that are not restricted."""

    name = "retention-holds"
    permission = "compliance.view_legalhold"
    answers = {"GET": HOLD}
    parameters = {"GET": ()}

    def get(self, _request: Request) -> HttpResponse:
        """List holds, newest first."""
        return self.rows(LegalHold.objects.filter(store=self.caller.store_id, restricted=False), _hold)


class Dispositions(_Newest):
    """Dispositions, from preview to certificate."""

    name = "retention-dispositions"
    permission = "compliance.view_disposition"
    answers = {"GET": DISPOSITION}
    parameters = {"GET": ()}

    def get(self, _request: Request) -> HttpResponse:
        """List dispositions, newest first."""
        return self.rows(Disposition.objects.filter(store=self.caller.store_id), _disposition)


class Certificate(ComplianceResource):
    """The certificate of a disposition."""

    permission = "compliance.view_disposition"
    answers = {"GET": CERTIFICATE}

    def get(self, _request: Request, disposition_id: int) -> HttpResponse:
        """Return the certificate, with its SHA-256."""
        rows = Disposition.objects.filter(store=self.caller.store_id, certificate__isnull=False)
        found = rows.select_related("certificate").filter(pk=disposition_id).first()
        if found is None:
            raise not_found("certificate")
        return answer({**found.certificate.content, "sha256": found.certificate.sha256})


class Requests(_Newest):
    """What people asked of their data."""

    name = "data-requests"
    permission = "compliance.view_datarequest"
    answers = {"GET": REQUEST}
    parameters = {"GET": ()}

    def get(self, _request: Request) -> HttpResponse:
        """List requests, newest first."""
        return self.rows(DataRequest.objects.filter(store=self.caller.store_id), _request_line)


def _schedule(each: RetentionSchedule) -> dict[str, Any]:
    return {
        "id": each.pk, "code": each.code, "version": each.version, "title": each.title,
        "record_class": each.record_class, "course": each.course_id, "starts": each.starts,
        "event_name": each.event_name, "period": each.period, "unit": each.unit, "behaviour": each.behaviour,
        "legal_basis": each.legal_basis, "citation": each.citation, "jurisdiction": each.jurisdiction,
        "verified": each.verified, "effective_from": each.effective_from, "retired_on": each.retired_on,
    }  # fmt: skip


def _kept(each: due.Kept) -> dict[str, Any]:
    return {
        "record_class": each.record_class, "key": str(each.key), "people": list(each.people),
        "dated": each.dated, "due_on": each.due_on, "held": bool(each.holds), "chain": list(each.chain),
    }  # fmt: skip


def _hold(each: LegalHold) -> dict[str, Any]:
    return {
        "id": each.pk, "matter": each.matter, "custodian": each.custodian, "person": each.person_id,
        "unit": each.unit_id, "course": each.course_id, "period_from": each.period_from,
        "period_to": each.period_to, "as_of": each.as_of, "placed": written(each.placed),
        "lifted": written(each.lifted),
    }  # fmt: skip


def _disposition(each: Disposition) -> dict[str, Any]:
    return {
        "id": each.pk, "title": each.title, "basis": each.basis, "state": each.state, "as_of": each.as_of,
        "records": each.records, "scope_sha256": each.scope_sha256, "created": written(each.created),
        "ended": written(each.ended),
    }  # fmt: skip


def _request_line(each: DataRequest) -> dict[str, Any]:
    return {
        "id": each.pk, "person": each.person_id, "kind": each.kind, "received_on": each.received_on,
        "due_on": each.due_on, "reference": each.reference, "answer": each.answer,
        "answered": written(each.answered), "lifted": written(each.lifted),
        "disposition": each.disposition_id,
    }  # fmt: skip
