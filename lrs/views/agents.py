"""agents: the Person object of an agent (xAPI 1.0.3, Communication 2.4)."""

from __future__ import annotations

import orjson
from django.http import HttpResponse

from lrs import agents
from lrs.views.activities import described
from lrs.views.document import agent_of
from lrs.views.resource import Call, Resource


class AgentsResource(Resource):
    """The agents resource."""

    name = "agents"
    parameters = {"GET": frozenset({"agent"})}

    def get(self, call: Call) -> HttpResponse:
        """Return the Person; one nobody has heard of is made of what the request says."""
        return described(call, orjson.dumps(agents.person(call.access.store_id, agent_of(call))))
