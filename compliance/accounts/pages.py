"""One's own account: password, second factors, where one is signed in, and why one looks at records.

In: requests of somebody signed in. Out: pages, and the little that can be changed here; the rest is
allauth's.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from compliance import conf
from compliance.access.disclosure import PURPOSE_KEY, purpose_of
from compliance.access.grants import standing_grants
from compliance.accounts import passwords, sessions
from compliance.models import AccountSession

SIGN_IN = "account_login"


@login_required(login_url=SIGN_IN)
def account(request: HttpRequest) -> HttpResponse:
    """Show how one's account stands."""
    user: Any = request.user
    from compliance.signing import readiness
    from compliance.signing.components import second_factors

    context = {
        "account": passwords.account_of(user),
        "days": conf.password_days(),
        "factors": second_factors(user),
        "sessions": AccountSession.objects.filter(user=user)[:20],
        "grants": standing_grants(user).select_related("role", "store"),
        "hindrances": readiness.hindrances(user),
        "purpose": purpose_of(request),
    }
    return render(request, "compliance/account.html", context)


@require_POST
@login_required(login_url=SIGN_IN)
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    user: Any = request.user
    here = sessions.browser_digest(request.session.session_key or "")
    ended = sessions.end(user, why="signed out from elsewhere", but=here)
    messages.info(request, f"{ended} other session{'s' if ended != 1 else ''} ended.")
    return HttpResponseRedirect(reverse("hub_account"))


@require_POST
@login_required(login_url=SIGN_IN)
def purpose(request: HttpRequest) -> HttpResponse:
    """Keep, for this session, why one looks at people's records."""
    said = request.POST.get("purpose", "").replace("\0", "").strip()[:300]
    request.session[PURPOSE_KEY] = said
    there = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure()):
        there = reverse("hub_account")
    return HttpResponseRedirect(there)
