"""Validated statements become the columns that `lrs_store_batch` takes.

In: statements that passed validation, the caller's authority, the version. Out: `Batch`. Never a database
query; the statements given are not changed. What the record store fills in: id, timestamp (when absent, by
the database, equal to stored), authority, version (xAPI 1.0.3, Data 2.3.1 and 2.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag
from hashlib import blake2b
from typing import Any
from uuid import UUID, uuid4

import orjson

from lrs.bodies import bodies
from lrs.identity import EntityKey
from lrs.ingest.links import Links, authority_links, links_of
from lrs.validation.attachments import SIGNATURE
from lrs.wire import timestamps
from lrs.wire.version import Version

VOIDED_VERB = "http://adlnet.gov/expapi/verbs/voided"

#: What a statement has as version where it names none.
VERSION_FILLED_IN = {Version.V1: "1.0.0", Version.V2: "2.0.0"}

#: Set by the record store, so never part of what makes two statements the same.
SET_BY_STORE = ("stored", "authority", "version")


class Flag(IntFlag):
    """What a reader must know of a statement without parsing it."""

    VOIDING = 1
    ATTACHMENTS = 2
    REFERENCE = 4
    SIGNED = 8


@dataclass(slots=True)
class Batch:
    """One column an attribute; position i is statement i of the request."""

    ids: list[UUID] = field(default_factory=list)
    #: Digests of the immutable part as it came; the same statement spelled otherwise has another one, and
    #: `lrs.validation.equivalence` settles it.
    fingerprints: list[UUID] = field(default_factory=list)
    timestamps: list[datetime | None] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    #: The statement as it will be served, less the opening brace, `stored` and a `timestamp` filled in.
    tails: list[str] = field(default_factory=list)
    links: list[Links] = field(default_factory=list)
    #: (position from 1, statement id) of StatementRef objects and of voided statements.
    references: list[tuple[int, UUID]] = field(default_factory=list)
    voided: list[tuple[int, UUID]] = field(default_factory=list)
    statements: list[Mapping[str, Any]] = field(default_factory=list)

    def entity_keys(self) -> set[EntityKey]:
        """Every entity any statement of the batch points at."""
        return {key for links in self.links for key in links}


def prepare(
    statements: Sequence[Mapping[str, Any]],
    exact: Sequence[Mapping[str, Any]],
    *,
    authority: Mapping[str, Any],
    version: Version,
) -> Batch:
    """Return the columns of a batch.

    `exact[i]` is `statements[i]` with every number as it was written (see lrs.wire.strict_json); often the
    very same object.
    """
    batch = Batch()
    from_authority = authority_links(authority)
    filled_in = _FilledIn(
        authority=b',"authority":' + orjson.dumps(authority),
        version=b',"version":"' + VERSION_FILLED_IN[version].encode() + b'"}',
    )
    for statement, exact_statement in zip(statements, exact, strict=True):
        _append(batch, statement, exact_statement, filled_in, version)
        links = batch.links[-1]
        for key, roles in from_authority.items():
            links[key] = links.get(key, 0) | roles
    return batch


def united(batches: Sequence[Batch]) -> Batch:
    """Return one batch of what several requests of one caller carry, in their order.

    An id may be in it twice; the database tells the same statement from another one.
    """
    whole = Batch()
    for batch in batches:
        before = len(whole.ids)
        for column in (
            "ids",
            "fingerprints",
            "timestamps",
            "versions",
            "flags",
            "tails",
            "links",
            "statements",
        ):
            getattr(whole, column).extend(getattr(batch, column))
        whole.references.extend((before + position, target) for position, target in batch.references)
        whole.voided.extend((before + position, target) for position, target in batch.voided)
    return whole


@dataclass(frozen=True, slots=True)
class _FilledIn:
    """JSON that ends every statement of a batch; serialised once."""

    authority: bytes
    #: Where the statement names no version.
    version: bytes


def _append(
    batch: Batch,
    statement: Mapping[str, Any],
    exact: Mapping[str, Any],
    filled_in: _FilledIn,
    version: Version,
) -> None:
    written_id = statement.get("id")
    statement_id = uuid4() if written_id is None else UUID(written_id)
    written_timestamp = statement.get("timestamp")
    flags = 0
    batch.ids.append(statement_id)
    batch.statements.append(statement)
    position = len(batch.ids)
    object_ = statement["object"]
    if object_.get("objectType") == "StatementRef":
        flags |= Flag.REFERENCE
        target = UUID(object_["id"])
        batch.references.append((position, target))
        if statement["verb"]["id"] == VOIDED_VERB:
            flags |= Flag.VOIDING
            batch.voided.append((position, target))
    if has_attachments(statement):
        flags |= Flag.ATTACHMENTS
        if is_signed(statement):
            flags |= Flag.SIGNED
    immutable = orjson.dumps(
        _with_context_lists({name: part for name, part in exact.items() if name not in SET_BY_STORE})
    )
    batch.fingerprints.append(UUID(bytes=blake2b(immutable, digest_size=16).digest()))
    batch.tails.append(
        _tail(immutable, None if written_id else statement_id, exact.get("version"), filled_in)
    )
    batch.timestamps.append(None if written_timestamp is None else timestamps.parse(written_timestamp))
    batch.versions.append(int(version))
    batch.flags.append(int(flags))
    batch.links.append(links_of(statement))


def _tail(immutable: bytes, new_id: UUID | None, version: str | None, filled_in: _FilledIn) -> str:
    """Return the statement from its second byte on, with all that is filled in but the times."""
    start = immutable[1:-1] if new_id is None else b'"id":"%b",%b' % (str(new_id).encode(), immutable[1:-1])
    end = filled_in.version if version is None else b',"version":%b}' % orjson.dumps(version)
    return (start + filled_in.authority + end).decode()


def has_attachments(statement: Mapping[str, Any]) -> bool:
    """Whether the statement or its sub-statement names attachments."""
    return any(body.get("attachments") for body in bodies(statement))


def is_signed(statement: Mapping[str, Any]) -> bool:
    """Whether the statement carries a signature attachment (xAPI 1.0.3, Data 2.6)."""
    return any(found.get("usageType") == SIGNATURE for found in statement.get("attachments", ()))


def _with_context_lists(statement: dict[str, Any]) -> dict[str, Any]:
    """Turn a single context activity into a list of one, as the record store must return it
    (xAPI 1.0.3, Data 2.4.6.2)."""
    if (context := statement.get("context")) is not None:
        statement["context"] = _context_with_lists(context)
    object_ = statement["object"]
    if object_.get("objectType") == "SubStatement":
        statement["object"] = _with_context_lists(dict(object_))
    return statement


def _context_with_lists(context: Mapping[str, Any]) -> Mapping[str, Any]:
    activities = context.get("contextActivities")
    if activities is None or all(isinstance(found, list) for found in activities.values()):
        return context
    listed = {key: found if isinstance(found, list) else [found] for key, found in activities.items()}
    return {**context, "contextActivities": listed}
