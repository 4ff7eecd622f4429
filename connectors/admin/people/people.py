"""People: the list, and the page of one, as of a day and as known on another.

Looking needs the permission to view people; keeping some by hand the one to add or change them; merging
the one to change them.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone

from connectors.admin.people import by_hand, find, person_page, timeline_chart, words
from connectors.admin.people.base import PeopleAdmin, day_in, noon, number_in, store_of, today, user_id
from connectors.errors import ConnectorError
from connectors.identity import merge
from connectors.models import OrganizationUnitVersion, Person
from connectors.workforce.by_hand import kept_of
from lrs.admin.base import SearchTooLong, bounded

_ONE = "admin:connectors_person_change"


@admin.register(Person)
class PersonAdmin(PeopleAdmin):
    """Who works, or worked, here."""

    changes_with = "connectors.change_person"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "connectors_person_changelist"),
            self.route("add/", self.add, "connectors_person_add"),
            self.route("<int:pk>/", self.one, "connectors_person_change"),
            self.route("<int:pk>/as-of", self.as_of, "connectors_person_as_of"),
            self.route("<int:pk>/by-hand/", self.by_hand, "connectors_person_by_hand"),
            self.route("<int:pk>/merge/", self.merge, "connectors_person_merge"),
            self.route("<int:pk>/merge/<int:merge_id>/undo/", self.undo, "connectors_person_undo"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """People by name, number, address or unit."""
        self.must_view(request)
        chosen = store_of(request)
        if chosen["store"] is None:
            return self.page(request, "empty.html", {}, title="People")
        text = request.GET.get("q", "").strip().replace("\0", "")
        day = day_in(request.GET.get("at", "")) or today()
        unit = number_in(request.GET.get("unit", ""))
        after = request.GET.get("after", "").replace("\0", "")
        fault = ""
        found = find.Found((), "")
        try:
            with bounded():
                if unit is not None:
                    below = request.GET.get("below") == "1"
                    found = find.in_unit(chosen["store"].pk, unit, noon(day), below=below, after=after)
                elif text:
                    found = find.typed(chosen["store"].pk, text, after)
                else:
                    found = find.everybody(chosen["store"].pk, after)
        except SearchTooLong as error:
            fault = error.sentence
        context = {
            **chosen,
            "q": text,
            "day": day,
            "unit": unit,
            "unit_name": _unit_name(unit, day) if unit is not None else "",
            "rows": words.lines(found.people, noon(day)) if found.people else [],
            "next": _onward(request, found.after) if found.after else "",
            "first": _onward(request, "") if after else "",
            "short": bool(text) and len(text) < find.LEAST,
            "fault": fault,
            "may_add": self.has_add_permission(request),
        }
        return self.page(request, "people.html", context, title="People")

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One person."""
        self.must_view(request)
        person = _person(pk)
        if person.merged_into_id is not None and not request.GET.get("alone"):
            messages.info(request, "This person is merged into the one shown here.")
            return HttpResponseRedirect(reverse(_ONE, args=[person.merged_into_id]))
        day = day_in(request.GET.get("at", "")) or today()
        known = day_in(request.GET.get("known", ""))
        lanes = person_page.lanes(person)
        span = timeline_chart.span_of(lanes, today())
        may_read = request.user.has_perm("lrs.view_statement")
        learned, onward = (
            person_page.learning(request, person, request.GET.get("before", "")) if may_read else ([], "")
        )
        header = person_page.header(person, day, known)
        text = request.GET.get("q", "").strip().replace("\0", "")
        others = find.typed(person.store_id, text, page=12).people if text else []
        context = {
            "person": person,
            "header": header,
            "fields": [(key, label, header["fields"][key]) for key, label in words.FIELDS],
            "day": day,
            "known": known,
            "span": span,
            "place": min(max((day - span.first).days, 0), span.days),
            "chart": timeline_chart.draw(lanes, span, day, today()) if lanes else "",
            "identifiers": person_page.identifiers(person),
            "actors": person_page.actors(person),
            "may_read": may_read,
            "learned": learned,
            "onward": onward,
            "paged": "before" in request.GET,
            "merges": person_page.merges(person),
            "versions": person_page.versions(person),
            "story": person_page.story(person),
            "q": text,
            "others": [each for each in words.lines(others, timezone.now()) if each.person_id != person.pk],
            "by_hand": kept_of(person) is not None,
            "may_change": self.has_change_permission(request),
        }
        return self.page(request, "person.html", context, title=header["name"])

    def as_of(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was so on a day, for the slider; JSON."""
        self.must_view(request)
        day = day_in(request.GET.get("at", "")) or today()
        header = person_page.header(_person(pk), day, day_in(request.GET.get("known", "")))
        return JsonResponse(header, headers={"Cache-Control": "no-store, private"})

    def add(self, request: HttpRequest) -> HttpResponse:
        """Somebody new, kept by hand."""
        if not self.has_add_permission(request):
            self.must_change(request)
        return by_hand.view(self, request, None)

    def by_hand(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Somebody kept by hand, changed."""
        self.must_change(request)
        return by_hand.view(self, request, _person(pk))

    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Count another person as this one from now on."""
        self.must_change(request)
        person = _person(pk)
        other = number_in(request.POST.get("other", ""))
        if request.method == "POST" and other is not None:
            try:
                merge.merge(
                    other,
                    person.pk,
                    reason=request.POST.get("reason", "").strip()[:500],
                    by_id=user_id(request),
                )
            except ConnectorError as error:
                messages.error(request, f"{error.reason} {error.suggestion}".strip())
            else:
                called = words.names([other])[other]
                self.log_change(request, person, f"{called} (person {other}) merged into this person.")
                messages.success(request, f"{called} counts as this person from now on.")
        return HttpResponseRedirect(reverse(_ONE, args=[person.pk]))

    def undo(self, request: HttpRequest, pk: int, merge_id: int) -> HttpResponse:
        """Count the two as two again."""
        self.must_change(request)
        person = _person(pk)
        mine = {each["row"].pk for each in person_page.merges(person)}
        if request.method == "POST" and merge_id in mine:
            try:
                merge.undo(merge_id)
            except ConnectorError as error:
                messages.error(request, error.reason)
            else:
                self.log_change(request, person, f"Merge {merge_id} undone.")
                messages.success(request, "The two are two again.")
        return HttpResponseRedirect(reverse(_ONE, args=[person.pk]))


def _person(pk: int) -> Person:
    return get_object_or_404(Person, pk=min(pk, (1 << 63) - 1))


def _unit_name(unit: int, day: Any) -> str:
    row = OrganizationUnitVersion.objects.filter(
        unit=unit, valid__contains=noon(day), recorded__upper_inf=True
    ).first()
    return row.name if row is not None else f"Unit {unit}"


def _onward(request: HttpRequest, after: str) -> str:
    kept = request.GET.copy()
    kept.pop("after", None)
    if after:
        kept["after"] = after
    return f"?{kept.urlencode()}"
