"""The addresses of SCIM."""

from __future__ import annotations

from django.urls import re_path

from connectors.scim.views import scim

urlpatterns = [re_path(r"^scim/v2(?:/(?P<path>.*))?$", scim, name="scim")]
