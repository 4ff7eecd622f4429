"""Files of training records: which came, what became of their lines, and the signature they wait for.

Looking needs the permission to view training records, signing the one the policy demands.
"""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern

from compliance.admin.base import LookOnlyPages, store_of
from compliance.admin.sight import must_see
from compliance.models import FileState, TrainingFile, TrainingState
from compliance.signing import as_html, signatures_of
from compliance.training.signable_file import KIND, records_of
from connectors.admin.people import words
from lrs.admin.keyset import listing

_RECORDS = "compliance.view_trainingrecord"


@admin.register(TrainingFile)
class FileAdmin(LookOnlyPages):
    """Files of training records."""

    def has_view_permission(self, request: HttpRequest, obj: TrainingFile | None = None) -> bool:
        """Who may look at the records may look at the files they came in."""
        return request.user.has_perm(_RECORDS)

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_trainingfile_changelist"),
            self.route("<int:pk>/", self.one, "compliance_trainingfile_change"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """Files, newest first."""
        self.must_view(request)
        chosen = store_of(request)
        rows = TrainingFile.objects.filter(store=chosen["store"]).select_related("created_by")
        context = {**chosen, "listing": listing(request, rows)}
        return self.page(request, "completions/files.html", context, title="Training files")

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One file: its records, the lines that were refused, and who signed."""
        self.must_view(request)
        rows = TrainingFile.objects.select_related("created_by", "store")
        file = get_object_or_404(rows, pk=min(pk, (1 << 63) - 1))
        must_see(file.records.values_list("person_id", flat=True))
        found = listing(request, file.records.select_related("course"))
        names = words.names({each.person_id for each in found.rows})
        context = {
            "file": file,
            "listing": found,
            "rows": [{"row": each, "name": names[each.person_id]} for each in found.rows],
            "waiting": file.records.filter(state=TrainingState.SIGNED).count(),
            "to_sign": records_of(file).count() if file.state == FileState.KEPT else 0,
            "kind": KIND,
            "signatures": as_html(signatures_of(KIND, str(file.pk))),
        }
        return self.page(request, "completions/training_file.html", context, title="Training file")
