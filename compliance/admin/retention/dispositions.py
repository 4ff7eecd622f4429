"""Disposition: what falls due and why, and lists of it from preview to certificate.

Looking needs the permission to view dispositions, making and reviewing a list that to add and change them.
Approval is a signature (/audit/sign/disposition/…), with a permission of its own.
"""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.dateparse import parse_date

from compliance.admin.base import LookOnlyPages, store_of, told
from compliance.models import Disposition
from compliance.retention import certificate, disposition, due
from connectors.admin.people import words
from lrs.admin.keyset import listing

#: Records shown of what falls due, and of a list.
_SHOWN_MOST = 200


@admin.register(Disposition)
class DispositionAdmin(LookOnlyPages):
    """What falls due, and what went."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_disposition_changelist"),
            self.route("<int:pk>/", self.one, "compliance_disposition_change"),
            self.route("<int:pk>/certificate.txt", self.certificate, "compliance_disposition_certificate"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """What may go on a day, and every list there was."""
        self.must_view(request)
        chosen = store_of(request)
        if request.method == "POST" and chosen["store"] is not None:
            self.must(request, "add")
            store_id, user = chosen["store"].pk, cast("User", request.user)
            told(request, lambda: disposition.preview(store_id, by=user), "The list is frozen.")
            return HttpResponseRedirect(reverse("admin:compliance_disposition_changelist"))
        day = _day(request.GET.get("on", "")) or due.today()
        rows = due.falls_due(chosen["store"].pk, on=day) if chosen["store"] is not None else []
        names = words.names({person for each in rows[:_SHOWN_MOST] for person in each.people})
        context = {
            **chosen,
            "on": day,
            "total": len(rows),
            "held": sum(bool(each.holds) for each in rows),
            "rows": [
                {"row": each, "people": [names.get(person, "") for person in each.people]}
                for each in rows[:_SHOWN_MOST]
            ],
            "listing": listing(request, Disposition.objects.filter(store=chosen["store"])),
            "may_add": self.may(request, "add"),
        }
        return self.page(request, "retention/dispositions.html", context, title="Disposition")

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One list, with what became of each record."""
        self.must_view(request)
        found = get_object_or_404(Disposition, pk=min(pk, (1 << 63) - 1))
        if request.method == "POST":
            self.must(request, "change")
            self._act(request, found)
            return HttpResponseRedirect(reverse("admin:compliance_disposition_change", args=[pk]))
        made = getattr(found, "certificate", None)
        context: dict[str, Any] = {
            "disposition": found,
            "items": found.items.select_related("result").order_by("pk")[:_SHOWN_MOST],
            "counts": certificate.counts(found),
            "rules": certificate.rules(found),
            "certificate": None if made is None else certificate.as_text(made),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "retention/disposition.html", context, title=str(found).capitalize())

    def certificate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The certificate as text."""
        self.must_view(request)
        found = Disposition.objects.filter(pk=min(pk, (1 << 63) - 1), certificate__isnull=False).first()
        if found is None:
            raise Http404
        text = certificate.as_text(found.certificate)
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def _act(self, request: HttpRequest, found: Disposition) -> None:
        user = cast("User", request.user)
        note = request.POST.get("note", "").replace("\0", "")[:4_000]
        if request.POST.get("do") == "submit":
            told(
                request,
                lambda: disposition.submit(found, by=user, note=note),
                "It waits for somebody else's signature.",
            )
        elif request.POST.get("do") == "cancel":
            told(request, lambda: disposition.cancel(found), "The list was given up.")
        elif request.POST.get("do") == "carry on" and found.state == "approved":
            told(request, lambda: disposition.carry_on(found, batches=4), "What was approved goes.")


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
