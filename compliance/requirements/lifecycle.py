"""A version of a requirement on its way: draft → review → approved → effective → retired.

    create, revise      a draft, of a new requirement or of one there is
    edit                change a draft
    submit, send_back   to review, with curricula taken over, and back
    approve             known from now on, in force from its day on (compliance.signing calls this)
    retire              not asked for from a day on; before its first day: called off
    discard             a draft nobody wants
    advance             what has come into force by the calendar says so

Each is one transaction that locks the version. A step that is not allowed from where it stands raises
NotAllowed; the database refuses it as well. Who approves is never who drafted.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from compliance.models import Requirement, RequirementVersion, VersionState
from compliance.requirements import curricula, definition
from compliance.requirements.errors import NotAllowed

User = AbstractBaseUser


@transaction.atomic
def create(
    store_id: int,
    *,
    code: str,
    title: str,
    document: dict[str, Any],
    by: User | None = None,
    template: str = "",
    change_note: str = "",
) -> RequirementVersion:
    """Make a requirement with a first draft."""
    definition.check(document)
    if Requirement.objects.filter(store_id=store_id, code=code).exists():
        raise NotAllowed(f"There is a requirement {code} already; make a new version of it.")
    requirement = Requirement.objects.create(store_id=store_id, code=code, title=title, template=template)
    return RequirementVersion.objects.create(
        requirement=requirement,
        number=1,
        definition=document,
        change_note=change_note,
        created_by_id=_key(by),
    )


@transaction.atomic
def revise(
    requirement: Requirement, document: dict[str, Any], *, change_note: str, by: User | None = None
) -> RequirementVersion:
    """Make a draft of a next version."""
    definition.check(document)
    Requirement.objects.select_for_update().get(pk=requirement.pk)
    last = requirement.versions.aggregate(last=Max("number"))["last"] or 0
    return RequirementVersion.objects.create(
        requirement=requirement,
        number=last + 1,
        definition=document,
        change_note=change_note,
        created_by_id=_key(by),
    )


@transaction.atomic
def edit(
    version: RequirementVersion, document: dict[str, Any], *, change_note: str | None = None
) -> RequirementVersion:
    """Change a draft."""
    definition.check(document)
    found = _locked(version, "changed", VersionState.DRAFT)
    found.definition = document
    if change_note is not None:
        found.change_note = change_note
    found.save(update_fields=["definition", "change_note"])
    return found


@transaction.atomic
def submit(version: RequirementVersion) -> RequirementVersion:
    """Put a draft to review; what it names of curricula is what they say today."""
    found = _locked(version, "put to review", VersionState.DRAFT)
    what = curricula.taken_over(found.requirement.store_id, found.definition["what"])
    found.definition = {**found.definition, "what": what}
    definition.check(found.definition)
    found.save(update_fields=["definition"])
    found.state = VersionState.REVIEW
    found.save(update_fields=["state"])
    return found


@transaction.atomic
def send_back(version: RequirementVersion) -> RequirementVersion:
    """Make a version in review a draft again."""
    found = _locked(version, "sent back", VersionState.REVIEW)
    found.state = VersionState.DRAFT
    found.save(update_fields=["state"])
    return found


@transaction.atomic
def approve(
    version: RequirementVersion,
    *,
    approved_by: User,
    effective_from: date | None = None,
    signature_id: int | None = None,
) -> RequirementVersion:
    """Let a version in review be in force from a day on: the one it names, or today.

    The day may lie in the past, as of a rule that was made known late; what was known before stays told.
    """
    found = _locked(version, "approved", VersionState.REVIEW)
    if found.created_by_id is not None and found.created_by_id == approved_by.pk:
        raise NotAllowed("Who drafted a version does not approve it.")
    found.approved_at = timezone.now()
    found.approved_by_id = approved_by.pk
    found.signature_id = signature_id
    found.effective_from = effective_from or found.effective_from or _today()
    found.state = VersionState.APPROVED
    found.save(update_fields=["approved_at", "approved_by", "signature_id", "effective_from", "state"])
    if found.effective_from <= _today():
        _take_effect(found)
    return found


@transaction.atomic
def retire(version: RequirementVersion, *, on: date | None = None, why: str) -> RequirementVersion:
    """Ask for it no more from a day on; before its first day it is called off, and the one before goes on.

    What has been in force is never made not to have been: a next version with the same first day corrects it.
    """
    found = _locked(version, "retired", VersionState.APPROVED, VersionState.EFFECTIVE)
    if found.effective_from is None:
        raise NotAllowed("A version that was never approved is discarded.")
    day = on or _today()
    if found.state == VersionState.APPROVED:
        day = min(day, found.effective_from)
    elif day <= found.effective_from:
        raise NotAllowed(
            f"{found} has been in force since {found.effective_from}: retire it from a later day."
        )
    _end(found, day, why)
    return found


@transaction.atomic
def discard(version: RequirementVersion, *, why: str = "") -> RequirementVersion:
    """Give up a draft."""
    found = _locked(version, "discarded", VersionState.DRAFT)
    found.retired_at, found.retired_from, found.retired_why = timezone.now(), _today(), why
    found.state = VersionState.RETIRED
    found.save(update_fields=["retired_at", "retired_from", "retired_why", "state"])
    return found


def advance(today: date | None = None) -> int:
    """Let every approved version whose day has come say that it is effective; return how many that were."""
    due = RequirementVersion.objects.filter(
        state=VersionState.APPROVED, effective_from__lte=today or _today()
    ).order_by("effective_from", "number")
    done = 0
    for each in due:
        with transaction.atomic():
            found = RequirementVersion.objects.select_for_update().get(pk=each.pk)
            if found.state == VersionState.APPROVED:
                _take_effect(found)
                done += 1
    return done


def _take_effect(version: RequirementVersion) -> None:
    version.state = VersionState.EFFECTIVE
    version.save(update_fields=["state"])
    for earlier in version.requirement.versions.select_for_update().filter(state=VersionState.EFFECTIVE):
        if (earlier.effective_from, earlier.number) < (version.effective_from, version.number):
            _end(earlier, version.effective_from or _today(), f"Version {version.number} took its place.")


def _end(version: RequirementVersion, day: date, why: str) -> None:
    version.retired_at, version.retired_from, version.retired_why = timezone.now(), day, why
    version.state = VersionState.RETIRED
    version.save(update_fields=["retired_at", "retired_from", "retired_why", "state"])


def _locked(version: RequirementVersion, what: str, *states: VersionState) -> RequirementVersion:
    found = RequirementVersion.objects.select_for_update().select_related("requirement").get(pk=version.pk)
    if found.state not in states:
        raise NotAllowed(
            f"{found} is {found.get_state_display().lower()}; it is {what} while it is"
            f" {' or '.join(each.label.lower() for each in states)}."
        )
    return found


def _key(user: User | None) -> int | None:
    return None if user is None else int(user.pk)


def _today() -> date:
    return timezone.now().date()
