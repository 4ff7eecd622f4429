"""The record store of a qualification, and the person, course and requirement in it.

In: a mark that nobody used before. Out: `Setting`. Everything is made through the doors of the parts, as the
administrator does it; `ended` lets nothing of it go on. Never anything in another store.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone

from compliance.models import Requirement, RequirementVersion
from compliance.requirements import lifecycle
from connectors.models import PersonKey, System
from connectors.workforce.canonical import Assigned, Engaged, Identified, Named, Unit, Worker
from connectors.workforce.record import apply
from hub.validation.steps import Unmet
from lrs.auth.issue import issue, revoke

SOURCE, UNIT, COURSE = "Qualification", "QUALIFICATION", "QUALIFICATION"
SCOPES = (
    "all", "workforce/read", "log/read", "audit/read", "compliance/read", "compliance/write",
)  # fmt: skip
_HIRED = date(2020, 1, 1)
_SINCE = timedelta(days=365)


@dataclass(slots=True)
class Setting:
    """What a qualification works with."""

    mark: str
    store: str
    key: str = ""
    secret: str = field(default="", repr=False)
    store_id: int = 0
    credential_id: int = 0
    person_id: int = 0
    requirement_id: int = 0
    version_id: int = 0

    @property
    def mailbox(self) -> str:
        """The address of the person there is."""
        return f"qualification.{self.mark}@example.invalid"

    @property
    def activity(self) -> str:
        """What is learned."""
        return f"https://w3id.org/lrshub/qualification/{self.mark}/course"


def new() -> Setting:
    """Return a setting in which nothing has been made."""
    mark = secrets.token_hex(4)
    return Setting(mark, f"Qualification {timezone.now():%Y-%m-%d %H:%M} {mark}")


def connect(setting: Setting) -> None:
    """Make the store, a source in it and a credential."""
    issued = issue(store=setting.store, source=SOURCE, scopes=SCOPES, label="Made by validate")
    setting.key, setting.secret = issued.key, issued.secret
    setting.credential_id = issued.credential.pk
    setting.store_id = issued.credential.source.store_id


def hire(setting: Setting) -> None:
    """Have a system of record tell of one person and their department."""
    system = System.objects.create(
        store_id=setting.store_id, name=SOURCE, adapter="manual", namespace="qualification"
    )
    worker = Worker(
        key=setting.mark,
        names=(Named(formatted="Quinn Qualification", given="Quinn", family="Qualification"),),
        identifiers=(Identified(type="email", value=setting.mailbox, primary=True),),
        relationships=(Engaged(hire_date=_HIRED, assignments=(Assigned(unit=UNIT, title="Tester"),)),),
    )
    records = (Unit(key=UNIT, name="Qualification"), worker)
    refused = [each for each in apply(system, records, as_of=timezone.now()) if each.what == "refused"]
    if refused:
        raise Unmet(f"the record was refused: {refused[0].refused}")
    setting.person_id = PersonKey.objects.get(system=system, key=setting.mark).person_id


def require(setting: Setting) -> None:
    """Put a requirement in force that the course meets; an account nobody can use approves it."""
    approver = get_user_model().objects.create_user(f"qualification-{setting.mark}", is_active=False)
    draft = lifecycle.create(
        setting.store_id,
        code=COURSE,
        title="Qualification",
        document={"what": {"course": COURSE}, "for": {"everybody": True}, "when": {"within_days": 30}},
        change_note="Made by validate",
    )
    lifecycle.submit(draft)
    approved = lifecycle.approve(draft, approved_by=approver, effective_from=timezone.now().date() - _SINCE)
    setting.requirement_id, setting.version_id = approved.requirement_id, approved.pk


def ended(setting: Setting) -> None:
    """Retire the requirement, revoke the credential and let the source neither post nor read."""
    if setting.version_id:
        version = RequirementVersion.objects.get(pk=setting.version_id)
        tomorrow = timezone.now().date() + timedelta(days=1)
        lifecycle.retire(version, on=tomorrow, why="The qualification is over.")
        setting.version_id = 0
    if setting.credential_id:
        credential = apps.get_model("lrs", "Credential").objects.get(pk=setting.credential_id)
        revoke(credential)
        apps.get_model("lrs", "Source").objects.filter(pk=credential.source_id).update(active=False)


def leaves(setting: Setting) -> list[str]:
    """Return what stays in the hub."""
    if not setting.store_id:
        return []
    retired = Requirement.objects.filter(store_id=setting.store_id).count()
    return [
        f"The record store “{setting.store}”: its statements are append-only, as all are, and so stay.",
        "In that store: one source, inactive; one credential, revoked; one system that reads nothing.",
        f"In that store: one person, one unit, one course; {retired} requirement, retired from tomorrow.",
        f"The account qualification-{setting.mark}, inactive and without a password: it approved that one.",
        "Entries of the audit trail and leaves of the proof log that tell of this. Nothing in other stores.",
    ]
