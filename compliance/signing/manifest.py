"""How signatures appear wherever a record is shown: the same facts as HTML, plain text and JSON.

In: signatures. Out: `Manifested`, with the printed name as it was then, date and time with the offset of the
signer's zone, the meaning in words (21 CFR 11.50(a)), how the signer was told, and whether it is valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from compliance.models import Meaning, Signature
from compliance.signing.verify import Validity, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifested:
    """A signature as people read it."""

    number: str
    printed_name: str
    user_name: str
    #: In words, such as "Approval".
    meaning: str
    #: In the signer's zone.
    signed_at: datetime
    zone: str
    components: tuple[str, ...]
    reason: str
    version: str
    shown_hash: str
    valid: bool
    #: Whether the record still stands at what was signed.
    current: bool
    faults: tuple[str, ...]

    @property
    def when(self) -> str:
        """Date, time, offset and zone, such as `2026-11-26 09:15:02 +01:00 (Europe/Berlin)`."""
        offset = self.signed_at.strftime("%z")
        return f"{self.signed_at:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]} ({self.zone})"

    @property
    def standing(self) -> str:
        """In words, whether it is valid."""
        if not self.valid:
            return "INVALID: " + " ".join(self.faults)
        return "Valid" if self.current else f"Valid for version {self.version}, which is not the present one"


def signatures_of(kind: str, record_key: str, *, version: str | None = None) -> list[Manifested]:
    """Return the signatures of a record, oldest first; of one version only where it is named."""
    found = Signature.objects.filter(kind=kind, record_key=record_key).order_by("position")
    if version is not None:
        found = found.filter(version=version)
    return [manifested(each) for each in found]


def manifested(signature: Signature, validity: Validity | None = None) -> Manifested:
    """Return one signature as people read it."""
    said = validity or verify(signature)
    return Manifested(
        number=str(signature.number),
        printed_name=signature.printed_name,
        user_name=signature.user_name,
        meaning=str(Meaning(signature.meaning).label)
        if signature.meaning in Meaning.values
        else signature.meaning,
        signed_at=_in_zone(signature),
        zone=signature.zone,
        components=tuple(signature.components),
        reason=signature.reason,
        version=signature.version,
        shown_hash=signature.shown_hash,
        valid=said.valid,
        current=said.current,
        faults=said.faults,
    )


def _in_zone(signature: Signature) -> datetime:
    try:
        return signature.signed_at.astimezone(ZoneInfo(signature.zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A row that was altered is shown as invalid, not as an error.
        return signature.signed_at


def as_html(signatures: Sequence[Manifested]) -> SafeString:
    """Return the block for a page."""
    return render_to_string("compliance/signing/block.html", {"signatures": signatures})


def as_text(signatures: Sequence[Manifested]) -> str:
    """Return the block for e-mail, CSV cells and plain documents; one signature a line."""
    if not signatures:
        return "Not signed."
    return "\n".join(
        f"{each.meaning}: signed electronically by {each.printed_name} ({each.user_name}) on {each.when}. "
        f"{each.standing}." + (f" Reason: {each.reason}" if each.reason else "")
        for each in signatures
    )


def as_json(signatures: Sequence[Manifested]) -> list[dict[str, Any]]:
    """Return the block for machines."""
    return [
        {
            "number": each.number,
            "printed_name": each.printed_name,
            "user_name": each.user_name,
            "meaning": each.meaning,
            "signed_at": each.signed_at.isoformat(),
            "zone": each.zone,
            "components": list(each.components),
            "reason": each.reason,
            "version": each.version,
            "shown_hash": each.shown_hash,
            "valid": each.valid,
            "current": each.current,
            "faults": list(each.faults),
        }
        for each in signatures
    ]
