"""Which encoding a file has, and its text.

In: a file, and an encoding from the settings if one is named. Out: a text stream that keeps line breaks as
they are. A byte order mark always wins; bytes that make no sense become U+FFFD, by which a row is refused.
"""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import TextIO

from connectors.adapters.files.damage import Damaged

#: What stands where bytes made no sense.
DAMAGE = "\N{REPLACEMENT CHARACTER}"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # The marks of UTF-32 begin as those of UTF-16 do.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 256 * 1024


def encoding_of(path: Path, named: str) -> str:
    """Return the encoding of a file."""
    with path.open("rb") as source:
        start = source.read(4096)
        for mark, encoding in _MARKS:
            if start.startswith(mark):
                return encoding
        if named:
            return _known(named)
        if b"\0" in start:
            # Letters of UTF-16 have a zero byte in front or behind, all of them on the same side.
            return "utf-16-be" if start[0::2].count(0) > start[1::2].count(0) else "utf-16-le"
        source.seek(0)
        return _utf8_or_older(source)


def opened(path: Path, encoding: str) -> TextIO:
    """Return its text."""
    return path.open("r", encoding=encoding, errors="replace", newline="")


def _utf8_or_older(source: io.BufferedReader) -> str:
    """Return utf-8 unless more of the letters beyond ASCII are damaged than whole."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    whole = damaged = 0
    while chunk := source.read(_CHUNK):
        text = decoder.decode(chunk)
        if not text.isascii():
            bad = text.count(DAMAGE)
            damaged += bad
            whole += sum(not each.isascii() for each in text) - bad
    damaged += decoder.decode(b"", final=True).count(DAMAGE)
    return "cp1252" if damaged > whole else "utf-8"


def _known(named: str) -> str:
    try:
        return codecs.lookup(named).name
    except LookupError as error:
        raise Damaged(f"There is no encoding called {named}.") from error
