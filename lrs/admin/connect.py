""" "Connect an LMS": from a name to a key, the settings to copy, and a statement that proves it works.

The secret is part of two answers only: the one to issuing it and the one to testing it, which carries it back
from the same page. Neither is cached, stored or logged.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import orjson
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from lrs import conf
from lrs.admin.base import HubAdmin, new_nonce, secret_page, sent_before
from lrs.admin.credential_forms import ConnectForm, known_sources, known_stores
from lrs.auth.authenticate import authenticate, limit
from lrs.auth.issue import Issued, issue
from lrs.auth.rules import permit
from lrs.errors import LrsError
from lrs.ingest import door
from lrs.models import Credential, Source, Statement, Store
from lrs.models.tenancy import SourceKind
from lrs.wire.version import Version

TESTED_VERB = "tested"


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test."""

    stored: bool
    message: str
    rule: str = ""
    pointer: str = ""
    #: Address of the statement in the browser.
    address: str = ""


class Connect:
    """The guide's pages, below the sources."""

    def __init__(self, of: HubAdmin) -> None:
        self.of = of

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            self.of.route("connect/", self.connect, "lrs_connect"),
            self.of.route("connect/test/", self.test, "lrs_connect_test"),
        ]

    def connect(self, request: HttpRequest) -> HttpResponse:
        """The form, and the answer with the key."""
        if not request.user.has_perm("lrs.add_credential"):
            raise PermissionDenied
        form = ConnectForm(request.POST if request.method == "POST" else None, initial=_first(request))
        if request.method == "POST" and form.is_valid():
            if sent_before(request):
                messages.info(request, "This was done already. A secret is shown once only.")
                return HttpResponseRedirect(reverse("admin:lrs_credential_changelist"))
            _may_make(request, form.cleaned_data)
            issued = _issued(form)
            if issued is not None:
                self.of.log_addition(request, issued.credential, "Issued by Connect an LMS.")
                return connected(self.of, request, issued.credential, issued.secret)
        return self.of.page(
            request,
            "connect/form.html",
            {"form": form, "stores": known_stores(), "sources": known_sources(), "nonce": new_nonce()},
            title="Connect an LMS",
            status=400 if form.errors else 200,
        )

    @method_decorator(sensitive_post_parameters("secret"))
    def test(self, request: HttpRequest) -> HttpResponse:
        """Post a statement with the key and secret of the page, and show the same page with the outcome."""
        if not request.user.has_perm("lrs.add_credential"):
            raise PermissionDenied
        key, secret = request.POST.get("key", ""), request.POST.get("secret", "")
        credential = Credential.objects.select_related("source__store").filter(key=key).first()
        if request.method != "POST" or credential is None or not secret:
            return HttpResponseRedirect(reverse("admin:lrs_connect"))
        return connected(self.of, request, credential, secret, tested=_tested(request, credential, secret))


@sensitive_variables("secret", "basic")
def connected(
    of: HubAdmin,
    request: HttpRequest,
    credential: Credential,
    secret: str,
    *,
    tested: Tested | None = None,
    rotated: bool = False,
) -> HttpResponse:
    """Return the page that shows a secret, this once, with everything to copy."""
    endpoint, key = conf.endpoint(), credential.key
    basic = b64encode(f"{key}:{secret}".encode()).decode()
    context: dict[str, Any] = {
        "credential": credential,
        "source": credential.source,
        "endpoint": endpoint,
        "key": key,
        "secret": secret,
        "application": credential.application,
        "token_endpoint": conf.token_endpoint(),
        "tested": tested,
        "rotated": rotated,
        "is_moodle": credential.source.kind == SourceKind.MOODLE,
        "moodle": _moodle(endpoint, key, secret),
        "authorization": f"Basic {basic}",
        "launch": urlencode({"endpoint": endpoint, "auth": f"Basic {basic}"}),
        "curl": _curl(endpoint, key, secret),
        "curl_token": _curl_token(key, secret),
        "hints": hints(request),
    }
    title = (
        f"{credential.source.name} can connect" if not rotated else f"New secret for {credential.source.name}"
    )
    return secret_page(of.page(request, "connect/connected.html", context, title=title))


def hints(request: HttpRequest) -> list[str]:
    """Return what may stand in the way between the LMS and the endpoint."""
    address = urlsplit(conf.endpoint())
    found = []
    if address.scheme != "https":
        found.append(
            "The endpoint is http: keys travel unprotected. Put the hub behind TLS and set HUB_PUBLIC_URL to"
            " its https address before anything but a trial."
        )
    if address.hostname in ("localhost", "127.0.0.1", "::1"):
        found.append(
            "The endpoint names this very machine. An LMS elsewhere cannot reach it: set HUB_PUBLIC_URL to"
            " the address by which the LMS sees the hub."
        )
    elif address.netloc != request.get_host():
        found.append(
            f"You came here by {request.get_host()}, while the LMS is told {address.netloc}. Both must lead"
            " to this hub."
        )
    origins = conf.cors_origins()
    found.append(
        "Content that calls the xAPI from the learner's browser (cmi5, SCORM) may come from any origin."
        if "*" in origins
        else "Content that calls the xAPI from the learner's browser may come from "
        f"{', '.join(origins) or 'no origin'} only (LRS_CORS_ORIGINS)."
    )
    found.append(
        "A certificate of a company's own authority must be known to the LMS: for Moodle, to PHP's curl."
    )
    return found


