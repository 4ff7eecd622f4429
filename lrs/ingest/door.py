"""The door by which statements enter: what a request carries becomes stored statements.

In: an Access, the version and the bytes of a PUT or POST (or of a corrected inbox entry). Out: the ids, in
order. All of it or nothing is stored; an id that is there with the same content counts as stored.

Raises StatementsRejected, BadRequest, TooLarge, Forbidden, Conflict, Unavailable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from lrs import attachments, conf, feed, learning, metrics
from lrs.auth.access import Access
from lrs.auth.rules import may_define
from lrs.errors import BadRequest, Forbidden, TooLarge
from lrs.ingest import entities, references
from lrs.ingest.batch import Batch, has_attachments, prepare, united
from lrs.ingest.beside import Beside, Content
from lrs.ingest.learned import learn, news
from lrs.ingest.single import STORE_ONE, single_of
from lrs.ingest.store import STORE_AND_LEARN, Stored, call_of, numbered, store
from lrs.lines import Lines
from lrs.validation import attachments as attachment_rules
from lrs.validation import signature
from lrs.validation.statements import check_batch
from lrs.wire import content_type as media_types
from lrs.wire import multipart, strict_json
from lrs.wire.version import Version

#: What is to be done for a batch that is stored; in a thread, and safe to repeat.
Step = Callable[[], object]


@dataclass(frozen=True, slots=True)
class _Received:
    """What a body holds: statements (see strict_json for the two trees) and attachment contents."""

    statements: Sequence[Any]
    exact: Sequence[Any]
    parts: Mapping[str, multipart.AttachmentPart]
    single: bool


def accept(access: Access, version: Version, content_type: str, body: bytes) -> list[UUID]:
    """Store the statement or statements of a POST."""
    return _accept(access, version, _receive(content_type, body))


def accept_own(access: Access, content_type: str, body: bytes) -> list[UUID]:
    """Store statements the hub itself makes, as xAPI 1.0.3; for applications above."""
    return accept(access, Version.V1, content_type, body)


def accept_under(
    access: Access, version: Version, content_type: str, body: bytes, *, statement_id: str
) -> UUID:
    """Store the one statement of a PUT under the id its address names."""
    received = _receive(content_type, body)
    if not received.single:
        raise BadRequest("A PUT carries one statement, not a list.", rule="statement.single")
    statement, exact = received.statements[0], received.exact[0]
    if isinstance(statement, dict):
        written = statement.get("id", statement_id)
        if isinstance(written, str) and written.lower() != statement_id.lower():
            raise BadRequest(
                "The statement's id is not the one the address names.",
                rule="statement.id-differs",
                pointer="/id",
                value=written,
            )
        statement = {"id": statement_id, **statement}
        exact = {"id": statement_id, **exact}
    return _accept(access, version, _Received([statement], [exact], received.parts, single=True))[0]


def _receive(content_type: str, body: bytes) -> _Received:
    media_type = media_types.parse(content_type)
    parts: Mapping[str, multipart.AttachmentPart] = {}
    if media_type.essence == "multipart/mixed":
        first, parts = multipart.statement_parts(multipart.parse(content_type, body))
        body = bytes(first.body)
    elif media_type.essence != "application/json":
        # 400, not 415: xAPI 1.0.3, Communication 1.5 (XAPI-00129) says so.
        raise BadRequest(
            "Statements are sent as application/json or multipart/mixed.",
            rule="content-type.statements",
            value=content_type,
        )
    parsed = strict_json.parse(body, depth=conf.json_depth())
    if isinstance(parsed.value, list):
        return _Received(parsed.value, parsed.exact, parts, single=False)
    return _Received([parsed.value], [parsed.exact], parts, single=True)


def _accept(access: Access, version: Version, received: _Received) -> list[UUID]:
    _check(version, received)
    beside = _check_attachments(access.store_id, received)
    batch = prepare(received.statements, received.exact, authority=access.authority, version=version)
    if batch.voided and not access.may_void:
        raise Forbidden("This source may not void statements.", rule="void.permission")
    if batch.ids:
        _store(access, batch, beside)
    return batch.ids


def prepare_plain(access: Access, version: Version, content_type: str, body: bytes) -> Batch | None:
    """Return what a POST would store, where that needs nothing but its own bytes, else None.

    Never a query, a file or a log line: `accept` decides about whatever is refused here, or None.
    """
    received = _receive(content_type, body)
    _check(version, received)
    if received.parts or any(has_attachments(statement) for statement in received.statements):
        return None
    batch = prepare(received.statements, received.exact, authority=access.authority, version=version)
    return batch if batch.ids and not batch.references else None


def store_plain(access: Access, batches: Sequence[Batch]) -> None:
    """Store batches of `prepare_plain` for one caller, all of them in one call, or none."""
    _store(access, _as_one(batches), Beside())


async def store_plain_by(lines: Lines, access: Access, batches: Sequence[Batch]) -> Sequence[Step] | None:
    """Store them as `store_plain` does, without a thread; None where no connection is free to be had.

    Returns what is left to be done before they are acknowledged, in a thread since it asks the database.
    Raises psycopg.Error; then nobody knows what was stored, and `store_plain` finds out.
    """
    batch = _as_one(batches)
    numbers = numbered(access, batch)
    told, names = news(batch.statements, numbers.number_of) if may_define(access) else ({}, {})
    said = learning.news_of(told, names)
    if not numbers.missing and (one := single_of(access, batch, numbers.known, said)) is not None:
        answer = await lines.rows(STORE_ONE, one.values)
        if answer is None or answer:
            return None if answer is None else _single_left(access, batch, said, *one.stored(answer[0]))
    call = call_of(access, batch, numbers)
    rows = await lines.rows(STORE_AND_LEARN, (*call.values, *learning.told_values(said)))
    if rows is None:
        return None
    *where, contradicted, known = rows[0]
    stored, made = call.stored(tuple(where))
    entities.remember(access.store_id, made)
    _count(access, batch, stored)
    steps = _references_left(access, batch, stored)
    left = learning.settle(said, list(made.values()), dict(zip(contradicted, known, strict=True)))
    return steps if left is None else [*steps, partial(learning.learn_news, left)]


def _single_left(
    access: Access, batch: Batch, said: learning.News, stored: Stored, is_news: bool
) -> Sequence[Step]:
    """Return what is left to be done for a statement that `lrs.ingest.single` stored."""
    _count(access, batch, stored)
    steps = _references_left(access, batch, stored)
    if is_news:
        return [*steps, partial(learning.learn_news, said)]
    learning.settle(said, (), {})
    return steps


def _as_one(batches: Sequence[Batch]) -> Batch:
    return united(batches) if len(batches) > 1 else batches[0]


def _check(version: Version, received: _Received) -> None:
    if len(received.statements) > conf.batch_statements():
        raise TooLarge(
            f"{len(received.statements)} statements; a request may carry {conf.batch_statements()}.",
            rule="batch.size",
        )
    check_batch(received.statements, version, single=received.single)


def _check_attachments(store_id: int, received: _Received) -> Beside:
    """Check attachments and signatures, and make the contents durable."""
    beside = Beside()
    uses = attachment_rules.match(received.statements, received.parts, single=received.single)
    for use in uses:
        part = received.parts.get(use.sha256)
        if part is None:
            continue
        beside.carried[use.index + 1, use.sha256] = use.attachment["sha2"]
        beside.contents[use.sha256] = Content(
            sha256=use.sha256, size=len(part.content), content_type=use.attachment["contentType"]
        )
        if use.is_signature:
            beside.findings[use.index + 1] = signature.verify(
                received.statements[use.index],
                bytes(part.content),
                use.attachment["contentType"],
                index=None if received.single else use.index,
                pointer=use.pointer,
            )
    if beside.contents:
        attachments.keep(
            store_id, {sha256: bytes(received.parts[sha256].content) for sha256 in beside.contents}
        )
    return beside


def _store(access: Access, batch: Batch, beside: Beside) -> None:
    stored = store(access, batch, beside)
    for step in _references_left(access, batch, stored):
        step()
    if may_define(access):
        learn(batch.statements, stored.entity_ids)
    _count(access, batch, stored)


def _references_left(access: Access, batch: Batch, stored: Stored) -> list[Step]:
    """Return what a batch that is stored asks of the database for its references; mostly nothing."""
    if not batch.references and not stored.referred:
        return []
    referrers = [stored.seq(p) for p, _ in batch.references if p not in stored.already]
    targets = batch.ids if stored.referred else []
    return [partial(references.take_over, access.store_id, referrers=referrers, targets=targets)]


def _count(access: Access, batch: Batch, stored: Stored) -> None:
    metrics.count_stored(source_id=access.source_id, statements=len(batch.ids) - len(stored.already))
    feed.wake()
