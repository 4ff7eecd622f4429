"""Where a request came from, as far as that can be believed.

In: the request's environment. Out: an address. Behind a proxy that is the address the proxy appended to
X-Forwarded-For; what stands before it was written by the client and is never believed. Without a proxy the
header counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from lrs import conf


def address_in(environment: Mapping[str, Any]) -> str:
    """Return the caller's address from a request's `META`."""
    nearest = str(environment.get("REMOTE_ADDR") or "")
    proxies = conf.proxies()
    if not proxies:
        return nearest
    forwarded = [part.strip() for part in str(environment.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    return forwarded[-proxies] if len(forwarded) >= proxies and forwarded[-proxies] else nearest


def address_of(request: HttpRequest) -> str:
    """Return the caller's address; django-axes asks for it under this name."""
    return address_in(request.META)
