"""activities/profile: documents of one activity (xAPI 1.0.3, Communication 2.7)."""

from __future__ import annotations

from lrs.models import DocumentKind
from lrs.views.document import DocumentResource

_SINGLE = frozenset({"activityId", "profileId"})


class ActivityProfileResource(DocumentResource):
    """The activity profile resource."""

    name = "activities/profile"
    kind = DocumentKind.ACTIVITY_PROFILE
    id_parameter = "profileId"
    parameters = {"GET": _SINGLE | {"since"}, "PUT": _SINGLE, "POST": _SINGLE, "DELETE": _SINGLE}
