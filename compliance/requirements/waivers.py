"""Waivers and equivalencies: who is freed from a requirement, why, and until when.

    propose   a person, or everybody a rule is about; nothing follows from it yet
    approve   it holds (compliance.signing calls this); never by who proposed it
    revoke    it ends before its time; what was so before stays so

Nobody who is freed is ever shown as having completed anything.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from compliance.models import Requirement, Waiver, WaiverKind
from compliance.requirements import definition
from compliance.requirements.errors import NotAllowed

User = AbstractBaseUser


def propose(  # noqa: PLR0913  one for each thing a waiver says
    requirement: Requirement,
    *,
    reason: str,
    valid_from: date,
    valid_to: date,
    person_id: int | None = None,
    rule: dict[str, Any] | None = None,
    kind: str = WaiverKind.WAIVER,
    evidence: str = "",
    by: User | None = None,
) -> Waiver:
    """Propose to free a person, or a group, until the last day `valid_to`."""
    if (person_id is None) == (rule is None):
        raise NotAllowed("A waiver is for one person or for one group.")
    if rule is not None:
        definition.check_rule(rule)
    if valid_to < valid_from:
        raise NotAllowed("A waiver ends on or after its first day.")
    if not reason.strip():
        raise NotAllowed("A waiver says why.")
    if kind == WaiverKind.EQUIVALENCY and not evidence.strip():
        raise NotAllowed("An equivalency says what was accepted instead.")
    return Waiver.objects.create(
        requirement=requirement,
        kind=kind,
        person_id=person_id,
        rule=rule,
        reason=reason,
        evidence=evidence,
        valid_from=valid_from,
        valid_to=valid_to,
        created_by_id=None if by is None else by.pk,
    )


@transaction.atomic
def approve(waiver: Waiver, *, approved_by: User, signature_id: int | None = None) -> Waiver:
    """Let it hold."""
    found = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if found.approved_at is not None:
        raise NotAllowed(f"{found} has been approved.")
    if found.revoked_at is not None:
        raise NotAllowed(f"{found} has been called off.")
    if found.created_by_id is not None and found.created_by_id == approved_by.pk:
        raise NotAllowed("Who proposed a waiver does not approve it.")
    found.approved_at = timezone.now()
    found.approved_by_id = approved_by.pk
    found.signature_id = signature_id
    found.save(update_fields=["approved_at", "approved_by", "signature_id"])
    return found


@transaction.atomic
def revoke(waiver: Waiver, *, why: str, on: date | None = None) -> Waiver:
    """End it: from a day on it does not hold, as is known from now on."""
    found = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if found.revoked_at is not None:
        raise NotAllowed(f"{found} has been revoked.")
    found.revoked_at = timezone.now()
    found.revoked_from = on or found.revoked_at.date()
    found.revoked_why = why
    found.save(update_fields=["revoked_at", "revoked_from", "revoked_why"])
    return found
