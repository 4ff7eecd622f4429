"""The page on which a record is signed, and those for what has to come first.

In: requests of somebody signed in. Out: exactly what is signed, its hash, the signatures so far, and a form
that asks for as many components as are due. Works without scripts but for passkeys. What cannot be signed
says why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from compliance import conf
from compliance.access.disclosure import ask_purpose, disclosed, purpose_of
from compliance.access.events import address_in
from compliance.models import Meaning, Signature
from compliance.signing import policy, readiness
from compliance.signing.authority import can_sign
from compliance.signing.components import Given, second_factors
from compliance.signing.errors import NotAllowed, NotReady, RecordChanged, SigningError, UnknownRecord
from compliance.signing.kinds import Shown, SignableKind, is_open, kind_of, shown_of
from compliance.signing.manifest import as_html, signatures_of
from compliance.signing.sign import sign
from compliance.signing.signer import continuing, is_impersonating, signer_of
from compliance.signing.verify import of_shown

SIGN_IN = "account_login"
#: How a refusal of each sort is answered.
_STATUS = {UnknownRecord: 404, NotReady: 403, NotAllowed: 403, RecordChanged: 409}


@dataclass(frozen=True, slots=True)
class _Line:
    """One value of what is signed, with the way to it."""

    name: str
    value: str
    depth: int


@never_cache
@login_required(login_url=SIGN_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, kind: str, record_key: str) -> HttpResponseBase:
    """Show a record to be signed; sign it."""
    try:
        found, shown = kind_of(kind), shown_of(kind, record_key)
    except UnknownRecord as error:
        raise Http404(str(error)) from None
    user: Any = request.user
    _must_see(user, found, shown)
    if people := found.people(record_key):
        if conf.purpose_required() and not purpose_of(request):
            return ask_purpose(request)
        disclosed(request, f"sign:{kind}", people)
    if is_impersonating(request):
        return _page(request, found, shown, fault="Nobody signs while acting as somebody else.", status=403)
    if request.method != "POST":
        return _page(request, found, shown)
    try:
        sign(
            signer_of(request),
            kind=kind,
            record_key=record_key,
            shown_hash=request.POST.get("shown_hash", ""),
            meaning=request.POST.get("meaning", ""),
            given=_given(request),
            reason=request.POST.get("reason", ""),
            zone=request.POST.get("zone", "UTC"),
        )
    except SigningError as error:
        return _page(request, found, shown, fault=str(error), status=_STATUS.get(type(error), 400))
    messages.success(request, "Signed.")
    return HttpResponseRedirect(found.address(record_key) or request.path)


@never_cache
@login_required(login_url=SIGN_IN)
@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """Show what has to be done before one signs, and what one may sign for."""
    user: Any = request.user
    context = {
        "hindrances": readiness.hindrances(user),
        "meanings": [each.label for each in Meaning if can_sign(user, each)],
        "factors": second_factors(user),
        "mine": signatures_by(user),
    }
    return render(request, "compliance/signing/ready.html", context)


@never_cache
@login_required(login_url=SIGN_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def accountability(request: HttpRequest) -> HttpResponse:
    """Show the accountability policy; acknowledge it."""
    user: Any = request.user
    in_force = readiness.policy_in_force()
    fault = ""
    if request.method == "POST" and in_force is not None:
        try:
            signer_of(request)
            readiness.acknowledge(
                user, in_force, shown_hash=request.POST.get("text_hash", ""), address=address_in(request)
            )
        except (NotReady, NotAllowed) as error:
            fault = str(error)
        else:
            messages.success(request, "Acknowledged.")
            return HttpResponseRedirect(request.path)
    context = {
        "policy": in_force,
        "text_hash": readiness.text_hash(in_force) if in_force is not None else "",
        "acknowledged": in_force is not None and readiness.acknowledged(user, in_force),
        "fault": fault,
    }
    return render(request, "compliance/signing/policy.html", context, status=409 if fault else 200)


@never_cache
@login_required(login_url=SIGN_IN)
@require_GET
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Return what navigator.credentials.get asks a passkey of this user (WebAuthn Level 3, 5.5)."""
    user: Any = request.user
    return JsonResponse(webauthn.begin_authentication(user))


