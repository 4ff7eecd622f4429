"""Documents stored, merged and deleted.

In: a `Context`, the id, the content and the preconditions. Out: nothing, or an error of `lrs.errors`.
Never a check followed by a write: each PUT and DELETE is one SQL statement that carries its precondition,
and how many rows it touched is the answer; a merge holds the row's lock from reading to writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson
from django.db import connection, transaction

from lrs.documents.naming import Context
from lrs.documents.preconditions import Condition, Preconditions, entity_tag
from lrs.errors import BadRequest, Conflict, PreconditionFailed, TooLarge, Unavailable
from lrs.wire import strict_json

# The three conditions are If-Match with tags, If-None-Match with tags, and If-None-Match: *; null and false
# where the client sent none. A clock set back must not make a document look older than a `since` the client
# has seen, hence `greatest`.
_REPLACE = """
    UPDATE lrs_document AS known
    SET content = %(content)s, content_type = %(content_type)s, etag = %(etag)s,
        updated = greatest(clock_timestamp(), known.updated + interval '1 microsecond')
    WHERE key = %(key)s
        AND (%(match)s::text[] IS NULL OR known.etag = ANY(%(match)s::text[]))
        AND (%(none_match)s::text[] IS NULL OR known.etag <> ALL(%(none_match)s::text[]))
        AND NOT %(absent)s
"""
_CREATE = """
    INSERT INTO lrs_document
        (store_id, kind, key, scope, document_id, activity_id, agent, registration,
         content, content_type, etag, updated)
    VALUES (%(store_id)s, %(kind)s, %(key)s, %(scope)s, %(document_id)s, %(activity_id)s, %(agent)s,
            %(registration)s, %(content)s, %(content_type)s, %(etag)s, clock_timestamp())
    ON CONFLICT (key) DO NOTHING
"""
_CREATE_OR_REPLACE = """
    INSERT INTO lrs_document AS known
        (store_id, kind, key, scope, document_id, activity_id, agent, registration,
         content, content_type, etag, updated)
    VALUES (%(store_id)s, %(kind)s, %(key)s, %(scope)s, %(document_id)s, %(activity_id)s, %(agent)s,
            %(registration)s, %(content)s, %(content_type)s, %(etag)s, clock_timestamp())
    ON CONFLICT (key) DO UPDATE
    SET content = %(content)s, content_type = %(content_type)s, etag = %(etag)s,
        updated = greatest(clock_timestamp(), known.updated + interval '1 microsecond')
    WHERE (%(none_match)s::text[] IS NULL OR known.etag <> ALL(%(none_match)s::text[])) AND NOT %(absent)s
"""
_DELETE = """
    DELETE FROM lrs_document AS known
    WHERE key = %(key)s
        AND (%(match)s::text[] IS NULL OR known.etag = ANY(%(match)s::text[]))
        AND (%(none_match)s::text[] IS NULL OR known.etag <> ALL(%(none_match)s::text[]))
        AND NOT %(absent)s
"""
_DELETE_ALL = """
    DELETE FROM lrs_document
    WHERE scope = %(scope)s AND (%(registration)s::uuid IS NULL OR registration = %(registration)s)
"""
_UNCONDITIONAL: dict[str, Any] = {"match": None, "none_match": None, "absent": False}

#: How often a merge starts anew because the document came or went under its hands.
_MERGE_ATTEMPTS = 20


class Unconditional(Enum):
    """What a PUT may do that carries neither If-Match nor If-None-Match."""

    #: Create the document or replace it.
    WRITE = "write"
    #: Create it; Conflict where it is there.
    CREATE = "create"
    #: Nothing; Conflict where it is there, BadRequest where it is not.
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What a client sends to be stored."""

    body: bytes
    #: As sent; empty where the client sent none.
    content_type: str

    @property
    def is_json(self) -> bool:
        """Whether it says it is JSON."""
        return _is_json(self.content_type)


def put(
    context: Context,
    document_id: str,
    content: Content,
    *,
    preconditions: Preconditions,
    unconditional: Unconditional,
    most_bytes: int,
    json_depth: int,
) -> None:
    """Store `content` as the document; `unconditional` is what goes without a precondition."""
    _check(content, most_bytes=most_bytes, json_depth=json_depth)
    row = _row(context, document_id, content.body, content.content_type) | _conditions(preconditions)
    if preconditions.if_match is not None:
        sql = _REPLACE
    elif preconditions.given or unconditional is Unconditional.WRITE:
        sql = _CREATE_OR_REPLACE
    elif unconditional is Unconditional.CREATE:
        sql = _CREATE
    elif _exists(context, document_id):
        raise _refusal(preconditions)
    else:
        raise BadRequest(
            "A PUT of a profile needs If-None-Match: * to store a new one, or If-Match with the ETag of the "
            "one it replaces.",
            rule="document.precondition-missing",
        )
    if _touched(sql, row) == 0:
        raise _refusal(preconditions)


def post(
    context: Context,
    document_id: str,
    content: Content,
    *,
    preconditions: Preconditions,
    most_bytes: int,
    json_depth: int,
) -> None:
    """Merge `content` into the document; where there is none, store it as it is (XAPI-00233).

    Only properties at the top are merged: each one sent replaces the whole of the one that was there.
    """
    posted = _check(content, most_bytes=most_bytes, json_depth=json_depth)
    for _ in range(_MERGE_ATTEMPTS):
        with transaction.atomic():
            present = _locked(context, document_id)
            if not preconditions.hold(None if present is None else present[2]):
                raise _refusal(preconditions)
            if present is None:
                row = _row(context, document_id, content.body, content.content_type)
                sql = _CREATE
            else:
                merged = _merged(present[0], present[1], content, posted, json_depth=json_depth)
                _check_size(merged, most_bytes)
                row = _row(context, document_id, merged, present[1]) | _UNCONDITIONAL
                sql = _REPLACE
            if _touched(sql, row) == 1:
                return
        # Another request created it between our look and our insert: merge into that one.
    raise Unavailable("The document is being created and deleted by others all the time; try again.")


