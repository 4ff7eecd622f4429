"""What people ask of their data: the log with its due dates, answers, and the copy to hand over."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from compliance.access.disclosure import disclosed
from compliance.admin.base import LookOnlyPages, store_of, told
from compliance.errors import ComplianceError
from compliance.models import DataRequest, RequestKind
from compliance.retention import copy, due, requests
from connectors.admin.people import words
from connectors.models import Person
from lrs.admin.keyset import listing


@admin.register(DataRequest)
class DataRequestAdmin(LookOnlyPages):
    """Requests."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_datarequest_changelist"),
            self.route("<int:pk>/answer/", self.answer, "compliance_datarequest_answer"),
            self.route("<int:pk>/copy.zip", self.copy, "compliance_datarequest_copy"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """Every request, and the form that records one."""
        self.must_view(request)
        chosen = store_of(request)
        if request.method == "POST" and chosen["store"] is not None:
            self.must(request, "add")
            told(request, _receiving(request, chosen["store"].pk), "The request is recorded.")
            return HttpResponseRedirect(reverse("admin:compliance_datarequest_changelist"))
        found = listing(request, DataRequest.objects.filter(store=chosen["store"]))
        names = words.names({each.person_id for each in found.rows})
        context = {
            **chosen,
            "listing": found,
            "rows": [{"row": each, "name": names.get(each.person_id, "")} for each in found.rows],
            "kinds": RequestKind.choices,
            "today": due.today(),
            "may_add": self.may(request, "add"),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "retention/requests.html", context, title="Data requests")

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer one as it asks, or end a restriction."""
        self.must(request, "change")
        found = get_object_or_404(DataRequest, pk=min(pk, (1 << 63) - 1))
        user = cast("User", request.user)
        if request.method == "POST":
            done: dict[str, Callable[[], object]] = {
                RequestKind.ERASURE: lambda: requests.erase(found, by=user),
                RequestKind.RESTRICTION: lambda: (
                    requests.lift(found) if found.answered else requests.restrict(found)
                ),
                RequestKind.ACCESS: lambda: requests.answered_with_copy(found),
            }
            told(request, done[found.kind], "The request is answered.")
        return HttpResponseRedirect(reverse("admin:compliance_datarequest_changelist"))

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The copy of somebody's data; leaves an entry in the disclosure log."""
        self.must(request, "change")
        found = get_object_or_404(DataRequest, pk=min(pk, (1 << 63) - 1), kind=RequestKind.ACCESS)
        disclosed(
            request, "data-copy", [found.person_id], purpose=f"data request {pk}", store_id=found.store_id
        )
        name = f"data-request-{pk}.zip"
        return HttpResponse(
            copy.archive(found.person),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _receiving(request: HttpRequest, store_id: int) -> Callable[[], object]:
    def receive() -> object:
        key = request.POST.get("person", "").strip()
        fits = key.isascii() and key.isdecimal() and len(key) < 18
        person = Person.objects.filter(store=store_id, pk=int(key)).first() if fits else None
        if person is None:
            raise ComplianceError(f"There is no person {key[:20]}.", field="person")
        return requests.receive(
            person,
            request.POST.get("kind", ""),
            on=due.today(),
            by=cast("User", request.user),
            reference=request.POST.get("reference", "").replace("\0", "")[:200],
        )

    return receive
