"""Addresses below `/api/v1/`."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path

from connectors.api import assignments, by_hand, export, organization, problems, roster, statements

app_name = "api"


def nothing(request: HttpRequest, rest: str) -> HttpResponseBase:
    """Say that there is nothing at an address, in the shape of every refusal."""
    problem = problems.Problem(404, f"There is nothing at /api/v1/{rest}.", rule="not-found")
    return problems.respond(problem, request)


nothing.csrf_exempt = True  # type: ignore[attr-defined]  # Django's way to mark a view

urlpatterns = [
    path("people", by_hand.KeptPeople.as_view(), name="people"),
    path("people/<int:person_id>", by_hand.KeptPerson.as_view(), name="person"),
    path("people/<int:person_id>/assignments", assignments.Assignments.as_view(), name="assignments"),
    path("people/<int:person_id>/context", assignments.PersonContext.as_view(), name="person-context"),
    path("organization-units", organization.OrganizationUnits.as_view(), name="organization-units"),
    path("jobs", organization.Jobs.as_view(), name="jobs"),
    path("locations", organization.Locations.as_view(), name="locations"),
    path("roster", roster.Roster.as_view(), name="roster"),
    path("statements", statements.Statements.as_view(), name="statements"),
    path("export", export.Export.as_view(), name="export"),
    path("<path:rest>", nothing),
]
