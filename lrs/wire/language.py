"""Language tags (RFC 5646) and the choice of one by Accept-Language (RFC 4647).

In: a tag, or the tags at hand and a header. Out: whether it is well-formed, or the tag to use. Never a
look-up in the registry of subtags: a tag has to be well-formed, not registered (xAPI 1.0.3, Data 2.2;
XAPI-00121).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# RFC 5646, 2.1. Extended language subtags, script, region, variants, extensions, private use; then the
# private and the irregular grandfathered tags (the regular ones have the shape of a language tag).
_LANGTAG = (
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
    r"(?:-[A-Za-z]{4})?"
    r"(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?"
)
_PRIVATE = r"[xX](?:-[A-Za-z0-9]{1,8})+"
_IRREGULAR = (
    r"en-GB-oed|i-ami|i-bnn|i-default|i-enochian|i-hak|i-klingon|i-lux|i-mingo|i-navajo|i-pwn|i-tao|i-tay|i-tsu"
    r"|sgn-BE-FR|sgn-BE-NL|sgn-CH-DE"
)
_REGULAR = r"art-lojban|cel-gaulish|no-bok|no-nyn|zh-guoyu|zh-hakka|zh-min|zh-min-nan|zh-xiang"

#: Also the `pattern` of the schema documents.
PATTERN = rf"^(?:{_LANGTAG}|{_PRIVATE}|{_IRREGULAR}|{_REGULAR})$"
_TAG = re.compile(PATTERN[1:-1])
_RANGE = re.compile(
    r"\s*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
#: Most ranges of a header that are read; a real browser sends fewer than ten.
_MOST_RANGES = 50


def is_language_tag(text: str) -> bool:
    """Whether `text` is a well-formed language tag."""
    return _TAG.fullmatch(text) is not None


def best(available: Sequence[str], accept_language: str | None) -> str | None:
    """Return the tag of `available` that suits `accept_language` best; None only when there is none.

    The ranges are tried in order of their weight, those of equal weight in the order written; each by
    RFC 4647 lookup (exact, then ever shorter), and at each length by a more special tag too (`en` is served
    by `en-GB`). Tags of weight 0 are used only when nothing else is there. Where the header is missing, or
    asks for `*`, or nothing matches: English (`en`, then `en-…`), then `und`, then the first one available.
    """
    if not available:
        return None
    ranges = _ranges(accept_language)
    refused = [wanted for wanted, weight in ranges if weight == 0 and wanted != "*"]
    acceptable = [tag for tag in available if not any(_covers(wanted, tag) for wanted in refused)]
    candidates = acceptable or list(available)
    for wanted, weight in ranges:
        if weight and wanted != "*" and (tag := _lookup(candidates, wanted)) is not None:
            return tag
    return _lookup(candidates, "en") or _lookup(candidates, "und") or candidates[0]


def _ranges(accept_language: str | None) -> list[tuple[str, float]]:
    """The ranges with their weights, the heaviest first; what is not a range is passed over."""
    items = (accept_language or "").split(",", _MOST_RANGES)[:_MOST_RANGES]
    matches = [match for item in items if (match := _RANGE.fullmatch(item))]
    found = [(match[1].lower(), 1.0 if match[2] is None else float(match[2])) for match in matches]
    return sorted(found, key=lambda pair: -pair[1])


def _covers(wanted: str, tag: str) -> bool:
    lowered = tag.lower()
    return lowered == wanted or lowered.startswith(wanted + "-")


def _lookup(available: Iterable[str], wanted: str) -> str | None:
    by_lowered = {tag.lower(): tag for tag in reversed(list(available))}
    subtags = wanted.split("-")
    while subtags:
        shorter = "-".join(subtags)
        if shorter in by_lowered:
            return by_lowered[shorter]
        for lowered, tag in reversed(by_lowered.items()):
            if lowered.startswith(shorter + "-"):
                return tag
        subtags.pop()
        # RFC 4647, 3.4: a single letter introduces what follows and is dropped with it.
        if subtags and len(subtags[-1]) == 1:
            subtags.pop()
    return None
