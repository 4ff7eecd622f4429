"""A reason for each change of what is regulated, asked for by the form itself.

    class CourseAdmin(AsksForReason, HubAdmin): ...

In: a ModelAdmin it is mixed into. Out: a field `change_reason` on its forms, required where a row that is
there is changed; the middleware hands it to the database, and the audit trail keeps it with every row of the
change (lrs.acting).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest

from lrs import acting

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

FIELD = "change_reason"


class AsksForReason(_Admin):
    """Mixed into a ModelAdmin, before it."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **more: Any) -> Any:
        """Return the form with the question."""
        asked = more["fields"] if "fields" in more else flatten_fieldsets(self.get_fieldsets(request, obj))
        if asked is not None:
            more["fields"] = [each for each in asked if each != FIELD]
        form = super().get_form(request, obj, change=change, **more)
        field = forms.CharField(
            label="Reason for the change",
            required=obj is not None,
            max_length=2_000,
            widget=forms.TextInput(attrs={"class": "vTextField"}),
            help_text="Kept in the audit trail with what was before and after.",
        )
        made: Any = type(form)
        return made(form.__name__, (form,), {FIELD: field})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fieldsets with the question last."""
        found: list[tuple[Any, dict[str, Any]]] = [
            (name, dict(options)) for name, options in super().get_fieldsets(request, obj)
        ]
        if any(FIELD in options["fields"] for _, options in found) or not self._changes(request, obj):
            return found
        return [*found, ("Reason", {"fields": (FIELD,)})]

    def _changes(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Name the page where nothing asks."""
        acting.amend(reason=request.POST.get(FIELD, "").strip() or "Removed on the page of this record.")
        super().delete_model(request, obj)