def signatures_by(user: User) -> list[Signature]:
    """Return the last signatures somebody gave."""
    return list(Signature.objects.filter(signer=user).order_by("-position")[:50])


def _page(
    request: HttpRequest, kind: SignableKind, shown: Shown, *, fault: str = "", status: int = 200
) -> HttpResponse:
    user: Any = request.user
    given = of_shown(shown)
    steps = policy.steps_for(kind, given)
    options, why_not = _options(user, shown, steps, given)
    hindrances = readiness.hindrances(user)
    every = True
    try:
        every = continuing(signer_of(request)) is None
    except NotAllowed as error:
        why_not, options = [*why_not, str(error)], []
    factors = second_factors(user)
    context = {
        "kind": kind,
        "shown": shown,
        "lines": list(lines(shown.content)),
        "author": User.objects.filter(pk=shown.author_id).first() if shown.author_id else None,
        "canonical": shown.canonical().decode(),
        "steps": [(each, Meaning(each.meaning).label, policy.missing(each, given)) for each in steps],
        "signatures_block": as_html(signatures_of(shown.kind, shown.record_key)),
        "options": [(each.meaning, Meaning(each.meaning).label) for each in options],
        "why_not": why_not,
        "hindrances": hindrances,
        "every": every,
        "ask_code": "totp" in factors,
        "ask_passkey": "passkey" in factors,
        "fault": fault,
    }
    return render(request, "compliance/signing/record.html", context, status=status)


def _options(user: User, shown: Shown, steps: Any, given: Any) -> tuple[list[Any], list[str]]:
    """Return the steps this user may take now, and why not the others that are open."""
    may, why_not = [], []
    for step in policy.open_steps(steps, given):
        try:
            may.append(policy.step_for(user, shown, step.meaning, steps, given))
        except NotAllowed as error:
            why_not.append(str(error))
    return may, why_not


def _must_see(user: User, kind: SignableKind, shown: Shown) -> None:
    """Raise PermissionDenied for who may neither look at the kind nor sign any of it, and for a record out of
    their sight."""
    if not is_open(kind, user, shown.record_key):
        raise PermissionDenied("This record is outside the part of the organization you look after.")
    if kind.view_permission and user.has_perm(kind.view_permission):
        return
    if any(can_sign(user, each.meaning) for each in policy.steps_for(kind, of_shown(shown))):
        return
    raise PermissionDenied("You may neither look at this nor sign it.")


def _given(request: HttpRequest) -> Given:
    sent = request.POST.get("passkey", "")
    try:
        passkey = json.loads(sent) if sent else None
    except ValueError:
        passkey = None
    return Given(
        user_name=request.POST.get("user_name", "").strip(),
        password=request.POST.get("password", ""),
        code=request.POST.get("code", "").strip(),
        passkey=passkey if isinstance(passkey, dict) else None,
    )


def lines(content: Any, name: str = "", depth: int = 0) -> list[_Line]:
    """Return every value of some JSON as lines for people: none is left out, none shortened."""
    if isinstance(content, dict):
        found = [_Line(name, "", depth)] if name else []
        for key in content:
            found += lines(content[key], str(key), depth + bool(name))
        return found or [_Line(name, "(nothing)", depth)]
    if isinstance(content, list | tuple):
        found = [_Line(name, "", depth)]
        for place, each in enumerate(content, 1):
            found += lines(each, str(place), depth + 1)
        return found if len(found) > 1 else [_Line(name, "(none)", depth)]
    return [_Line(name, content if isinstance(content, str) else json.dumps(content), depth)]
