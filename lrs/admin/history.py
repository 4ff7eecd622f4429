"""The page "History" of a record: what the audit trail has of it, for whoever may look at that.

In: a ModelAdmin it is mixed into. Out: the trail's page of the record; Django's list of forms that were sent,
for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Of whatever application keeps the trail.
PAGE, PERMISSION = "admin:compliance_auditentry_row", "compliance.view_auditentry"


class HistoryFromTrail(_Admin):
    """Mixed into a ModelAdmin, before it."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the trail's page."""
        if request.user.has_perm(PERMISSION):
            try:
                return HttpResponseRedirect(reverse(PAGE, args=[self.opts.db_table, object_id]))
            except NoReverseMatch:
                pass  # no application here keeps a trail
        return super().history_view(request, object_id, extra_context)
