"""Which version of the xAPI a request speaks.

In: the `X-Experience-API-Version` header as sent. Out: `Version`, or BadRequest. Never a guess: a request
without the header is refused (xAPI 1.0.3, Communication 3.3; XAPI-00331). The About resource, which needs
no header, does not ask.
"""

from __future__ import annotations

import re
from enum import IntEnum

from lrs.errors import BadRequest


class Version(IntEnum):
    """The two versions served; the number is what the statement table keeps."""

    V1 = 1
    V2 = 2


_HEADERS = {Version.V1: "1.0.3", Version.V2: "2.0.0"}

#: 1.0 counts as 1.0.0, and every 1.0.x is taken as the latest patch; the same for 2.0.
_KNOWN = re.compile(r"([12])\.0(?:\.[0-9]{1,4})?", re.ASCII)


def negotiate(header: str | None) -> Version:
    """Return the version that `header` names."""
    if header is None or not header.strip():
        raise BadRequest(
            "The header X-Experience-API-Version is missing; send 1.0.3 or 2.0.0.", rule="version.missing"
        )
    match = _KNOWN.fullmatch(header.strip())
    if match is None:
        raise BadRequest(
            "X-Experience-API-Version names a version that is not served here; 1.0.x and 2.0.x are.",
            rule="version.unknown",
            value=header,
        )
    return Version(int(match[1]))


def header_value(version: Version) -> str:
    """Return the latest patch version of `version`, as responses carry it (XAPI-00333)."""
    return _HEADERS[version]
