"""The small identifiers of the xAPI: UUID, mailbox, SHA-1 of a mailbox, OpenID.

In: text. Out: whether it is one (and for a UUID the UUID). Never a
normalising: what a statement says is kept.
"""

from __future__ import annotations

import re
from uuid import UUID

from lrs.wire.iri import is_iri

#: xAPI 1.0.3, Data 4.4: the standard string form; any variant and version, upper or lower case.
UUID_PATTERN = r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
#: Data 2.4.2.3: a mailto IRI with one address. The local part is an RFC 5322 dot-atom, with letters of any
#: script (RFC 6531) and percent-escapes; quoted local parts are escaped in a mailto IRI (RFC 6068).
MBOX_PATTERN = (
    r"^[Mm][Aa][Ii][Ll][Tt][Oo]:[^\x00-\x20\x22(),:;<>@\x5b-\x5d\x7f-\x9f?]+"
    r"@(?:[^\x00-\x2c\x2e/:-@\x5b-\x5e`\x7b-\x9f]+(?:\.[^\x00-\x2c\x2e/:-@\x5b-\x5e`\x7b-\x9f]+)*"
    r"|\[[0-9A-Fa-f:.IPVv]+\])$"
)
SHA1_PATTERN = r"^[0-9A-Fa-f]{40}$"

_UUID = re.compile(UUID_PATTERN[1:-1])
_MBOX = re.compile(MBOX_PATTERN[1:-1])
_SHA1 = re.compile(SHA1_PATTERN[1:-1])


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in the standard form with four hyphens."""
    return _UUID.fullmatch(text) is not None


def parse_uuid(text: str) -> UUID:
    """Return the UUID that `text` names; ValueError when it is not in the standard form."""
    if not is_uuid(text):
        raise ValueError("This is not a UUID in the form 8-4-4-4-12 of hexadecimal digits.")
    return UUID(text)


def is_mbox(text: str) -> bool:
    """Whether `text` is `mailto:` and one e-mail address."""
    return _MBOX.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    """Whether `text` is a hexadecimal SHA-1."""
    return _SHA1.fullmatch(text) is not None


def is_openid(text: str) -> bool:
    """Whether `text` is a URI that can identify someone by OpenID."""
    return is_iri(text)
