"""Who asks `/api/v1/`, and of which store.

In: a request. Out: `Caller`; or Unauthenticated, Forbidden and RateLimited as the xAPI raises them
(lrs.auth), so that a key or token counts the same at both doors. A member of staff who is signed in to the
administration may look, at any one store. Never a store other than the credential's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest

from connectors.api.problems import Problem, wrong_parameter
from lrs.auth.address import address_in
from lrs.auth.authenticate import authenticate, limit

READ, WRITE = "workforce/read", "workforce/write"
#: What a signed-in member of staff must be allowed to look.
PERMISSION = "connectors.view_person"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    store_id: int
    #: None for a person.
    credential_id: int | None = None


def caller(
    request: HttpRequest,
    *,
    writing: bool,
    scopes: tuple[str, str] = (READ, WRITE),
    permission: str = PERMISSION,
) -> Caller:
    """Return who asks; raises where they may not read, or with `writing`, not write.

    `scopes` are what reading and writing need of a key or token, `permission` what looking needs of staff.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    if "authorization" not in headers and getattr(request, "user", None) is not None:
        signed_in = _signed_in(request, writing=writing, permission=permission)
        if signed_in is not None:
            return signed_in
    access = authenticate(headers, address_in(request.META))
    limit(access)
    access.require(scopes[1] if writing else scopes[0])
    return Caller(access.store_id, access.credential_id)


def _signed_in(request: HttpRequest, *, writing: bool, permission: str) -> Caller | None:
    user: Any = request.user
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return None
    if writing or not user.has_perm(permission):
        raise Problem(
            403,
            "Who is signed in to the administration may look here, where the role allows it; writing needs a "
            "key or a token.",
            rule="permission",
        )
    return Caller(_store(request.GET.get("store", "")))


def _store(wanted: str) -> int:
    stores = apps.get_model("lrs", "Store").objects.order_by("pk")
    if wanted:
        found = stores.filter(pk=int(wanted)) if wanted.isascii() and wanted.isdigit() else stores.none()
        if (one := found.values_list("pk", flat=True).first()) is not None:
            return int(one)
        raise wrong_parameter("store", "There is no such store.", value=wanted)
    ids = list(stores.values_list("pk", flat=True)[:2])
    if len(ids) != 1:
        raise wrong_parameter("store", "There are several stores: name one by its id, as in ?store=1.")
    return int(ids[0])
