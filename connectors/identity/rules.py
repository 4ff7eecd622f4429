"""Rules by which an actor is told to be a person: which texts are compared with which identifiers.

In: an actor and rules. Out: the texts the actor is compared by, and for each rule the identifier types and
issuers it looks at. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.identity.normal import normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An actor as statements name it."""

    kind: str
    value: str
    home_page: str = ""
    source_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way to tell; see connectors.models.IdentityRule for what each field means."""

    id: int | None
    name: str
    actor_kind: str
    identifier_type: str
    home_page: str = ""
    source_id: int | None = None
    issuer: str = ""
    #: Whether the identifier's issuer must be the account's home page.
    same_issuer: bool = False
    transform: Mapping[str, Any] = field(default_factory=dict)
    confidence: float = 1.0
    accept_from: float = 0.9
    grace_days: int = 30

    def concerns(self, actor: Named) -> bool:
        """Whether this rule is for such an actor."""
        return (
            self.actor_kind == actor.kind
            and (not self.home_page or _page(self.home_page) == _page(actor.home_page))
            and (self.source_id is None or self.source_id == actor.source_id)
        )

    def looks_at(self, type_: str, issuer: str, actor: Named) -> bool:
        """Whether an identifier of this type and issuer counts."""
        if type_ != self.identifier_type or (self.issuer and issuer != self.issuer):
            return False
        return not self.same_issuer or _page(issuer) == _page(actor.home_page)

    def text(self, actor: Named) -> str:
        """Return what is compared."""
        return transformed(_bare(actor), self.transform)


#: What a store begins with, in the order they are tried.
STANDARD: Sequence[Mapping[str, Any]] = (
    {"name": "E-mail address", "actor_kind": "mbox", "identifier_type": "email", "confidence": 1.0},
    {
        "name": "Hashed e-mail address",
        "actor_kind": "mbox_sha1sum",
        "identifier_type": "email",
        "confidence": 0.98,
    },
    {"name": "OpenID", "actor_kind": "openid", "identifier_type": "openid", "confidence": 1.0},
    {
        "name": "Account under its home page",
        "actor_kind": "account",
        "identifier_type": "account",
        "same_issuer": True,
        "confidence": 1.0,
    },
    {
        "name": "Subject of the identity provider",
        "actor_kind": "account",
        "identifier_type": "subject",
        "confidence": 0.97,
    },
    {
        "name": "Employee number",
        "actor_kind": "account",
        "identifier_type": "employee_number",
        "confidence": 0.95,
    },
    {"name": "User name", "actor_kind": "account", "identifier_type": "user_name", "confidence": 0.95},
    {
        "name": "E-mail address as account name",
        "actor_kind": "account",
        "identifier_type": "email",
        "confidence": 0.93,
    },
)

_TRANSFORMS = frozenset({"strip_prefix", "strip_suffix", "strip_domain", "pad_zeros", "drop_leading_zeros"})


def check_transform(transform: Mapping[str, Any]) -> None:
    """Raise ValueError where a transformation is none of those there are."""
    if unknown := set(transform) - _TRANSFORMS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(_TRANSFORMS))}")


def transformed(text: str, transform: Mapping[str, Any]) -> str:
    """Return the text after strip_prefix, strip_suffix, strip_domain, drop_leading_zeros and pad_zeros."""
    text = normal(text)
    if prefix := transform.get("strip_prefix"):
        text = text.removeprefix(normal(str(prefix)))
    if suffix := transform.get("strip_suffix"):
        text = text.removesuffix(normal(str(suffix)))
    if transform.get("strip_domain"):
        text = text.rpartition("\\")[2].partition("@")[0]
    if transform.get("drop_leading_zeros"):
        text = text.lstrip("0") or text
    if width := transform.get("pad_zeros"):
        text = text.zfill(int(width))
    return text


def forms(actor: Named, rules: Iterable[Rule]) -> list[str]:
    """Return every text the actor is compared by under `rules`."""
    return sorted({rule.text(actor) for rule in rules if rule.concerns(actor)} | {normal(_bare(actor))})


def _bare(actor: Named) -> str:
    return actor.value.removeprefix("mailto:") if actor.kind == "mbox" else actor.value


def _page(home_page: str) -> str:
    return normal(home_page).rstrip("/")
