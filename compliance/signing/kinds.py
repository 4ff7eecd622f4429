"""What can be signed: a registry that other parts of compliance fill, a kind of record each.

In: registrations, when the application starts. Out: for a kind and a record key, exactly what a signer is
shown. Registering the same kind twice is an error; nothing here knows any of the kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import rfc8785

from compliance.access.scope import sees_all
from compliance.signing.errors import UnknownRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Exactly what a signer sees. All of it is hashed, so nothing that signing itself changes (a state
    "waits for signatures") may stand in it."""

    kind: str
    record_key: str
    #: Which version of the record; a changed record has another.
    version: str
    title: str
    #: Primary key of the user who made it; None where that was the hub or nobody in particular.
    author_id: int | None
    #: JSON values only: dict, list, str, int, float, bool, None.
    content: Mapping[str, Any]

    def canonical(self) -> bytes:
        """Return its one text (JSON Canonicalization Scheme, RFC 8785)."""
        return rfc8785.dumps(
            {
                "kind": self.kind,
                "record_key": self.record_key,
                "version": self.version,
                "title": self.title,
                "author_id": self.author_id,
                "content": dict(self.content),
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical text, in hexadecimal."""
        return sha256(self.canonical()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing a policy demands; steps of the same number may be taken in any order."""

    meaning: str
    step: int = 1
    #: How many different people.
    signers: int = 1
    #: Name of the role (group) they must have; empty: whoever may sign with this meaning.
    role: str = ""
    #: Whether the author of the record is shut out.
    not_own: bool = True
    #: Whether somebody who gave another signature of the record may give this one too.
    repeatable: bool = False


def _nothing(record_key: str, signatures: Sequence[Any]) -> None:
    """Nothing follows from the last signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignableKind:
    """A kind of record that is signed."""

    #: Such as "requirement-version"; at most 60 characters, part of addresses.
    kind: str
    #: What people call it.
    label: str
    #: record key → what the signer sees. Raises LookupError (DoesNotExist is none: convert it) where there
    #: is no such record. Called again inside the transaction of the signature; lock what must not change.
    shown: Callable[[str], Shown]
    #: Called in the transaction of the last signature its policy needs, with the record key and all its
    #: signatures. What it raises takes that signature back.
    complete: Callable[[str, Sequence[Any]], None] = _nothing
    #: Demanded where the organization has set no SignaturePolicy for the kind.
    policy: Sequence[Step] = (Step(meaning="approval"),)
    #: The permission with which somebody may look at it without being able to sign.
    view_permission: str = ""
    #: record key → whose record it is. It is shown to, and signed by, who may see all of them, and every look
    #: at it stands in the disclosure log. Raises LookupError where there is no such record.
    people: Callable[[str], Collection[int]] = lambda _key: ()
    #: (user, record key) → whether they may see the record, for another reason than whose it is.
    open_to: Callable[[Any, str], bool] = lambda _user, _key: True
    #: record key → where to go when it is signed; empty: stay on the page.
    address: Callable[[str], str] = field(default=lambda _: "")
    #: record key → whether the record was disposed of, and what was signed of it with it.
    disposed: Callable[[str], bool] = lambda _: False


_KINDS: dict[str, SignableKind] = {}


def register(kind: SignableKind) -> SignableKind:
    """Make a kind known."""
    if kind.kind in _KINDS:
        raise ValueError(f"{kind.kind} is registered already")
    if not kind.policy:
        raise ValueError(f"{kind.kind} asks for no signature at all")
    _KINDS[kind.kind] = kind
    return kind


def unregister(kind: str) -> None:
    """Forget a kind; for tests, which bring their own."""
    _KINDS.pop(kind, None)


def registered() -> list[SignableKind]:
    """Return every kind, by name."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def kind_of(name: str) -> SignableKind:
    """Return a kind. Raises UnknownRecord."""
    try:
        return _KINDS[name]
    except KeyError:
        raise UnknownRecord(f"There is nothing called {name} to sign.", rule="kind") from None


def is_open(kind: SignableKind, user: Any, record_key: str) -> bool:
    """Whether somebody may see a record. Raises UnknownRecord."""
    try:
        people = kind.people(record_key)
        return kind.open_to(user, record_key) and (not people or sees_all(user, kind.view_permission, people))
    except LookupError:
        raise UnknownRecord(f"There is no {kind.label} {record_key}.", rule="record") from None


def shown_of(name: str, record_key: str) -> Shown:
    """Return what a signer of this record sees now. Raises UnknownRecord."""
    kind = kind_of(name)
    try:
        shown = kind.shown(record_key)
    except LookupError:
        raise UnknownRecord(f"There is no {kind.label} {record_key}.", rule="record") from None
    if (shown.kind, shown.record_key) != (name, record_key):
        raise ValueError(f"{name} showed {shown.kind} {shown.record_key} for {record_key}")
    return shown
