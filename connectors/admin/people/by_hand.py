"""The form for contractors and partners that no HRIS knows (connectors.workforce.by_hand)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from connectors.admin.people import find
from connectors.admin.people.base import number_in, store_of, today, user_id
from connectors.errors import Refused
from connectors.models import (
    JobVersion,
    LocationVersion,
    OrganizationUnitVersion,
    Person,
    PersonVersion,
    System,
    WorkerType,
)
from connectors.workforce import by_hand
from connectors.workforce.by_hand import Kept

if TYPE_CHECKING:
    from connectors.admin.people.people import PersonAdmin

#: Units, jobs and locations offered.
OFFERED_MOST = 2_000


class KeptForm(forms.Form):
    """Name, identifiers, terms and standing of somebody kept by hand."""

    given = forms.CharField(label="Given name", max_length=150, required=False)
    family = forms.CharField(label="Family name", max_length=150)
    email = forms.EmailField(label="E-mail address", max_length=300, required=False)
    user_name = forms.CharField(label="User name", max_length=200, required=False)
    number = forms.CharField(label="Number", max_length=100, required=False, help_text="As LMSs know them.")
    worker_type = forms.ChoiceField(
        label="Worker type",
        choices=[each for each in WorkerType.choices if each[0] != WorkerType.EMPLOYEE],
    )
    sponsor = forms.CharField(
        required=False,
        max_length=200,
        help_text="Who answers for them: an employee's number, e-mail address or name.",
    )
    start = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Access to learning counts until then.",
    )
    title = forms.CharField(label="Title", max_length=300, required=False)
    unit = forms.ChoiceField(required=False)
    job = forms.ChoiceField(required=False)
    location = forms.ChoiceField(required=False)
    effective = forms.DateField(
        label="So from",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Since when what you change here is so. What was so before stays known.",
    )

    def __init__(self, *arguments: Any, system: System, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.system = system
        self.sponsor_id: int | None = None
        for name, choices in _offered(system).items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", "–"), *choices]

    def clean_sponsor(self) -> str:
        """Find the one person who is meant."""
        text = str(self.cleaned_data["sponsor"]).strip()
        if text:
            found = find.typed(self.system.store_id, text, page=2).people
            if len(found) != 1:
                raise forms.ValidationError(
                    "Nobody begins so."
                    if not found
                    else "Several people begin so: give the number or address."
                )
            [self.sponsor_id] = found
        return text

    def kept(self) -> Kept:
        """Return what was typed."""
        values = {name: each for name, each in self.cleaned_data.items() if name != "sponsor"}
        return Kept(**values, sponsor_id=self.sponsor_id)


def view(pages: PersonAdmin, request: HttpRequest, person: Person | None) -> HttpResponse:
    """Show the form, or write what was typed."""
    chosen = store_of(request)
    store_id = person.store_id if person is not None else chosen["store"].pk if chosen["store"] else None
    if store_id is None:
        return HttpResponseRedirect(reverse("admin:connectors_person_changelist"))
    known = None if person is None else by_hand.kept_of(person)
    if person is not None and known is None:
        messages.error(request, "This person is told of by a system, not kept by hand.")
        return HttpResponseRedirect(reverse("admin:connectors_person_change", args=[person.pk]))
    system = by_hand.system_of(store_id)
    form = KeptForm(
        request.POST if request.method == "POST" else None,
        system=system,
        initial=_initial(known[1]) if known is not None else {"start": today()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            kept = by_hand.keep(
                store_id, form.kept(), key=None if known is None else known[0], by_id=user_id(request)
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.reason)
        else:
            if person is None:
                pages.log_addition(request, kept, "Kept by hand.")
            else:
                pages.log_change(request, kept, "Changed by hand.")
            messages.success(request, "Kept.")
            return HttpResponseRedirect(reverse("admin:connectors_person_change", args=[kept.pk]))
    title = "Keep a contractor or partner by hand" if person is None else "Change what is kept by hand"
    context = {**chosen, "form": form, "person": person, "is_new": person is None}
    return pages.page(request, "by_hand.html", context, title=title, status=400 if form.errors else 200)


def _initial(kept: Kept) -> dict[str, Any]:
    initial = {name: getattr(kept, name) for name in Kept.__dataclass_fields__ if name != "sponsor_id"}
    if kept.sponsor_id is not None:
        row = PersonVersion.objects.filter(person=kept.sponsor_id, recorded__upper_inf=True).first()
        number = number_in(str(kept.sponsor_id))
        initial["sponsor"] = row.formatted_name if row is not None else str(number)
    return initial


def _offered(system: System) -> dict[str, list[tuple[str, str]]]:
    """Return the units, jobs and locations there are in the system's namespace, by their names."""
    found: dict[str, list[tuple[str, str]]] = {}
    sources: tuple[tuple[str, Any, str], ...] = (
        ("unit", OrganizationUnitVersion, "name"),
        ("job", JobVersion, "title"),
        ("location", LocationVersion, "name"),
    )
    for name, model, label in sources:
        rows = model.objects.filter(
            **{f"{name}__store": system.store_id, f"{name}__namespace": system.namespace},
            recorded__upper_inf=True,
            valid__upper_inf=True,
        ).order_by(label)
        found[name] = list(rows.values_list(f"{name}__key", label)[:OFFERED_MOST])
    return found
