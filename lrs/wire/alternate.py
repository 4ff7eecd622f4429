"""The alternate request syntax of xAPI 1.0.3 (Communication 1.3), for browsers that could only POST forms.

In: a POST with the query parameter `method`, and its form body. Out: the request that is meant. Never binary
content (the form is UTF-8 text), and never for version 2.0, which has dropped it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lrs.errors import BadRequest
from lrs.wire.parameters import decode_pairs

METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})

#: Form fields that stand for headers; every other one but `content` stands for a query parameter.
HEADER_FIELDS = frozenset(
    {
        "authorization",
        "x-experience-api-version",
        "content-type",
        "content-length",
        "if-match",
        "if-none-match",
    }
)
#: Of the real request these describe the form, not the content.
_OF_THE_FORM = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class AlternateRequest:
    """The request meant: header names in lower case, `parameters` in place of the query string."""

    method: str
    headers: dict[str, str]
    parameters: dict[str, str]
    body: bytes


def decode(
    method_parameter: str, query: Mapping[str, str], headers: Mapping[str, str], form_body: bytes
) -> AlternateRequest:
    """Return the request that `form_body` describes.

    `query` holds the parameters of the real request, `method` among them or not; `headers` its headers.
    A field that stands for a header wins over the real header.
    """
    if method_parameter not in METHODS:
        raise BadRequest(
            f"The parameter method must be one of {', '.join(sorted(METHODS))}.",
            rule="alternate.method",
            value=method_parameter,
        )
    if others := sorted(set(query) - {"method"}):
        raise BadRequest(
            "In the alternate syntax every parameter but method belongs in the form.",
            rule="alternate.query-parameters",
            value=", ".join(others),
        )
    meant = {name.lower(): value for name, value in headers.items() if name.lower() not in _OF_THE_FORM}
    parameters: dict[str, str] = {}
    content: str | None = None
    seen: set[str] = set()
    for name, value in _form(form_body):
        place = name.lower() if name.lower() in HEADER_FIELDS else name
        if place in seen:
            raise BadRequest(f"The form has the field {name} twice.", rule="alternate.repeated", value=name)
        seen.add(place)
        if place in HEADER_FIELDS:
            meant[place] = _header(name, value)
        elif name == "content":
            content = value
        else:
            parameters[name] = value
    body = b"" if content is None else content.encode()
    _check_content(method_parameter, content, meant, body)
    return AlternateRequest(method_parameter, meant, parameters, body)


def _form(form_body: bytes) -> list[tuple[str, str]]:
    try:
        text = form_body.decode("ascii")
    except UnicodeDecodeError:
        raise BadRequest(
            "The form is not URL-encoded: it has bytes outside ASCII.", rule="alternate.encoding"
        ) from None
    return decode_pairs(text.strip("\r\n"))


def _header(name: str, value: str) -> str:
    if "\r" in value or "\n" in value:
        raise BadRequest(
            f"The field {name} has a line break, no header has.", rule="alternate.header", value=value
        )
    return value.strip()


def _check_content(method: str, content: str | None, headers: dict[str, str], body: bytes) -> None:
    if method in {"PUT", "POST"}:
        if content is None:
            raise BadRequest(f"A {method} needs the form field content.", rule="alternate.content")
        headers.setdefault("content-type", "application/json")
    elif content:
        raise BadRequest(f"A {method} takes no content.", rule="alternate.content", value=content)
    declared = headers.pop("content-length", None)
    if body and declared is not None and not _fits(declared, body):
        raise BadRequest(
            f"Content-Length is not the length of the content, {len(body)}.",
            rule="alternate.content-length",
            value=declared,
        )


def _fits(declared: str, body: bytes) -> bool:
    """Whether the length is that of the content, in bytes or, as some clients count, in characters."""
    return declared in {str(len(body)), str(len(body.decode()))}
