"""The resources of the xAPI, below `/xapi/`."""

from __future__ import annotations

from django.urls import path

from lrs.views.about import AboutResource
from lrs.views.activities import ActivitiesResource
from lrs.views.activity_profile import ActivityProfileResource
from lrs.views.agent_profile import AgentProfileResource
from lrs.views.agents import AgentsResource
from lrs.views.state import StateResource
from lrs.views.statements import MoreStatementsResource, StatementsResource

app_name = "lrs"

urlpatterns = [
    path("statements", StatementsResource.as_view(), name="statements"),
    path("statements/more/<str:token>", MoreStatementsResource.as_view(), name="more"),
    path("activities", ActivitiesResource.as_view(), name="activities"),
    path("activities/state", StateResource.as_view(), name="state"),
    path("activities/profile", ActivityProfileResource.as_view(), name="activity-profile"),
    path("agents", AgentsResource.as_view(), name="agents"),
    path("agents/profile", AgentProfileResource.as_view(), name="agent-profile"),
    path("about", AboutResource.as_view(), name="about"),
]
