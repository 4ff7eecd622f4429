"""Whether a signature still is what it was when it was given, and whether the record is what was signed.

In: signatures. Out: `Validity`, with each fault in a sentence. Looks at the seal (nothing of the row was
altered, and it was not copied from another), the chain (none was taken out before it), the content kept with
it, and the record as it stands now (21 CFR 11.10(a), 11.70).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from compliance.models import CompletedRecord, Signature
from compliance.signing import policy, seal
from compliance.signing.errors import UnknownRecord
from compliance.signing.kinds import Shown, kind_of, registered, shown_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """What was found of one signature."""

    #: Why it is invalid; nothing where it is valid.
    faults: tuple[str, ...]
    #: Whether the record still stands at the version that was signed.
    current: bool

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults


def verify(signature: Signature) -> Validity:
    """Check one signature against its seal, its neighbour, and its record as it stands now."""
    faults = list(_own_faults(signature))
    before = Signature.objects.filter(position=signature.position - 1).values_list("seal", flat=True).first()
    if (before or "") != signature.previous:
        faults.append("The signature before it was altered or taken out.")
    now = _now(signature)
    faults += _record_faults(signature, now)
    return Validity(faults=tuple(faults), current=now is not None and now.digest == signature.shown_hash)


def is_fulfilled(kind: str, record_key: str) -> bool:
    """Whether the record as it stands now has every signature its policy needs, all of them valid."""
    try:
        shown = shown_of(kind, record_key)
    except UnknownRecord:
        return False
    given = of_shown(shown)
    # What was demanded stands in the first signature: it is believed only where the seals are whole.
    if faults_of(given):
        return False
    return not any(policy.missing(each, given) for each in policy.steps_for(kind_of(kind), given))


def of_shown(shown: Shown) -> list[Signature]:
    """Return the signatures of exactly what is shown, oldest first."""
    return list(
        Signature.objects.filter(
            kind=shown.kind, record_key=shown.record_key, shown_hash=shown.digest
        ).order_by("position")
    )


def verify_all(after: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the position and the fault of everything wrong with the chain of all signatures, or of those
    `after` a position.

    For the nightly self-check: one pass in order, whatever the number. Records are not looked at:
    `verify_records` does.
    """
    before = Signature.objects.filter(position=after).values_list("seal", flat=True).first()
    position, previous = after, before or ""
    rows = Signature.objects.filter(position__gt=after).order_by("position")
    for signature in rows.iterator(chunk_size=1_000):
        if signature.position != position + 1:
            yield signature.position, f"Signatures {position + 1} to {signature.position - 1} are missing."
        elif signature.previous != previous:
            yield signature.position, "It does not follow the signature before it."
        for fault in _own_faults(signature):
            yield signature.position, fault
        position, previous = signature.position, signature.seal
    yield from _taken_from_the_end(position)


def verify_records(after: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the position and the fault of each last signature of a record that is gone, or was changed
    without becoming another version. Kinds that nobody registers any more are passed over."""
    kinds = [each.kind for each in registered()]
    signatures = Signature.objects.filter(kind__in=kinds, position__gt=after)
    last = signatures.order_by("kind", "record_key", "-position").distinct("kind", "record_key")
    for signature in last.iterator(chunk_size=1_000):
        for fault in _record_faults(signature, _now(signature)):
            yield signature.position, fault


def faults_of(signatures: Iterable[Signature]) -> list[str]:
    """Return every fault of some signatures."""
    return [fault for each in signatures for fault in verify(each).faults]


def _now(signature: Signature) -> Shown | None:
    """Return the record as it stands now; None where it is not there."""
    try:
        return shown_of(signature.kind, signature.record_key)
    except UnknownRecord:
        return None


def _record_faults(signature: Signature, now: Shown | None) -> list[str]:
    if now is None:
        return [] if _disposed(signature) else ["The record it belongs to is not there."]
    if now.version == signature.version and now.digest != signature.shown_hash:
        return ["The record was changed after it was signed."]
    return []


def _own_faults(signature: Signature) -> Iterator[str]:
    if not seal.is_whole(signature):
        yield "The seal is not that of this signature: it was altered, moved or made elsewhere."
    kept = sha256(signature.shown.encode()).hexdigest() == signature.shown_hash
    # What was signed goes with a record that is disposed of; its hash stays.
    if not kept and (signature.shown or not _disposed(signature)):
        yield "What was signed is not what is kept of it."


def _disposed(signature: Signature) -> bool:
    try:
        return kind_of(signature.kind).disposed(signature.record_key)
    except (UnknownRecord, LookupError):
        return False


def _taken_from_the_end(last: int) -> Iterator[tuple[int, str]]:
    """Yield the completed records whose signatures are fewer than there were."""
    for done in CompletedRecord.objects.order_by("-pk")[:1_000].iterator():
        left = Signature.objects.filter(
            kind=done.kind, record_key=done.record_key, shown_hash=done.shown_hash
        ).count()
        if left < done.signatures:
            yield last + 1, f"{done.kind} {done.record_key} had {done.signatures} signatures and has {left}."
