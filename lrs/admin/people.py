"""People and their roles in the theme of the other pages; OAuth tokens stay out of sight.

The toolkit's own pages are taken away: an application works only as a credential of a source, which
"Credentials" makes, and no page has a reason to list tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangosGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangosUserAdmin
from django.contrib.auth.models import Group, User
from oauth2_provider import models as toolkit
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from lrs.admin.history import HistoryFromTrail
from lrs.admin.reason import AsksForReason

if TYPE_CHECKING:

    class _Themed:
        """unfold's ModelAdmin, mixed in."""
else:
    from unfold.admin import ModelAdmin as _Themed

for _model in (
    toolkit.get_application_model(),
    toolkit.get_access_token_model(),
    toolkit.get_refresh_token_model(),
    toolkit.get_grant_model(),
    toolkit.get_id_token_model(),
    User,
    Group,
):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(User)
class UserAdmin(AsksForReason, HistoryFromTrail, DjangosUserAdmin, _Themed):  # type: ignore[type-arg,unused-ignore]
    """Who may sign in here."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(AsksForReason, HistoryFromTrail, DjangosGroupAdmin, _Themed):
    """Roles: sets of permissions people are given."""
