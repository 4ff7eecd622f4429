"""activities/state: documents of one activity and one agent (xAPI 1.0.3, Communication 2.3)."""

from __future__ import annotations

from django.http import HttpResponse

from lrs.documents import preconditions, write
from lrs.documents.write import Unconditional
from lrs.errors import BadRequest
from lrs.models import DocumentKind
from lrs.views.document import DocumentResource
from lrs.views.resource import Call
from lrs.wire.version import Version

_SINGLE = frozenset({"activityId", "agent", "registration", "stateId"})


class StateResource(DocumentResource):
    """The state resource."""

    name = "activities/state"
    kind = DocumentKind.STATE
    id_parameter = "stateId"
    parameters = {"GET": _SINGLE | {"since"}, "PUT": _SINGLE, "POST": _SINGLE, "DELETE": _SINGLE}
    # 1.0.3 lets state be replaced too ("state conflicts are unlikely"); 2.0 does not.
    unconditional = {Version.V1: Unconditional.WRITE, Version.V2: Unconditional.CREATE}

    def delete(self, call: Call) -> HttpResponse:
        """Delete one document, or all state of the context where no id is given."""
        if self.id_parameter in call.parameters:
            return super().delete(call)
        if preconditions.read(call.headers).given:
            raise BadRequest(
                "If-Match and If-None-Match are about one document; name it by stateId.",
                rule="document.precondition-without-id",
            )
        write.delete_all(self._context(call))
        return HttpResponse(status=204)
