"""The form for contractors and partners that no HRIS knows (connectors.workforce.by_hand).

In: what was typed, of somebody new or of somebody kept by hand already, in the API or here. Out: what of it
is new. What the form does not show (a second address, a manager) stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from connectors.admin.people import find
from connectors.admin.people.base import store_of, today, user_id
from connectors.errors import ConnectorError, Refused
from connectors.models import (
    JobVersion,
    LocationVersion,
    OrganizationUnitVersion,
    Person,
    PersonKey,
    PersonVersion,
    System,
    WorkerType,
)
from connectors.workforce import by_hand
from connectors.workforce.by_hand import Last, Told
from connectors.workforce.canonical import Assigned, Named, Worker

if TYPE_CHECKING:
    from connectors.admin.people.people import PersonAdmin

#: Units, jobs and locations offered.
OFFERED_MOST = 2_000
#: Field of the form → type of identifier.
_IDENTIFIERS = {"email": "email", "user_name": "user_name", "number": "employee_number"}
_PLACES = ("unit", "job", "location")
#: Member of what is said, as a pointer → field of the form.
_FIELDS = {"/start_date": "start", "/end_date": "end", "/valid_from": "effective", "/name": "family"}


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
        max_length=300,
        help_text="Who answers for them: an employee's number, e-mail address or name.",
    )
    start = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(
        label="Last day",
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
        """Find the one person who is meant; who is not typed anew stays."""
        text = str(self.cleaned_data["sponsor"]).strip()
        if "sponsor" in self.changed_data:
            found = find.typed(self.system.store_id, text, page=2).people
            if len(found) != 1:
                raise forms.ValidationError(
                    "Nobody begins so."
                    if not found
                    else "Several people begin so: give the number or address."
                )
            [self.sponsor_id] = found
        return text

    def said(self, before: Worker | None) -> dict[str, Any]:
        """Return what was typed that was not so before, in the words of connectors.workforce.by_hand."""
        typed, new = self.cleaned_data, set(self.changed_data)
        said: dict[str, Any] = {}
        for field, name in (("worker_type", "worker_type"), ("start", "start_date"), ("end", "end_date")):
            if before is None or field in new:
                said[name] = typed[field]
        if self.sponsor_id is not None:
            said["sponsor"] = self.sponsor_id
        if new & {"given", "family"}:
            given, family = typed["given"], typed["family"]
            said["name"] = {"formatted": f"{given} {family}".strip(), "given": given, "family": family}
        if new & _IDENTIFIERS.keys():
            said["identifiers"] = self._identifiers(before, new)
        assigned = {name: int(typed[name]) if typed[name] else None for name in _PLACES if name in new}
        if "title" in new:
            assigned["title"] = typed["title"]
        if assigned:
            said["assignment"] = assigned
        if typed["effective"] is not None:
            said["valid_from"] = typed["effective"]
        return said

    def _identifiers(self, before: Worker | None, new: set[str]) -> list[dict[str, Any]]:
        """Return all identifiers: those typed anew in the place of those that were shown."""
        known = [] if before is None else [each for each in before.identifiers if each.value]
        replaced = [_shown(known, _IDENTIFIERS[field]) for field in _IDENTIFIERS if field in new]
        found = [
            {name: getattr(each, name) for name in each.__dataclass_fields__}
            for each in known
            if not any(each is gone for gone in replaced)
        ]
        for field, type_ in _IDENTIFIERS.items():
            value = self.cleaned_data[field]
            if field in new and value:
                issuer = self.system.namespace if type_ == "employee_number" else ""
                found.append({"type": type_, "value": value, "issuer": issuer, "primary": type_ == "email"})
        return found


def view(pages: PersonAdmin, request: HttpRequest, person: Person | None) -> HttpResponse:
    """Show the form, or write what was typed."""
    chosen = store_of(request)
    store_id = person.store_id if person is not None else chosen["store"].pk if chosen["store"] else None
    if store_id is None:
        return HttpResponseRedirect(reverse("admin:connectors_person_changelist"))
    last = None if person is None else by_hand.kept_of(person)
    if person is not None and last is None:
        messages.error(request, "This person is told of by a system, not kept by hand.")
        return HttpResponseRedirect(reverse("admin:connectors_person_change", args=[person.pk]))
    system = by_hand.system_of(store_id)
    form = KeptForm(
        request.POST if request.method == "POST" else None,
        system=system,
        initial=_initial(last),
    )
    if request.method == "POST" and form.is_valid():
        kept = _kept(form, Told(store_id, by_id=user_id(request)), person, last)
        if kept is not None:
            if person is None:
                pages.log_addition(request, kept, "Kept by hand.")
            else:
                pages.log_change(request, kept, "Changed by hand.")
            messages.success(request, "Kept.")
            return HttpResponseRedirect(reverse("admin:connectors_person_change", args=[kept.pk]))
    over = last is not None and not isinstance(last.record, Worker)
    title = "Keep a contractor or partner by hand" if person is None else "Change what is kept by hand"
    if over:
        title = "Keep somebody again whose engagement ended"
    # Since when it is so is asked of a change alone: a new engagement is so from its first day.
    context = {**chosen, "form": form, "person": person, "is_new": person is None or over}
    return pages.page(request, "by_hand.html", context, title=title, status=400 if form.errors else 200)


def _kept(form: KeptForm, told: Told, person: Person | None, last: Last | None) -> Person | None:
    """Write what was typed and return the person; None where it cannot be so, which the form says then."""
    try:
        if person is None or last is None:
            kept = by_hand.add(told, form.said(None))
        elif isinstance(last.record, Worker):
            said = form.said(last.record)
            if not said:
                return person
            kept = by_hand.change(told, person.pk, said)
        else:
            kept = by_hand.add(told, form.said(None) | {"key": last.key})
    except Refused as refused:
        name = _FIELDS.get(refused.field, refused.field.rpartition("/")[2])
        form.add_error(name if name in form.fields else None, refused.reason)
        return None
    except ConnectorError as error:
        form.add_error(None, error.reason)
        return None
    return Person.objects.get(pk=kept.person_id)


def _initial(last: Last | None) -> dict[str, Any]:
    """Return what is known of somebody, as the form shows it."""
    if last is None or not isinstance(last.record, Worker):
        # The name of somebody whose engagement ended is not filled in: what was not typed would not be said.
        return {"start": today()}
    record = last.record
    name = record.names[0] if record.names else Named(formatted="")
    engaged = record.relationships[0] if record.relationships else None
    assigned = engaged.assignments[0] if engaged is not None and engaged.assignments else Assigned()
    initial: dict[str, Any] = {
        "given": name.given,
        "family": name.family or ("" if name.given else name.formatted),
        "title": assigned.title,
        **{field: _value(record, type_) for field, type_ in _IDENTIFIERS.items()},
        **{name: _place(last.system, name, getattr(assigned, name)) for name in _PLACES},
    }
    if engaged is not None:
        initial |= {"worker_type": engaged.worker_type, "start": engaged.hire_date, "end": engaged.end_date}
        initial["sponsor"] = _sponsor(last.system, engaged.sponsor)
    return initial


def _shown(known: Any, type_: str) -> Any:
    """Return the identifier of a type the form shows: the primary one, or else the first."""
    of_type = [each for each in known if each.type == type_]
    return next((each for each in of_type if each.primary), of_type[0] if of_type else None)


def _value(record: Worker, type_: str) -> str:
    shown = _shown(record.identifiers, type_)
    return "" if shown is None else str(shown.value)


def _place(system: System, name: str, key: str) -> str:
    found = by_hand.THINGS[name].objects.filter(store=system.store_id, namespace=system.namespace, key=key)
    return str(found.values_list("pk", flat=True).first() or "") if key else ""


def _sponsor(system: System, key: str) -> str:
    """Return a sponsor's name; the number of somebody who has none."""
    person_id = PersonKey.objects.filter(system=system, key=key).values_list("person", flat=True).first()
    if person_id is None:
        return ""
    row = PersonVersion.objects.filter(person=person_id, recorded__upper_inf=True).first()
    return row.formatted_name if row is not None else f"Person {person_id}"


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
        found[name] = [(str(pk), text) for pk, text in rows.values_list(name, label)[:OFFERED_MOST]]
    return found
