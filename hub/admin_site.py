"""The frame of the administration: its menu and its look (UNFOLD in the settings points here).

In: a request of a member of staff. Out: the menu, with what the person may see. Each application has a group;
one that grows pages adds its group here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

Item = dict[str, Any]


def navigation(_: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu."""
    # Its pages use models, which are not there yet when the settings load this module.
    from compliance.admin import menu as compliance_menu
    from connectors.admin import menu

    workforce = [_item(*entry) for entry in menu()]
    compliance = [_item(*entry) for entry in compliance_menu()]
    return [
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
        *([{"title": "Workforce", "separator": True, "items": workforce}] if workforce else []),
        *([{"title": "Compliance", "separator": True, "items": compliance}] if compliance else []),
        {
            "title": "People",
            "separator": True,
            "items": [
                _item("Users", "person", "admin:auth_user_changelist", "auth.view_user"),
                _item("Roles", "badge", "admin:auth_group_changelist", "auth.view_group"),
            ],
        },
    ]


def dashboard(request: HttpRequest, known: dict[str, Any]) -> dict[str, Any]:
    """Return what the first page shows: the record store's numbers, and a block of each area that has one."""
    from connectors.admin.people import coverage
    from lrs.admin.dashboard import context

    blocks = [block for block in (coverage.block(request),) if block is not None]
    return {**context(request, known), "blocks": blocks}


def static_file(path: str) -> Callable[[HttpRequest], str]:
    """Return what finds a static file's address once there is a request; settings load before."""
    return lambda _: static(path)


def _item(title: str, icon: str, name: str, permission: str = "") -> Item:
    address = reverse(name)
    return {
        "title": title,
        "icon": icon,
        "link": address,
        "permission": _may(permission),
        "active": _is_at(address),
    }


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: not permission or request.user.has_perm(permission)


def _is_at(address: str) -> Callable[[HttpRequest], bool]:
    # The pages below "Sources" and "Activities" include others of this menu.
    inner = {reverse("admin:lrs_connect"), reverse("admin:lrs_entity_agents")}
    others = tuple(each for each in inner if each != address)
    if address == reverse("admin:index"):
        return lambda request: request.path == address
    return lambda request: request.path.startswith(address) and not request.path.startswith(others)
