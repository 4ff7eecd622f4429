"""`/audit/sign/`: what has to be there first, and the page on which a record is signed."""

from __future__ import annotations

from django.urls import path

from compliance.signing import pages

app_name = "signing"
urlpatterns = [
    path("", pages.ready, name="ready"),
    path("policy/", pages.accountability, name="policy"),
    path("passkey/", pages.passkey_options, name="passkey"),
    path("<str:kind>/<path:record_key>/", pages.record, name="record"),
]