def _first(request: HttpRequest) -> dict[str, Any]:
    """Return what the form starts with."""
    source = None
    if (asked := request.GET.get("source", "")).isdecimal() and len(asked) < 10:
        source = Source.objects.select_related("store").filter(pk=int(asked)).first()
    if source is not None:
        return {"store": source.store.name, "source": source.name, "kind": source.kind}
    store = Store.objects.order_by("created").first()
    return {"store": store.name if store is not None else "default"}


def _may_make(request: HttpRequest, asked: dict[str, Any]) -> None:
    """Refuse who may issue keys but not make the store or source they name."""
    if not Store.objects.filter(name=asked["store"].strip()).exists():
        needed = ["lrs.add_store", "lrs.add_source"]
    elif not Source.objects.filter(store__name=asked["store"].strip(), name=asked["source"].strip()).exists():
        needed = ["lrs.add_source"]
    else:
        needed = []
    if not request.user.has_perms(needed):
        raise PermissionDenied


def _issued(form: Form) -> Issued | None:
    asked = form.cleaned_data
    try:
        return issue(
            store=asked["store"],
            source=asked["source"],
            scopes=asked["scopes"],
            label=asked["label"],
            kind=asked["kind"],
            expires=asked["expires"],
        )
    except LrsError as refusal:
        form.add_error(None, refusal.message)
        return None


@sensitive_variables("secret", "header")
def _tested(request: HttpRequest, credential: Credential, secret: str) -> Tested:
    header = "Basic " + b64encode(f"{credential.key}:{secret}".encode()).decode()
    statement_id = str(uuid4())
    try:
        access = authenticate({"authorization": header}, request.META.get("REMOTE_ADDR", ""))
        limit(access)
        permit(access, "statements", "write")
        body = orjson.dumps(_statement(request, credential, statement_id))
        door.accept(access, Version.V1, "application/json", body)
    except LrsError as refusal:
        return Tested(False, refusal.message, refusal.rule, refusal.pointer)
    seq = Statement.objects.values_list("seq", flat=True).get(
        store_id=credential.source.store_id, statement_id=statement_id
    )
    return Tested(
        True,
        f"Stored as {statement_id}. It stays, as every statement does.",
        address=reverse("admin:lrs_statement_change", args=[seq]),
    )


def _statement(request: HttpRequest, credential: Credential, statement_id: str) -> dict[str, Any]:
    home = conf.public_url()
    return {
        "id": statement_id,
        "actor": {
            "objectType": "Agent",
            "name": request.user.get_full_name() or request.user.get_username(),  # type: ignore[union-attr]  # staff only
            "account": {"homePage": f"{home}/users/", "name": request.user.get_username()},
        },
        "verb": {"id": f"{home}/verbs/{TESTED_VERB}", "display": {"en": TESTED_VERB}},
        "object": {
            "objectType": "Activity",
            "id": f"{home}/activities/connection/{credential.source_id}",
            "definition": {"name": {"en": f"the connection of {credential.source.name}"}},
        },
        "result": {"success": True},
    }


def _moodle(endpoint: str, key: str, secret: str) -> list[tuple[str, str, str, bool]]:
    """Return (name of the setting, what Moodle calls it, value, whether it is secret) of logstore_xapi."""
    return [
        ("endpoint", "LRS endpoint", endpoint, False),
        ("username", "Basic auth key or user name", key, False),
        ("password", "Basic auth secret or password", secret, True),
        ("backgroundmode", "Send statements by scheduled task", "1", False),
        ("maxbatchsize", "Maximum batch size", "50", False),
    ]


def _curl(endpoint: str, key: str, secret: str) -> str:
    statement = (
        '{"actor":{"mbox":"mailto:ann@example.com","name":"Ann"},'
        '"verb":{"id":"http://adlnet.gov/expapi/verbs/completed","display":{"en":"completed"}},'
        '"object":{"id":"https://example.com/courses/forklift-safety",'
        '"definition":{"name":{"en":"Forklift safety"}}}}'
    )
    return (
        f"curl -u '{key}:{secret}' -H 'X-Experience-API-Version: 1.0.3' -H 'Content-Type: application/json' "
        f"-d '{statement}' {endpoint}statements"
    )


def _curl_token(key: str, secret: str) -> str:
    return f"curl -u '{key}:{secret}' -d grant_type=client_credentials {conf.token_endpoint()}"
