"""The conditions a request puts on the document it is about: If-Match and If-None-Match.

In: the headers. Out: `Preconditions`. Never a query: `hold` answers for a document in hand, and
`lrs.documents.write` puts the same conditions into its SQL.

RFC 9110, 13.1 (as RFC 2616, 14.24 and 14.26): If-Match compares strongly, so a weak tag (`W/"…"`) matches
nothing; If-None-Match compares weakly, so `W/` is no matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1

from lrs.errors import BadRequest

#: An entity tag; some clients leave the quotes out, and nothing else can be meant.
_TAG = re.compile(r'\s*(?P<weak>W/)?(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s",*]+))\s*(?:,|$)')


def entity_tag(content: bytes) -> str:
    """Return the hexadecimal SHA-1 of `content`, lower case (xAPI 1.0.3, Communication 3.1)."""
    return sha1(content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One of the two headers: `*`, or a list of tags."""

    any: bool = False
    tags: tuple[str, ...] = ()

    def matches(self, etag: str | None) -> bool:
        """Whether a document with `etag` (None: there is no document) is one of those named."""
        return etag is not None and (self.any or etag in self.tags)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preconditions:
    """Both headers; None is a header that was not sent."""

    if_match: Condition | None = None
    if_none_match: Condition | None = None

    @property
    def given(self) -> bool:
        """Whether the client sent either header."""
        return self.if_match is not None or self.if_none_match is not None

    def hold(self, etag: str | None) -> bool:
        """Whether both conditions hold for a document with `etag`, or for its absence (None)."""
        if self.if_match is not None and not self.if_match.matches(etag):
            return False
        return self.if_none_match is None or not self.if_none_match.matches(etag)


def read(headers: Mapping[str, str]) -> Preconditions:
    """Return the conditions in `headers` (lower-case names)."""
    return Preconditions(
        if_match=_condition("If-Match", headers.get("if-match"), strong=True),
        if_none_match=_condition("If-None-Match", headers.get("if-none-match"), strong=False),
    )


def _condition(name: str, text: str | None, *, strong: bool) -> Condition | None:
    if text is None or not text.strip():
        return None
    if text.strip() == "*":
        return Condition(any=True)
    tags = []
    position = 0
    while position < len(text):
        match = _TAG.match(text, position)
        if match is None:
            raise BadRequest(
                f"{name} is neither * nor a list of entity tags in double quotes.",
                rule=f"header.{name.lower()}",
                value=text,
            )
        position = match.end()
        if not (strong and match["weak"]):
            tags.append((match["quoted"] if match["bare"] is None else match["bare"]).lower())
    return Condition(tags=tuple(tags))
