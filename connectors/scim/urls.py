"""The addresses of SCIM.

SCIM's library takes as long to load as half of the hub, and most processes never answer an identity provider:
what needs it is imported with the first request.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def scim(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer any request below /scim/v2/."""
    from connectors.scim import views

    return views.scim(request, path)


urlpatterns = [re_path(r"^scim/v2(?:/(?P<path>.*))?$", scim, name="scim")]
