"""about: which versions of the xAPI are served (xAPI 1.0.3, Communication 2.8).

Answers without a credential and without a version header, so that a client can choose its version first.
"""

from __future__ import annotations

import orjson
from django.http import HttpResponse

from lrs import conf
from lrs.views.resource import Call, Resource
from lrs.wire.version import Version, header_value

#: Names the version of this software among the extensions.
HUB_VERSION = "https://w3id.org/lrs-hub/extensions/version"


class AboutResource(Resource):
    """The about resource."""

    name = "about"
    public = True
    parameters = {"GET": frozenset()}

    def get(self, _call: Call) -> HttpResponse:
        """Return the latest patch of each version, and the hub's own."""
        about = {
            "version": [header_value(version) for version in Version],
            "extensions": {HUB_VERSION: conf.hub_version()},
        }
        return HttpResponse(orjson.dumps(about), content_type="application/json")
