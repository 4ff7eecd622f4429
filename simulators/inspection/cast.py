"""Who takes part: people with accounts of their own, each with the least they need.

In: a stage. Out: accounts with passwords, authority to sign, and what 21 CFR 11 asks for first: a verified
identity, an accountability policy acknowledged, the organization's letter. Whoever gave an account its
authority is not its owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_hex, token_urlsafe
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, User
from django.utils import timezone

from compliance.access import grants
from compliance.access.grants import AUDITOR
from compliance.access.roles import EVALUATOR, MANAGER, SIGNS
from compliance.models import AccountabilityPolicy, CertificationLetter
from compliance.signing import readiness
from simulators.inspection.browsing import Visitor
from simulators.inspection.stage import Stage

__all__ = ["AUDITOR", "EVALUATOR", "MANAGER", "Actor", "actor", "warden"]

_LIVES = timedelta(days=7)


@dataclass(slots=True)
class Actor:
    """Somebody with an account, and the window they work in."""

    user: User
    password: str = field(repr=False)
    window: Visitor

    @property
    def name(self) -> str:
        """Their printed name."""
        return self.user.get_full_name()

    def sign_in(self, then: str = "/audit/") -> None:
        """Sign in as anybody does."""
        self.window.open(f"/accounts/login/?next={then}")
        self.window.fill("login", self.user.username)
        self.window.fill("password", self.password)
        self.window.press("Sign in")

    def sign(self, kind: str, key: str, *, reason: str = "") -> str:
        """Sign a record on its page, with as many components as it asks for; return what the page says."""
        self.window.open(f"/audit/sign/{kind}/{key}/")
        if not self.window.has("password"):
            return self.window.words()
        if self.window.has("user_name"):
            self.window.fill("user_name", self.user.username)
        self.window.fill("password", self.password)
        self.window.fill("reason", reason)
        self.window.press("Sign")
        return self.window.words()


def actor(
    stage: Stage, name: str, *, role: str = "", signs: Sequence[str] = (), unit: Any = None, email: str = ""
) -> Actor:
    """Return somebody new with a role in the store, or a unit of it, for a week, and authority to sign."""
    first, _, last = name.partition(" ")
    password = token_urlsafe(16)
    by = warden()
    user = User.objects.create(
        username=f"{first.lower()}-{stage.mark}-{token_hex(2)}",
        # The hasher of every Django, whatever the process that runs this would use.
        password=PBKDF2PasswordHasher().encode(password, token_urlsafe(12)),
        first_name=first,
        last_name=last,
        email=email,
        is_staff=role == MANAGER,
    )
    for given in (*([role] if role else []), *(SIGNS[each] for each in signs)):
        grants.give(
            user,
            Group.objects.get(name=given),
            store_id=stage.store_id,
            by=by,
            reason="Simulated inspection",
            unit=unit if given == role else None,
            ends=timezone.now() + _LIVES,
        )
    if signs:
        _make_ready(user, by)
    return Actor(user, password, stage.visit())


def warden() -> User:
    """Return who makes accounts and verifies identities; nobody can sign in as them."""
    found, new = User.objects.get_or_create(
        username="simulated-warden", defaults={"first_name": "Wanda", "last_name": "Warden"}
    )
    if new:
        found.set_unusable_password()
        found.save(update_fields=["password"])
    return found


def _make_ready(user: User, by: User) -> None:
    today = timezone.now().date()
    if not readiness.letter_recorded():
        CertificationLetter.objects.create(
            organization="Northwind", signed_by="Head of Quality", sent_on=today, reference="Simulated",
            recorded_by=by,
        )  # fmt: skip
    policy = readiness.policy_in_force()
    if policy is None:
        policy = AccountabilityPolicy.objects.create(
            version="simulated", title="Accountability", text="What I sign, I answer for.",
            effective_on=today, written_by=by,
        )  # fmt: skip
    readiness.acknowledge(user, policy, shown_hash=readiness.text_hash(policy))
    readiness.verify_identity(user, by=by, method="Passport seen in person (simulated)")