def delete(context: Context, document_id: str, *, preconditions: Preconditions) -> None:
    """Delete the document; deleting what is not there is no error, unless If-Match asked for it."""
    if _touched(_DELETE, {"key": context.key(document_id), **_conditions(preconditions)}) == 1:
        return
    if preconditions.if_match is not None:
        raise _refusal(preconditions)
    if preconditions.if_none_match is not None and _exists(context, document_id):
        raise _refusal(preconditions)


def delete_all(context: Context) -> int:
    """Delete every document in `context`; without a registration, those of every registration."""
    return _touched(_DELETE_ALL, {"scope": context.scope(), "registration": context.registration})


def _check(content: Content, *, most_bytes: int, json_depth: int) -> strict_json.Parsed | None:
    """Refuse what cannot be kept; return the parsed content where it says it is JSON."""
    _check_size(content.body, most_bytes)
    if len(content.content_type) > 255 or not (
        content.content_type.isascii() and content.content_type.isprintable()
    ):
        # It is sent back as a header one day, so it must be fit for one.
        raise BadRequest(
            "The content type is longer than 255 characters or has characters no header may have.",
            rule="document.content-type",
            value=content.content_type,
        )
    # Communication 3.2: the content type has to match the content.
    return strict_json.parse(content.body, depth=json_depth) if content.is_json else None


def _check_size(body: bytes, most_bytes: int) -> None:
    if len(body) > most_bytes:
        raise TooLarge(
            f"The document has {len(body)} bytes; at most {most_bytes} are kept.", rule="document.size"
        )


def _merged(
    present: bytes,
    present_type: str,
    content: Content,
    posted: strict_json.Parsed | None,
    *,
    json_depth: int,
) -> bytes:
    """Return the two documents as one (xAPI 1.0.3, Communication 2.2, JSON procedure)."""
    if posted is None or not isinstance(posted.value, dict):
        raise BadRequest(
            "There is a document already, and only a JSON object sent as application/json can be merged "
            "into it. PUT replaces it as a whole.",
            rule="document.merge-posted",
            value=content.content_type,
        )
    if not _is_json(present_type):
        raise BadRequest(
            f"The document that is there is {present_type}, not application/json, so nothing can be merged "
            "into it. PUT replaces it as a whole.",
            rule="document.merge-existing",
            value=present_type,
        )
    before = strict_json.parse(present, depth=json_depth)
    if not isinstance(before.value, dict):
        raise BadRequest(
            "The document that is there is no JSON object, so nothing can be merged into it. "
            "PUT replaces it as a whole.",
            rule="document.merge-existing",
        )
    return orjson.dumps({**before.exact, **posted.exact})


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _row(context: Context, document_id: str, body: bytes, content_type: str) -> dict[str, Any]:
    return {
        "store_id": context.store_id,
        "kind": int(context.kind),
        "key": context.key(document_id),
        "scope": context.scope(),
        "document_id": document_id,
        "activity_id": context.activity_id,
        "agent": context.agent,
        "registration": context.registration,
        "content": body,
        "content_type": content_type or "application/octet-stream",
        "etag": entity_tag(body),
    }


def _conditions(preconditions: Preconditions) -> dict[str, Any]:
    """Return the preconditions as values of the SQL above."""
    match, none_match = preconditions.if_match, preconditions.if_none_match
    return {
        "match": None if match is None or match.any else list(match.tags),
        "none_match": None if none_match is None or none_match.any else list(none_match.tags),
        "absent": none_match is not None and none_match.any,
    }


def _touched(sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        touched: int = cursor.rowcount
    return touched


def _locked(context: Context, document_id: str) -> tuple[bytes, str, str] | None:
    """Return content, content type and ETag with the row locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT content, content_type, etag FROM lrs_document WHERE key = %s FOR UPDATE",
            [context.key(document_id)],
        )
        found = cursor.fetchone()
    return None if found is None else (bytes(found[0]), found[1], found[2])


def _exists(context: Context, document_id: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM lrs_document WHERE key = %s", [context.key(document_id)])
        return cursor.fetchone() is not None


def _refusal(preconditions: Preconditions) -> Conflict | PreconditionFailed:
    """Say why a write touched nothing (Communication 3.1)."""
    if not preconditions.given:
        return Conflict(
            "There is a document under that id already. Check its current state with GET, then send the "
            "ETag you were given as If-Match to replace it (or If-None-Match: * to store only what is new).",
            rule="document.precondition-missing",
        )
    if preconditions.if_match is not None:
        return PreconditionFailed(
            "The document is not, or no longer, the one If-Match names; nothing was changed. GET it again. "
            '(A weak ETag, W/"…", never matches: a proxy that compresses may have made it weak.)',
            rule="document.if-match",
            value=_shown(preconditions.if_match),
        )
    return PreconditionFailed(
        "If-None-Match names a document that is there; nothing was changed.",
        rule="document.if-none-match",
        value=_shown(preconditions.if_none_match or Condition()),
    )


def _shown(condition: Condition) -> str:
    return "*" if condition.any else ", ".join(f'"{tag}"' for tag in condition.tags)
