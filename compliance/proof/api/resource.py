"""What the resources of the log have in common: who may ask.

A log may be public (`COMPLIANCE_LOG_PUBLIC`): what reveals nothing personal then needs no credential.
Whatever names a statement always needs one, and is answered for the store of the credential alone.
"""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest

from compliance.proof import conf
from connectors.api import access
from connectors.api.access import Caller
from connectors.api.resource import Resource

READ, WRITE = "log/read", "log/write"
PERMISSION = "compliance.view_logentry"
#: Whoever asks a public log.
ANYBODY = Caller(store_id=0, credential_id=0)


def caller(request: HttpRequest, *, writing: bool = False, open_to_all: bool = True) -> Caller:
    """Return who asks, or raise why they may not."""
    if open_to_all and conf.public() and "Authorization" not in request.headers:
        return ANYBODY
    return access.caller(request, writing=writing, scopes=(READ, WRITE), permission=PERMISSION)


class LogResource(Resource):
    """A resource of the log."""

    scopes: ClassVar[tuple[str, str]] = (READ, WRITE)
    permission: ClassVar[str] = PERMISSION
    http_method_names = ("get", "head")

    def who_asks(self, *, writing: bool) -> Caller:
        """Return who asks; anybody where the log is public and no statement is named."""
        return caller(
            self.django_request, writing=writing, open_to_all="statement" not in self.django_request.GET
        )
