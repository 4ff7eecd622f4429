"""Pages on which reports are offered for release, and where those that were released are found.

In: requests of somebody signed in who may pull reports. Out: lists, a report that waits for a signature or no
more, and the package of a released one. Signing itself is at /audit/sign/report-release/.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from compliance.access.disclosure import disclosed
from compliance.errors import ComplianceError
from compliance.reports import release
from compliance.reports.pages.views import LINES, auditors, run_of, still_open


@auditors
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show what waits for its release and what was released, in the stores one sees whole."""
    found = release.readable(request.user).select_related("user", "store")
    context = {
        "waiting_for": found.filter(released=None)[:LINES],
        "released": found.exclude(released=None)[:LINES],
    }
    return render(request, "compliance/reports/released_page.html", context)


@auditors
@require_POST
def offer(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask for the release of a report one had made, or ask no more."""
    found = run_of(request, run_id)
    if found.user_id != request.user.pk:
        raise PermissionDenied("Whoever had a report made offers it for release.")
    try:
        if "take back" in request.POST:
            release.take_back(found)
            messages.success(request, "It does not wait for its release any more.")
        else:
            release.offer(found)
            messages.success(request, "It waits for somebody else to release it.")
    except ComplianceError as error:
        messages.error(request, error.reason)
    return HttpResponseRedirect(reverse("audit:run", args=[found.pk]))


@auditors
@require_GET
def package(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Give a released report with its signatures."""
    found = run_of(request, run_id)
    try:
        still_open(request, found)
        made = release.package(found)
    except ComplianceError as error:
        raise Http404(error.reason) from None
    disclosed(request, f"report:{found.report}:release", asked=found.filters, store_id=found.store_id)
    return FileResponse(
        made, as_attachment=True, filename=f"release-{found.pk}.zip", content_type="application/zip"
    )
