"""Addresses of compliance below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from compliance.api import requirements, status

app_name = "compliance-api"

urlpatterns = [
    path("requirements", requirements.Requirements.as_view(), name="requirements"),
    path("requirements/<int:requirement_id>", requirements.OneRequirement.as_view(), name="requirement"),
    path("requirements/<int:requirement_id>/impact", requirements.Impact.as_view(), name="impact"),
    path("requirement-templates", requirements.Templates.as_view(), name="requirement-templates"),
    path("people/<int:person_id>/status", status.PersonStatus.as_view(), name="person-status"),
    path("people/<int:person_id>/qualified", status.Qualified.as_view(), name="qualified"),
    path("people/<int:person_id>/team", status.Team.as_view(), name="team"),
    path("status", status.Status.as_view(), name="status"),
    path("training-matrix", status.Matrix.as_view(), name="training-matrix"),
    path("gaps", status.Gaps.as_view(), name="gaps"),
    path("due-forecast", status.Forecast.as_view(), name="due-forecast"),
]
