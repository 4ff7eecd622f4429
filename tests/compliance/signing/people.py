"""Who signs: Ada writes records, Ruth reviews, Paul approves, Ines looks; and what they sign."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from compliance import signing
from compliance.access.roles import SIGNS
from compliance.models import AccountabilityPolicy, CertificationLetter
from compliance.signing import Given, Shown, SignableKind, Step, readiness

PASSWORD = "correct horse battery staple"
PEOPLE = {"Ada": "Ada Byron", "Ruth": "Ruth Lawrence", "Paul": "Paul Erdős", "Ines": "Inés Gómez"}


def person(name: str, *meanings: str, ready: bool = True) -> User:
    """Return somebody with an account of their own, the authority to sign for `meanings`, and all done that
    comes first."""
    first, last = PEOPLE[name].split(" ", 1)
    user = User.objects.create_user(
        f"{name.lower()}-{uuid4().hex[:8]}",
        password=PASSWORD,
        first_name=first,
        last_name=last,
        is_staff=True,
    )
    for meaning in meanings:
        user.groups.add(Group.objects.get(name=SIGNS[meaning]))
    if ready:
        make_ready(user)
    return user


def warden() -> User:
    """Return who recorded the letter and the policy, and verifies identities."""
    found, _ = User.objects.get_or_create(username="warden", defaults={"first_name": "Wanda"})
    return found


def make_ready(user: User) -> None:
    """Do what has to be there before `user` signs."""
    organization_is_ready()
    policy = readiness.policy_in_force()
    assert policy is not None
    readiness.acknowledge(user, policy, shown_hash=readiness.text_hash(policy))
    readiness.verify_identity(user, by=warden(), method="passport seen in person")


def organization_is_ready() -> None:
    """Record the letter to FDA and the accountability policy."""
    if not readiness.letter_recorded():
        CertificationLetter.objects.create(
            organization="Meridian Health", signed_by="The quality director", sent_on=timezone.now().date(),
            reference="ESG 1", recorded_by=warden(),
        )  # fmt: skip
    if readiness.policy_in_force() is None:
        AccountabilityPolicy.objects.create(
            version=uuid4().hex[:8], title="Accountability", text="What I sign, I answer for.",
            effective_on=timezone.now().date(), written_by=warden(),
        )  # fmt: skip


@dataclass
class Procedures:
    """Records of a kind of their own, kept in memory: each has a text, a version and an author."""

    kind: str = field(default_factory=lambda: f"procedure-{uuid4().hex[:8]}")
    texts: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    author: User | None = None
    completed: list[tuple[str, int]] = field(default_factory=list)
    fails: bool = False

    def shown(self, key: str) -> Shown:
        return Shown(
            kind=self.kind,
            record_key=key,
            version=self.versions.get(key, "1"),
            title=f"Procedure {key}",
            author_id=self.author.pk if self.author else None,
            content={"text": self.texts[key]},
        )

    def complete(self, key: str, signatures: Any) -> None:
        if self.fails:
            raise RuntimeError("what follows cannot happen")
        self.completed.append((key, len(signatures)))

    def register(self, *steps: Step) -> Procedures:
        signing.register(
            SignableKind(
                kind=self.kind,
                label="procedure",
                shown=self.shown,
                complete=self.complete,
                policy=steps or (Step(meaning="approval"),),
                view_permission="compliance.view_signature",
            )
        )
        return self


class Desk:
    """A browser in which somebody is signed in, and what they sign with it."""

    def __init__(self, user: User, *, agent: str = "Firefox") -> None:
        self.user = user
        self.agent = agent
        self.client = Client(headers={"User-Agent": agent})
        self.sign_in()

    def sign_in(self) -> None:
        # The first request is that of any visitor: it gives the browser its cookie.
        answer = self.client.post("/accounts/login/", {"login": self.user.username, "password": PASSWORD})
        assert answer.status_code == 302, answer.content[:500]

    def request(self) -> HttpRequest:
        """Return a request of this browser as the hub's middleware leaves it."""
        answer: Any = self.client.get("/accounts/")
        assert answer.status_code == 200, answer.content[:500]
        found: HttpRequest = answer.wsgi_request
        found.user = User.objects.get(pk=self.user.pk)
        return found

    def sign(
        self,
        records: Procedures,
        key: str = "1",
        *,
        meaning: str = "approval",
        shown_hash: str = "",
        given: Given | None = None,
        every: bool = True,
        **more: Any,
    ) -> Any:
        """Sign a record, with all components or with the password alone."""
        full = Given(user_name=self.user.username, password=PASSWORD)
        return signing.sign(
            signing.signer_of(self.request()),
            kind=records.kind,
            record_key=key,
            shown_hash=shown_hash or records.shown(key).digest,
            meaning=meaning,
            given=given if given is not None else full if every else Given(password=PASSWORD),
            **more,
        )

    def sign_directly(self, kind: str, key: object, *, meaning: str = "approval") -> Any:
        """Sign a record as it is now without having been shown it."""
        return signing.sign(
            signing.signer_of(self.request()),
            kind=kind,
            record_key=str(key),
            shown_hash=signing.shown_of(kind, str(key)).digest,
            meaning=meaning,
            given=Given(user_name=self.user.username, password=PASSWORD),
        )

    def sign_on_page(self, kind: str, key: object, *, meaning: str = "approval", reason: str = "") -> Any:
        """Sign on the page of a record as a browser does: look first, then send the form."""
        address = f"/audit/sign/{kind}/{key}/"
        shown = self.client.get(address)
        assert shown.status_code == 200, shown.content[:500]
        return self.client.post(
            address,
            {
                "shown_hash": shown.context["shown"].digest,
                "meaning": meaning,
                "user_name": self.user.username,
                "password": PASSWORD,
                "reason": reason,
                "zone": "Europe/Berlin",
            },
        )
