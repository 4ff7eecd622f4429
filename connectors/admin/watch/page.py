"""What the pages of this area share: their templates, and that nothing is changed but by its own buttons.

In: requests of members of staff. Out: pages in the frame of the administration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from lrs.admin.base import LookOnly


class WatchPages(LookOnly):
    """Pages with templates of their own."""

    def page(
        self,
        request: HttpRequest,
        template: str,
        context: Mapping[str, Any],
        *,
        title: str,
        status: int = 200,
    ) -> HttpResponse:
        """Return a page in the frame of the admin site."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"connectors/admin/watch/{template}",
            {**self.admin_site.each_context(request), "title": title, **context},
            status=status,
        )

    def may(self, request: HttpRequest, what: str) -> bool:
        """Whether the user was given a permission on these: add, change or view."""
        return request.user.has_perm(f"{self.opts.app_label}.{what}_{self.opts.model_name}")


def posted_only(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of anything but a button that was pressed; None where one was."""
    return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])
