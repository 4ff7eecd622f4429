"""`export`: statements with their context as a stream, from a position on.

In: a format, a position, how many. Out: lines of JSON, CSV or Parquet, sent as they are read. Where it ends
stands in the headers before the first byte: what arrives shorter was cut off, and is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from connectors.api import parameters
from connectors.api.parameters import Parameter
from connectors.api.problems import Problem, wrong_parameter
from connectors.api.resource import Resource
from connectors.enrichment import log
from connectors.enrichment.log import Position
from connectors.export.formats import FORMATS, Format, with_copies
from connectors.export.rows import rows

_LIMIT, _LIMIT_MOST = 10_000, 100_000
_AFTER = Parameter(
    "after",
    "The position an earlier export ended at; the beginning where it is left out.",
    log.position,
    {"type": "string", "pattern": r"^\d+\.\d+$"},
)
_HEADERS = {
    "X-Export-Position": "Where this part ends and the next begins.",
    "X-Export-Statements": "How many statements this part has.",
    "X-Export-More": "Whether there are more behind it already: true or false.",
}


class Export(Resource):
    """The export."""

    parameters = {
        "GET": (
            parameters.choice("format", "What is sent.", tuple(FORMATS), default="ndjson"),
            _AFTER,
            parameters.flag("extension", "With ndjson: also a copy with the context in context.extensions."),
            parameters.amount("limit", "At most so many statements.", most=_LIMIT_MOST, default=_LIMIT),
        )
    }
    answers: ClassVar[Any] = {}

    @classmethod
    def described_answers(cls, _method: str) -> dict[str, Any]:
        """Return what it answers, for the description."""
        content: dict[str, Any] = {
            each.media_type: {"schema": {"type": "string", "contentEncoding": "binary"}}
            for each in FORMATS.values()
        }
        headers = {
            name: {"description": said, "schema": {"type": "string"}} for name, said in _HEADERS.items()
        }
        return {"200": {"description": "A part of the export.", "headers": headers, "content": content}}

    def perform_content_negotiation(self, request: Request, *_: Any, **__: Any) -> Any:
        """Leave Accept alone until the format is known."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, _request: Request) -> StreamingHttpResponse:
        """Send statements with the contexts known now, in the order in which those were derived.

        A statement whose context turns out otherwise comes again, further on: the last one counts.
        """
        name = self.values.get("format", "ndjson")
        format_ = FORMATS[name]
        if not self.django_request.accepts(format_.media_type):
            accept = self.django_request.headers.get("Accept", "")
            raise Problem(406, f"The format {name} is {format_.media_type}, not {accept}.", rule="accept")
        extension = self.values.get("extension", False)
        if extension:
            try:
                format_ = with_copies(format_)
            except ValueError as error:
                raise wrong_parameter("extension", f"The parameter extension {error}.") from error
        limit = self.values.get("limit", _LIMIT)
        after: Position = self.values.get("after", log.BEGINNING)
        found = log.read(self.caller.store_id, after, limit + 1)
        more, part = len(found) > limit, found[:limit]
        end = part[-1] if part else after
        response = StreamingHttpResponse(
            sent(self.caller.store_id, part, format_), content_type=format_.media_type
        )
        response.headers["X-Export-Position"] = str(end)
        response.headers["X-Export-Statements"] = str(len(part))
        response.headers["X-Export-More"] = "true" if more else "false"
        response.headers["Content-Disposition"] = f'attachment; filename="statements.{format_.ending}"'
        query = {"format": name, "after": str(end), "limit": limit}
        if extension:
            query["extension"] = "true"
        if self.caller.credential_id is None:
            query["store"] = self.caller.store_id
        response.headers["Link"] = f'<{self.django_request.path}?{urlencode(query)}>; rel="next"'
        return response


class _Pieces:
    """What was written and not sent yet."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._held.append(data)
        return len(data)

    def taken(self) -> bytes:
        """Return what is held, and hold it no longer."""
        found = b"".join(self._held)
        self._held.clear()
        return found


def sent(store_id: int, positions: Sequence[Position], format_: Format) -> Iterator[bytes]:
    """Yield an export in pieces, each as soon as it is read."""
    pieces = _Pieces()
    writer = format_.writer(pieces)
    for some in rows(store_id, positions):
        writer.write(some)
        if piece := pieces.taken():
            yield piece
    writer.close()
    yield pieces.taken()
