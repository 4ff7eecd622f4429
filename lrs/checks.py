"""System checks of the record store: settings it cannot work with, each with a stable id and a hint.

    lrs.E001  HUB_PUBLIC_URL is not an absolute http or https address
    lrs.E002  a limit is not a whole number in its range
    lrs.E003  LRS_PAGE_STATEMENTS is over LRS_PAGE_STATEMENTS_MOST
    lrs.E004  LRS_SECRET_PEPPER is too short to key hashes with
    lrs.E005  OAuth 2 offers other scopes than the xAPI's
    lrs.E006  OAuth 2 does without PKCE, or keeps tokens readable
    lrs.W001  the cache belongs to one process, so limits are not shared (with --deploy)

In: settings. Out: messages. Never a query, never a value of a secret in a message.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from lrs import conf
from lrs.auth.access import SCOPES

#: Characters a pepper must have: 128 bits as base64, and then some.
PEPPER_CHARACTERS = 32

#: The lowest value each limit may have.
LOWEST = {
    "LRS_BODY_BYTES": 1024,
    "LRS_BATCH_STATEMENTS": 1,
    "LRS_DOCUMENT_BYTES": 1024,
    "LRS_JSON_DEPTH": 16,
    "LRS_REQUESTS_PER_MINUTE": 0,
    "LRS_FAILURES_PER_MINUTE": 0,
    "LRS_PAGE_STATEMENTS": 1,
    "LRS_PAGE_STATEMENTS_MOST": 1,
}


@checks.register
def public_address(**_: Any) -> list[checks.CheckMessage]:
    """lrs.E001."""
    try:
        address = urlsplit(conf.public_url())
        sound = (
            address.scheme in ("http", "https")
            and bool(address.hostname)
            and not (address.query or address.fragment)
            and address.port != 0
        )
    except ValueError:
        sound = False
    if sound:
        return []
    return [
        checks.Error(
            f"HUB_PUBLIC_URL is {conf.public_url()!r}, not the address clients reach the hub at.",
            hint="Set it to scheme and host, such as https://lrs.example.org; the endpoint is made from it.",
            id="lrs.E001",
        )
    ]


@checks.register
def limits(**_: Any) -> list[checks.CheckMessage]:
    """lrs.E002 and lrs.E003."""
    messages: list[checks.CheckMessage] = []
    for name, lowest in LOWEST.items():
        value = getattr(settings, name, lowest)
        if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
            messages.append(
                checks.Error(
                    f"{name} is {value!r}.",
                    hint=f"Set it to a whole number of at least {lowest}, or leave it out for the default.",
                    id="lrs.E002",
                )
            )
    if not messages and conf.page_statements() > conf.page_statements_most():
        messages.append(
            checks.Error(
                f"LRS_PAGE_STATEMENTS is {conf.page_statements()}, over LRS_PAGE_STATEMENTS_MOST, "
                f"{conf.page_statements_most()}.",
                hint="A page cannot hold more than the most a page may hold: lower one or raise the other.",
                id="lrs.E003",
            )
        )
    return messages


@checks.register(checks.Tags.security)
def pepper(**_: Any) -> list[checks.CheckMessage]:
    """lrs.E004."""
    if not conf.secret_pepper() or len(conf.secret_pepper()) >= PEPPER_CHARACTERS:
        return []
    return [
        checks.Error(
            f"LRS_SECRET_PEPPER has {len(conf.secret_pepper())} characters.",
            hint=f"Use at least {PEPPER_CHARACTERS} random ones, or leave it out and SECRET_KEY is used.",
            id="lrs.E004",
        )
    ]


@checks.register(checks.Tags.security)
def oauth(**_: Any) -> list[checks.CheckMessage]:
    """lrs.E005 and lrs.E006."""
    messages: list[checks.CheckMessage] = []
    provider: dict[str, Any] = getattr(settings, "OAUTH2_PROVIDER", {})
    if set(provider.get("SCOPES", {})) != set(SCOPES):
        messages.append(
            checks.Error(
                "OAUTH2_PROVIDER['SCOPES'] is not the xAPI's list of scopes.",
                hint="Set it to lrs.auth.access.SCOPES.",
                id="lrs.E005",
            )
        )
    if provider.get("PKCE_REQUIRED", True) is not True or not provider.get(
        "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE"
    ):
        messages.append(
            checks.Error(
                "OAUTH2_PROVIDER lets clients do without PKCE, or keeps tokens readable in the database.",
                hint="Set PKCE_REQUIRED and COMPLIANT_BCP_RFC9700_TOKEN_STORAGE to True.",
                id="lrs.E006",
            )
        )
    return messages


@checks.register(checks.Tags.caches, deploy=True)
def shared_cache(**_: Any) -> list[checks.CheckMessage]:
    """lrs.W001."""
    backend = str(settings.CACHES.get("default", {}).get("BACKEND", ""))
    if not backend.endswith(("LocMemCache", "DummyCache")):
        return []
    return [
        checks.Warning(
            "The cache belongs to each process alone: rate limits and failed sign-ins are counted in each.",
            hint="Point the cache at Valkey or Redis (see the operator's settings), or run one web process.",
            id="lrs.W001",
        )
    ]
