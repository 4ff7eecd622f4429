"""Jobs of a crew that post to the hub (benchmarks.crew).

In: where the hub is, and which statements. Out: a step for each request. Bodies are made before the
start; as PHP writes them, with every slash escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import orjson

from benchmarks import sample, wire


def post(
    *,
    host: str,
    port: int,
    authorization: str,
    batch: int,
    most: int,
    first_session: int,
    file: str = "",
) -> Iterator[int]:
    """Post batches of `batch` statements (1: single statements), `most` in all, over one connection."""
    batches = list(batches_of(batch=batch, most=most, first_session=first_session, file=file))
    messages = [
        wire.request(
            "POST",
            "/xapi/statements",
            host=host,
            authorization=authorization,
            body=as_php_writes(each if batch > 1 else each[0]),
        )
        for each in batches
    ]
    counts = [len(each) for each in batches]
    del batches
    connection = wire.Connection(host, port)
    # The worker behind this connection opens its database connection with the first request.
    connection.exchange(
        wire.request("GET", "/xapi/statements", host=host, authorization=authorization, query={"limit": "1"})
    )
    yield 0
    for message, count in zip(messages, counts, strict=True):
        status, body = connection.exchange(message)
        if status != 200:
            raise SystemExit(f"The hub answered {status}: {body[:500].decode(errors='replace')}")
        yield count


def batches_of(
    *, batch: int, most: int, first_session: int, file: str = ""
) -> Iterator[Sequence[sample.Statement]]:
    """Yield lists of statements: the product's own samples, or those of `file` over and over with new ids."""
    source = _of_file(file, most) if file else sample.statements(first_session, most)
    together: list[sample.Statement] = []
    for statement in source:
        together.append(statement)
        if len(together) == batch:
            yield together
            together = []
    if together:
        yield together


def _of_file(file: str, most: int) -> Iterator[sample.Statement]:
    found = orjson.loads(Path(file).read_bytes())
    for number in range(most):
        yield {**found[number % len(found)], "id": str(uuid4())}


def as_php_writes(value: object) -> bytes:
    """Return JSON with escaped slashes."""
    return orjson.dumps(value).replace(b"/", b"\\/")
