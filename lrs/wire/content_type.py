"""Media types as headers write them (RFC 9110, 8.3).

In: the value of a Content-Type header. Out: `MediaType`, or BadRequest (the xAPI wants 400 here, not 415:
XAPI-00127). Never a guess at what is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lrs.errors import BadRequest

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"\s*({_NAME}/{_NAME})\s*", re.ASCII)
_PARAMETER = re.compile(
    rf';\s*(?:({_NAME})=(?:([!#$%&\'()*+,./0-9:=?@A-Z^_`a-z|~-]+)|"((?:[^"\\\x00-\x1f\x7f]|\\.)*)"))?\s*',
    re.ASCII,
)
_MOST_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class MediaType:
    """`essence` is `type/subtype` in lower case; the names of parameters are in lower case too."""

    essence: str
    parameters: dict[str, str] = field(default_factory=dict)


def parse(header: str) -> MediaType:
    """Return the media type that `header` names."""
    start = _TYPE.match(header) if len(header) <= _MOST_CHARACTERS else None
    if start is None:
        raise _refused("This is not a media type such as application/json.", header)
    parameters: dict[str, str] = {}
    position = start.end()
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise _refused("The parameters of the media type are not readable.", header)
        name, plain, quoted = match.groups()
        if name is not None:
            if name.lower() in parameters:
                raise _refused(f"The media type has its parameter {name} twice.", header)
            parameters[name.lower()] = plain if plain is not None else re.sub(r"\\(.)", r"\1", quoted)
        position = match.end()
    return MediaType(start[1].lower(), parameters)


def _refused(message: str, header: str) -> BadRequest:
    return BadRequest(message, rule="content-type.form", value=header)
