"""Electronic signatures as 21 CFR 11 subpart C demands them. This is the door; what lies behind is its own.

In: kinds of records, registered by those who keep them (`register(SignableKind(…))`), and people who sign.
Out: signatures bound to exactly what was shown, their manifestation, whether they are valid, and whether a
record has all it needs. A signature is never changed, moved or removed.

    errors        why something was not signed
    kinds         what can be signed, and what a signer is shown
    readiness     what the organization and the signer have to do first
    authority     who may sign with which meaning
    policy        how many, in which order, not one's own
    signer        who signs from which browser session and device
    components    password, code, passkey
    seal          the keyed, chained seal
    sign          the only writer
    verify        whether a signature and its record still are what they were
    manifest      signature blocks: HTML, text, JSON
    pages, urls   /audit/sign/<kind>/<record key>/
"""

from __future__ import annotations

from compliance.signing.components import Given
from compliance.signing.errors import (
    NotAllowed,
    NotReady,
    RecordChanged,
    SigningError,
    UnknownRecord,
    WrongComponents,
)
from compliance.signing.kinds import (
    Shown,
    SignableKind,
    Step,
    kind_of,
    register,
    registered,
    shown_of,
    unregister,
)
from compliance.signing.manifest import Manifested, as_html, as_json, as_text, manifested, signatures_of
from compliance.signing.sign import sign
from compliance.signing.signer import Signer, signer_of
from compliance.signing.verify import Validity, is_fulfilled, verify, verify_all

__all__ = [
    "Given",
    "Manifested",
    "NotAllowed",
    "NotReady",
    "RecordChanged",
    "Shown",
    "SignableKind",
    "Signer",
    "SigningError",
    "Step",
    "UnknownRecord",
    "Validity",
    "WrongComponents",
    "as_html",
    "as_json",
    "as_text",
    "is_fulfilled",
    "kind_of",
    "manifested",
    "register",
    "registered",
    "shown_of",
    "sign",
    "signatures_of",
    "signer_of",
    "unregister",
    "verify",
    "verify_all",
]
