"""The page that links actors by a file: one upload tries it, a second step applies what was tried.

In: a CSV file. Out: a report, refused lines to save. What was tried is kept in the form itself,
compressed and signed, so that what is applied is what was looked at; the hub keeps no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from connectors.admin.people.base import store_of, user_id
from connectors.errors import ConnectorError
from connectors.identity import bulk

if TYPE_CHECKING:
    from connectors.admin.people.review import ReviewAdmin

#: Larger files are for the command (manage.py link_actors).
BYTES_MOST = 2 * 1024 * 1024
LINES_MOST = 5_000
_SALT = "connectors.bulk-link"
#: For so long what was tried may be applied.
_SECONDS = 3600


def view(pages: ReviewAdmin, request: HttpRequest) -> HttpResponse:
    """Show the form, try a file, apply one, or give back refused lines."""
    chosen = store_of(request)
    store = chosen["store"]
    context = {**chosen, "columns": bulk.COLUMNS, "lines_most": LINES_MOST}
    if request.method != "POST" or store is None:
        return pages.page(request, "bulk.html", context, title="Link by file")
    try:
        lines, tried = _lines(request, store.pk)
        dry = not request.POST.get("apply")
        report = bulk.apply(store.pk, lines, by_id=user_id(request), dry=dry)
    except ConnectorError as error:
        fault = f"{error.reason} {error.suggestion}".strip()
        return pages.page(request, "bulk.html", {**context, "fault": fault}, title="Link by file", status=400)
    if request.POST.get("refusals"):
        response = HttpResponse(bulk.refusals_csv(report), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="refused-lines.csv"'
        return response
    if not dry:
        said = f"{report.linked} linked by file, {report.refused} refused."
        messages.success(request, said)
        return HttpResponseRedirect(reverse("admin:connectors_identityreview_file"))
    context |= {"report": report, "tried": tried, "shown": report.refusals[:200]}
    return pages.page(request, "bulk.html", context, title="Link by file")


def _lines(request: HttpRequest, store_id: int) -> tuple[list[bulk.Line], str]:
    """Return the lines that are sent or were tried before, and the same as the form sends them back."""
    upload = request.FILES.get("file")
    if upload is not None:
        if (upload.size or 0) > BYTES_MOST:
            raise ConnectorError("The file is too large for this page.", suggestion=f"Use {_COMMAND}.")
        lines = bulk.read(upload.read())
        if len(lines) > LINES_MOST:
            raise ConnectorError(f"More than {LINES_MOST} lines.", suggestion=f"Use {_COMMAND}.")
        plain = [[each.number, each.values] for each in lines]
        return lines, signing.dumps([store_id, plain], salt=_SALT, compress=True)
    tried = request.POST.get("tried", "")
    if not tried:
        raise ConnectorError("No file was chosen.")
    try:
        of_store, plain = signing.loads(tried, salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature as error:
        raise ConnectorError("What was tried is too old.", suggestion="Choose the file again.") from error
    if of_store != store_id:
        raise ConnectorError("The file was tried for another store.", suggestion="Choose the file again.")
    return [bulk.Line(number, values) for number, values in plain], tried


_COMMAND = "manage.py link_actors FILE --store NAME"
