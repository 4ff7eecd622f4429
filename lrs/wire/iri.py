"""Absolute IRIs.

In: text. Out: whether it is an IRI with a scheme. Never a look-up, and never a rewriting: two IRIs are the
same when their characters are (xAPI 1.0.3, Data 4.3).

The check is of the character set of RFC 3987 and of percent-escapes, not of the grammar of every scheme
(Data 2.2 allows best effort for that). It is wider than the RFC in one point: square brackets may stand
anywhere, because query strings such as `?a[0]=1` are everywhere in practice.
"""

from __future__ import annotations

import re

#: Also the `pattern` of the schema documents.
PATTERN = (
    r"^[A-Za-z][A-Za-z0-9+.\-]*:"
    r"(?:[^\x00-\x20\x22%<>\x5c\x5e\x60\x7b-\x7d\x7f-\x9f\ufff0-\uffff]|%[0-9A-Fa-f]{2})+$"
)
_IRI = re.compile(PATTERN[1:-1])


def is_iri(text: str) -> bool:
    """Whether `text` is an absolute IRI: a scheme, a colon and at least one allowed character."""
    return _IRI.fullmatch(text) is not None
