"""The frame of the administration: its menu and its look (UNFOLD in the settings points here).

In: a request of a member of staff. Out: the menu, with what the person may see. Each application has a group;
one that grows pages adds its group here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

Item = dict[str, Any]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu."""
    # Their pages use models, which are not there yet when the settings load this module.
    from compliance.admin import menu as compliance_menu
    from connectors.admin import menu

    groups: list[dict[str, Any]] = [
        {
            "title": "",
            "items": [_item("Dashboard", "space_dashboard", "admin:index")],
        },
        {
            "title": "Record store",
            "separator": True,
            "items": [
                _item("Statements", "history_edu", "admin:lrs_statement_changelist", "lrs.view_statement"),
                _item("Activities", "school", "admin:lrs_entity_changelist", "lrs.view_entity"),
                _item("Agents", "groups", "admin:lrs_entity_agents", "lrs.view_entity"),
                _item("Documents", "description", "admin:lrs_document_changelist", "lrs.view_document"),
                _item("Attachments", "attach_file", "admin:lrs_attachment_changelist", "lrs.view_attachment"),
                _item("Inbox", "inbox", "admin:lrs_inboxentry_changelist", "lrs.view_inboxentry"),
            ],
        },
        {
            "title": "Connections",
            "separator": True,
            "items": [
                _item("Connect an LMS", "add_link", "admin:lrs_connect", "lrs.add_credential"),
                _item("Stores", "database", "admin:lrs_store_changelist", "lrs.view_store"),
                _item("Sources", "hub", "admin:lrs_source_changelist", "lrs.view_source"),
                _item("Credentials", "key", "admin:lrs_credential_changelist", "lrs.view_credential"),
                _item("Feed", "dynamic_feed", "admin:lrs_feedcursor_changelist", "lrs.view_feedcursor"),
            ],
        },
        _group("Workforce", menu()),
        *(_group(title, entries) for title, entries in compliance_menu().items()),
        {
            "title": "People",
            "separator": True,
            "items": [
                _item("Users", "person", "admin:auth_user_changelist", "auth.view_user"),
                _item("Roles", "badge", "admin:auth_group_changelist", "auth.view_group"),
            ],
        },
    ]
    return _marked(groups, request.path)


def static_file(path: str) -> Callable[[HttpRequest], str]:
    """Return what finds a static file's address once there is a request; settings load before."""
    return lambda _: static(path)


def _group(title: str, entries: Iterable[tuple[str, str, str, str]]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": [_item(*entry) for entry in entries]}


def _item(title: str, icon: str, name: str, permission: str = "") -> Item:
    return {
        "title": title,
        "icon": icon,
        "link": reverse(name),
        "permission": _may(permission),
    }


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: not permission or request.user.has_perm(permission)


def _marked(groups: list[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    """Mark the one entry whose page `path` is, or is below; of several, that with the longest address."""
    items = [item for group in groups for item in group["items"]]
    home = reverse("admin:index")
    above = [each["link"] for each in items if path == each["link"] or each["link"] != home]
    at = max((link for link in above if path.startswith(link)), key=len, default="")
    for item in items:
        item["active"] = item["link"] == at
    return groups
