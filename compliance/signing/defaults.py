"""What each kind of record is signed with, as data an administrator may change.

In: the kinds that are registered. Out: rows of SignaturePolicy for each that has none, as it brings them; a
kind that has any is left alone.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from compliance.models import SignaturePolicy
from compliance.signing.kinds import registered


def make_policies(**_: Any) -> None:
    """Make the policies that are missing (a receiver of post_migrate)."""
    known = set(SignaturePolicy.objects.values_list("kind", flat=True))
    SignaturePolicy.objects.bulk_create(
        SignaturePolicy(
            kind=kind.kind,
            step=each.step,
            meaning=each.meaning,
            signers=each.signers,
            role=Group.objects.filter(name=each.role).first() if each.role else None,
            not_own=each.not_own,
            repeatable=each.repeatable,
        )
        for kind in registered()
        if kind.kind not in known
        for each in kind.policy
    )
