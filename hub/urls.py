"""Every address of the hub: the xAPI, the admin, the API, health and metrics."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from hub import health
from hub.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("xapi/", include("lrs.urls")),
    path("", include("connectors.scim.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/log/", include("compliance.proof.api.urls")),
    # The last of these says that there is nothing at any other address.
    path("api/v1/", include("compliance.api.urls")),
    path("api/v1/", include("connectors.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    path("admin/", admin.site.urls),
    path("accounts/", include("compliance.accounts.urls")),
    path("audit/sign/", include("compliance.signing.urls")),
    path("audit/", include("compliance.reports.pages.urls")),
    path("", include("lrs.auth.oauth_urls")),
]
