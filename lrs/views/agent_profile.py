"""agents/profile: documents of one agent (xAPI 1.0.3, Communication 2.6)."""

from __future__ import annotations

from lrs.models import DocumentKind
from lrs.views.document import DocumentResource

_SINGLE = frozenset({"agent", "profileId"})


class AgentProfileResource(DocumentResource):
    """The agent profile resource."""

    name = "agents/profile"
    kind = DocumentKind.AGENT_PROFILE
    id_parameter = "profileId"
    parameters = {"GET": _SINGLE | {"since"}, "PUT": _SINGLE, "POST": _SINGLE, "DELETE": _SINGLE}
