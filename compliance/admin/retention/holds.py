"""Legal holds: those that stand with what each keeps, placing and lifting.

Restricted holds are shown to who placed them and who may see restricted ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.dateparse import parse_date

from compliance.admin.base import LookOnlyPages, store_of, told
from compliance.errors import ComplianceError
from compliance.models import Course, LegalHold
from compliance.retention import due, holds
from connectors.models import OrganizationUnit, Person


@admin.register(LegalHold)
class LegalHoldAdmin(LookOnlyPages):
    """Holds."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_legalhold_changelist"),
            self.route("<int:pk>/lift/", self.lift, "compliance_legalhold_lift"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """The hold report, earlier holds, and the form that places one."""
        self.must_view(request)
        chosen = store_of(request)
        user = cast("User", request.user)
        if request.method == "POST" and chosen["store"] is not None:
            self.must(request, "add")
            told(request, _placing(request, chosen["store"].pk, user), "The hold stands.")
            return HttpResponseRedirect(reverse("admin:compliance_legalhold_changelist"))
        visible = holds.visible_to(user)
        context = {
            **chosen,
            "report": holds.report(chosen["store"].pk, visible) if chosen["store"] is not None else [],
            "lifted": visible.filter(store=chosen["store"]).exclude(lifted=None)[:100],
            "may_add": self.may(request, "add"),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "retention/holds.html", context, title="Legal holds")

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lift one."""
        self.must(request, "change")
        user = cast("User", request.user)
        found = get_object_or_404(holds.visible_to(user), pk=min(pk, (1 << 63) - 1))
        if request.method == "POST":
            why = request.POST.get("why", "").replace("\0", "")
            told(request, lambda: holds.lift(found, by=user, why=why), "The hold is lifted.")
        return HttpResponseRedirect(reverse("admin:compliance_legalhold_changelist"))


def _placing(request: HttpRequest, store_id: int, user: User) -> Callable[[], object]:
    said = {
        name: value.replace("\0", "").strip()
        for name, value in request.POST.items()
        if isinstance(value, str)
    }

    def place() -> object:
        return holds.place(
            store_id,
            by=user,
            matter=said.get("matter", "")[:300],
            custodian=said.get("custodian", "")[:300],
            reason=said.get("reason", ""),
            person=_one(Person.objects.filter(store=store_id), "pk", said, "person"),
            unit=_one(OrganizationUnit.objects.filter(store=store_id), "key", said, "unit"),
            course=_one(Course.objects.filter(store=store_id), "code", said, "course"),
            as_of=_day(said, "as_of") or due.today(),
            period_from=_day(said, "period_from"),
            period_to=_day(said, "period_to"),
            restricted="restricted" in said,
        )

    return place


def _one(rows: Any, field: str, said: dict[str, str], name: str) -> Any:
    wanted = said.get(name, "")
    if not wanted:
        return None
    fits = field != "pk" or (wanted.isascii() and wanted.isdecimal() and len(wanted) < 18)
    found = rows.filter(**{field: wanted}).first() if fits else None
    if found is None:
        raise ComplianceError(f"There is no {name} {wanted}.", field=name)
    return found


def _day(said: dict[str, str], name: str) -> Any:
    try:
        return parse_date(said.get(name, ""))
    except ValueError as error:
        raise ComplianceError("This is no day.", field=name) from error
