"""What the pages of this area share: their templates, and that nothing is changed but by its own buttons.

In: requests of members of staff. Out: pages in the frame of the administration.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from lrs.admin.base import LookOnly


class WatchPages(LookOnly):
    """Pages with templates of their own."""

    templates = "connectors/admin/watch"


def posted_only(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of anything but a button that was pressed; None where one was."""
    return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])
