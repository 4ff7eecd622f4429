"""Whoever changes what is audited is asked why, on whatever page they do it."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from compliance.models import AuditEntry, SignaturePolicy
from compliance.trail.declared import AUDITED
from lrs.admin.reason import AsksForReason
from tests.connectors.people import new_store

#: Models whose pages are our own; where those that change something ask.
_TEMPLATES = {
    "connectors.System": ["connectors/admin/systems/system.html", "connectors/admin/setup/settings.html"],
    "connectors.SystemSecret": ["connectors/admin/setup/secrets.html"],
    "connectors.FieldMapping": ["connectors/admin/mapping/editor.html"],
    "connectors.AlertChannel": ["connectors/admin/watch/channel.html"],
    "connectors.IdentityRule": ["connectors/admin/people/rule.html"],
    "compliance.RetentionSchedule": ["compliance/admin/retention/schedules.html"],
    "compliance.CompletionRule": ["compliance/admin/completions/new_rule.html"],
    "compliance.CompletionRuleVersion": ["compliance/admin/completions/rule.html"],
    "compliance.CourseEquivalence": [
        "compliance/admin/catalogue/equivalence.html", "compliance/admin/catalogue/equivalences.html",
    ],
    "compliance.Requirement": [
        "compliance/admin/requirement_form.html", "compliance/admin/requirement.html",
        "compliance/admin/templates.html",
    ],
}  # fmt: skip
#: Models whose pages say why in a column of their own, or on which a person only decides, with a note.
_OWN_WORDS = {
    "compliance.Grant": "The grant has a reason of its own, which it cannot be without.",
    "compliance.AuditReview": "The note of the reviewer.",
    "compliance.TrainingFile": "Brought once; its signature says as what.",
    "compliance.TrainingRecord": "Told once; a withdrawal says why.",
    "compliance.PracticalSignOff": "Signed, with the evaluator's remarks; a withdrawal says why.",
    "compliance.PasswordReset": "Asked for and approved by two people, with the reason.",
    "compliance.LegalHold": "Placed and lifted with the reason.",
    "compliance.Disposition": "Reviewed with a note, and signed.",
    "compliance.DataRequest": "Answered with the duty or the ground.",
    "compliance.Device": "Registered once and revoked with the reason.",
    "compliance.CertificationLetter": "Added once, with its reference.",
    "compliance.AccountabilityPolicy": "Each is a new version.",
    "connectors.Person": "Each change by hand has evidence of its own.",
    "connectors.OrganizationUnit": "Only looked at.",
    "connectors.IdentityReview": "A decision about a person, with its evidence.",
    "connectors.SyncRun": "Asked for, approved and cancelled by name.",
    "connectors.SyncException": "Fixed and replayed by name.",
    "connectors.DriftFinding": "Decided by name.",
    "connectors.ScimToken": "Issued and withdrawn by name.",
}
_FORM = re.compile(r'<form[^>]*method="post".*?</form>', re.DOTALL)


def _written_by_people() -> list[str]:
    """Return the audited models that have a page on which somebody could write them."""
    found = []
    for each in AUDITED:
        model = apps.get_model(each.label)
        page = admin.site._registry.get(model)
        if page is not None and type(page).__module__.startswith(("lrs", "connectors", "compliance")):
            found.append(each.label)
    return found


def _text(template: str) -> str:
    app = template.partition("/")[0]
    return (Path(settings.BASE_DIR) / app / "templates" / template).read_text(encoding="utf-8")


def test_the_page_of_every_audited_model_asks_or_has_words_of_its_own(database: None) -> None:
    silent = [
        label
        for label in _written_by_people()
        if not isinstance(admin.site._registry[apps.get_model(label)], AsksForReason)
        and label not in _TEMPLATES
        and label not in _OWN_WORDS
        and not _only_looked_at(label)
    ]
    assert silent == []


def _only_looked_at(label: str) -> bool:
    page = admin.site._registry[apps.get_model(label)]
    return type(page).__name__ in {
        "SignatureAdmin", "CompletionAdmin", "RecertificationItemAdmin", "IdentityVerificationAdmin",
    }  # fmt: skip


@pytest.mark.parametrize("template", [each for some in _TEMPLATES.values() for each in some])
def test_every_form_of_our_own_that_changes_configuration_asks(template: str) -> None:
    forms = _FORM.findall(_text(template))
    assert forms
    assert all("lrs/admin/reason.html" in each for each in forms)


@pytest.fixture
def ada(database: None) -> Client:
    cache.clear()
    client = Client()
    client.force_login(User.objects.create_superuser(f"ada-{uuid4().hex[:8]}"))
    return client


def test_a_change_without_a_reason_is_not_made(ada: Client) -> None:
    store = new_store()
    address = f"/admin/lrs/store/{store.pk}/change/"
    said = {"name": store.name, "description": "Nurses"}
    refused = ada.post(address, said)
    assert refused.status_code == 200
    assert "change_reason" in refused.context["adminform"].form.errors
    store.refresh_from_db()
    assert store.description != "Nurses"
    assert ada.post(address, {**said, "change_reason": "As asked for in #12."}).status_code == 302
    entry = AuditEntry.objects.filter(table_name="lrs_store", row_key=str(store.pk)).latest("seq")
    assert entry.reason == "As asked for in #12."


def test_a_signature_policy_is_changed_for_a_reason(ada: Client) -> None:
    row = SignaturePolicy.objects.get(kind="waiver")
    address = f"/admin/compliance/signaturepolicy/{row.pk}/change/"
    said = {"kind": "waiver", "step": 1, "meaning": "approval", "signers": 1, "not_own": "on"}
    assert ada.post(address, said).status_code == 200
    assert ada.post(address, {**said, "change_reason": "Reviewed, unchanged."}).status_code == 302
