"""Addresses of the pages for auditors."""

from __future__ import annotations

from django.urls import path

from compliance.reports.pages import releasing, views

app_name = "audit"
urlpatterns = [
    path("", views.index, name="index"),
    path("reports/<slug:name>/", views.report, name="report"),
    path("reports/<slug:name>/pull/", views.pull, name="pull"),
    path("runs/", views.pulled, name="runs"),
    path("runs/<int:run_id>/", views.run, name="run"),
    path("runs/<int:run_id>/file", views.file, name="file"),
    path("runs/<int:run_id>/offer/", releasing.offer, name="offer"),
    path("runs/<int:run_id>/release.zip", releasing.package, name="package"),
    path("saved/<int:saved_id>/", views.saved_report, name="saved"),
    path("released/", releasing.index, name="released"),
]
