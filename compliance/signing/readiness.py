"""What has to be there before anybody signs, and the records of it.

The organization's certification to FDA (21 CFR 11.100(c)); the accountability policy, acknowledged by the
signer (11.10(j)); the signer's identity, verified by somebody else (11.100(b)); a password that is not too
old (11.300(b)); required training that is not overdue (11.10(i)), asked of whoever registered an answer
here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from compliance.accounts import passwords
from compliance.models import (
    AccountabilityPolicy,
    CertificationLetter,
    IdentityVerification,
    PolicyAcknowledgement,
)
from compliance.signing.errors import NotReady


class NotVerified(Exception):
    """An identity that was not noted as verified; the text says why."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Something that has to be done first: letter, policy, identity, password or training."""

    rule: str
    text: str


#: Asked in order for more that hinders a user from signing (such as training that is overdue).
_MORE: list[Callable[[User], Hindrance | None]] = []


def also_asks(question: Callable[[User], Hindrance | None]) -> Callable[[User], Hindrance | None]:
    """Have a question asked of everybody who wants to sign."""
    _MORE.append(question)
    return question


def no_longer_asks(question: Callable[[User], Hindrance | None]) -> None:
    """Take a question back."""
    _MORE.remove(question)


def hindrances(user: User) -> list[Hindrance]:
    """Return what has to be done before this user signs anything."""
    found = []
    if not letter_recorded():
        found.append(
            Hindrance("letter", "The organization's certification letter to FDA is not recorded yet.")
        )
    policy = policy_in_force()
    if policy is None:
        found.append(Hindrance("policy", "There is no accountability policy in force yet."))
    elif not acknowledged(user, policy):
        found.append(Hindrance("policy", f"Read and acknowledge {policy} first."))
    if not IdentityVerification.objects.filter(user=user, revoked_at__isnull=True).exists():
        found.append(Hindrance("identity", "Nobody has verified your identity yet."))
    if passwords.is_expired(user):
        found.append(Hindrance("password", "Your password is too old to sign with. Change it first."))
    found += [said for each in _MORE if (said := each(user)) is not None]
    return found


def must_be_ready(user: User) -> None:
    """Raise NotReady for the first thing that has to come before."""
    for each in hindrances(user):
        raise NotReady(each.text, rule=each.rule)


def letter_recorded() -> bool:
    """Whether a certification letter stands."""
    return CertificationLetter.objects.filter(
        withdrawn_at__isnull=True, sent_on__lte=timezone.now().date()
    ).exists()


def policy_in_force() -> AccountabilityPolicy | None:
    """Return the accountability policy that counts today."""
    return (
        AccountabilityPolicy.objects.filter(effective_on__lte=timezone.now().date())
        .order_by("-effective_on", "-pk")
        .first()
    )


def acknowledged(user: User, policy: AccountabilityPolicy) -> bool:
    """Whether the user has acknowledged exactly this text."""
    return PolicyAcknowledgement.objects.filter(
        user=user, policy=policy, text_hash=text_hash(policy)
    ).exists()


def acknowledge(user: User, policy: AccountabilityPolicy, *, shown_hash: str, address: str = "") -> None:
    """Note that the user accepts the policy whose text was shown. Raises NotReady where it is another."""
    if shown_hash != text_hash(policy) or policy != policy_in_force():
        raise NotReady("The policy has changed meanwhile. Read it again.", rule="policy")
    PolicyAcknowledgement.objects.get_or_create(
        user=user, policy=policy, defaults={"text_hash": shown_hash, "address": address[:64]}
    )


def verify_identity(user: User, *, by: User, method: str) -> IdentityVerification:
    """Note that `by` checked who `user` is. Raises NotVerified for oneself, and where it is so already."""
    try:
        with transaction.atomic():
            return IdentityVerification.objects.create(user=user, verified_by=by, method=method)
    except IntegrityError:
        why = "Nobody verifies their own identity." if user.pk == by.pk else "It is verified already."
        raise NotVerified(why) from None


def text_hash(policy: AccountabilityPolicy) -> str:
    """Return SHA-256 of a policy's text."""
    return sha256(policy.text.encode()).hexdigest()
