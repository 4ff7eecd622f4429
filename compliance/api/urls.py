"""Addresses of compliance below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from compliance.api import audit_trail

app_name = "compliance-api"

urlpatterns = [
    path("audit-trail", audit_trail.AuditTrail.as_view(), name="audit-trail"),
]
