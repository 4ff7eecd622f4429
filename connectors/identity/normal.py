"""How identifiers are compared: as they would be by a person who knows that case and blanks do not matter.

In: an identifier's type and text. Out: the text it is compared by. Pure.
"""

from __future__ import annotations

import unicodedata
from hashlib import sha1


def normal(value: str) -> str:
    """Return the form in which two spellings of one identifier are equal."""
    return unicodedata.normalize("NFC", value).strip().casefold()


def keepable(text: str) -> str:
    """Return the text as PostgreSQL can keep it: JSON may hold a NUL character, a text column may not."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def mbox_sha1sums(address: str) -> tuple[str, str]:
    """Return the SHA-1 of an address's mailto: IRI, in lower case and as written (Data 2.4.2.3)."""
    written = address.strip()
    return _sha1(written.lower()), _sha1(written)


def _sha1(address: str) -> str:
    # The algorithm is the specification's; nothing is protected by it here.
    return sha1(f"mailto:{address}".encode(), usedforsecurity=False).hexdigest()
