"""Regular expressions that cannot run away.

In: a pattern of a mapping document. Out: a function that says whether a whole text fits it. What could take
more than a little time is refused when the document is checked: repeated groups, references back, looking
around, and more than two endless repetitions. Texts are cut before they are tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.mapping.fault import Wrong

PATTERN_MOST = 200
TEXT_MOST = 512
_ENDLESS_MOST = 2
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")
_ENDLESS = re.compile(r"[*+]|\{\d*,\}")
_COUNTED = re.compile(r"\{(\d*)(?:,(\d*))?\}")


def fits(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Return the test; Wrong where the pattern is not one, or could take long."""
    if len(pattern) > PATTERN_MOST:
        raise Wrong(f"The pattern is longer than {PATTERN_MOST} characters.")
    # Escapes and classes can neither open groups nor repeat anything.
    bare = _CLASS.sub("x", re.sub(r"\\[^0-9]", "x", pattern))
    if re.search(r"\\\d", bare):
        raise Wrong("The pattern refers back to a group; write out what it should be.")
    if "(?" in bare:
        raise Wrong("The pattern looks around or sets flags; “ignore_case” is an option of its own.")
    if _REPEATED_GROUP.search(bare):
        raise Wrong("The pattern repeats a group, which may take very long on some texts.")
    if len(_ENDLESS.findall(bare)) > _ENDLESS_MOST:
        raise Wrong(f"The pattern has more than {_ENDLESS_MOST} endless repetitions (*, +, {{n,}}).")
    if any(int(number or 0) > TEXT_MOST for found in _COUNTED.findall(bare) for number in found):
        raise Wrong(f"The pattern counts beyond {TEXT_MOST}.")
    counted = sum(1 for low, high in _COUNTED.findall(bare) if high and low != high)
    if counted > _ENDLESS_MOST:
        raise Wrong(f"The pattern has more than {_ENDLESS_MOST} repetitions of varying length.")
    try:
        compiled = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise Wrong(f"The pattern cannot be read: {error}.") from error
    return lambda text: compiled.fullmatch(text[:TEXT_MOST]) is not None
