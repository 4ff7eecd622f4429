"""The roles of compliance, each with the least it needs (NIST 800-53 AC-6).

Made after migrations where a group of that name is missing; a group that is there is never touched, so what
an administrator changed stays. They are meant to be granted (compliance.access.grants): for a store or a
unit of the organization, and a time. Authority to sign comes with "Signs: …" alone, never with the right to
edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from compliance.access.grants import AUDITOR
from compliance.models import Meaning

ADMINISTRATOR = "Compliance: administrator"
MANAGER = "Compliance: manager"
TRAINING_MANAGER = "Compliance: training manager"
EVALUATOR = "Compliance: evaluator"
#: One role for each meaning, such as "Signs: approval".
SIGNS: Mapping[str, str] = {each.value: f"Signs: {each.label.lower()}" for each in Meaning}

#: What only looks after access, and never at records.
_ACCOUNTS = (
    "compliance.add_grant", "compliance.view_grant", "compliance.change_grant", "compliance.reset_password",
    "compliance.report_loss", "compliance.verify_identity", "compliance.view_identityverification",
    "compliance.add_certificationletter", "compliance.view_certificationletter",
    "compliance.add_accountabilitypolicy", "compliance.view_accountabilitypolicy",
    "compliance.view_signaturepolicy", "compliance.change_signaturepolicy", "compliance.add_signaturepolicy",
    "compliance.delete_signaturepolicy", "compliance.view_accessevent", "compliance.view_accountsession",
    "compliance.add_device", "compliance.view_device", "compliance.change_device",
    "compliance.view_recertification", "compliance.add_recertification", "compliance.change_recertification",
    "auth.view_user", "auth.add_user", "auth.change_user", "auth.view_group",
)  # fmt: skip
#: Tables of access itself: whoever manages training has no business there.
_OF_ACCESS = frozenset(
    [
        "grant",
        "passwordreset",
        "passwordused",
        "account",
        "accountname",
        "accountsession",
        "device",
        "signingsession",
        "accessevent",
        "recertification",
        "recertificationitem",
        "identityverification",
    ]
)
#: Tables of oversight: they tell of everybody, whatever part of the organization one looks after.
_OF_OVERSIGHT = frozenset(
    [
        "auditentry",
        "auditreview",
        "disclosure",
        "datarequest",
        "disposition",
        "dispositioncertificate",
        "dispositionitem",
        "dispositionresult",
        "legalhold",
    ]
)
_PEOPLE = ("connectors.view_person", "connectors.view_organizationunit")

#: Role → permissions by name, beside those found by rule (`_by_rule`).
ROLES: Mapping[str, Sequence[str]] = {
    ADMINISTRATOR: _ACCOUNTS,
    MANAGER: (*_PEOPLE, "compliance.view_disclosure", "compliance.view_grant", "compliance.pull_reports"),
    TRAINING_MANAGER: (*_PEOPLE, "compliance.pull_reports"),
    EVALUATOR: ("connectors.view_person", "compliance.evaluate_practice"),
    AUDITOR: (
        *_PEOPLE,
        "lrs.view_statement",
        "compliance.pull_reports",
        "compliance.view_accessevent",
        "compliance.view_disclosure",
        "compliance.view_grant",
    ),
    **{role: (f"compliance.sign_{meaning}",) for meaning, role in SIGNS.items()},
}
#: Role → what it may do to the tables of requirements, completions, reports and retention.
_BY_RULE: Mapping[str, Sequence[str]] = {
    MANAGER: ("view", "add", "change"),
    TRAINING_MANAGER: ("view",),
    AUDITOR: ("view",),
}


def make_roles(**_: Any) -> None:
    """Make the roles that are missing (a receiver of post_migrate)."""
    for role, names in ROLES.items():
        group, new = Group.objects.get_or_create(name=role)
        if new:
            group.permissions.set([*_named(names), *_by_rule(role)])


def _named(names: Sequence[str]) -> list[Permission]:
    wanted = Q(pk__in=())
    for name in names:
        app, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))


def _by_rule(role: str) -> list[Permission]:
    actions = _BY_RULE.get(role, ())
    if not actions:
        return []
    apart = _OF_ACCESS | _OF_OVERSIGHT if role == TRAINING_MANAGER else _OF_ACCESS
    tables = Permission.objects.filter(content_type__app_label="compliance").select_related("content_type")
    return [
        each
        for each in tables
        if each.codename.partition("_")[0] in actions
        and each.codename.partition("_")[2] == each.content_type.model
        and each.content_type.model not in apart
    ]
