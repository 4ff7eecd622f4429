"""Refused statements are not lost: an administrator can read, correct and replay each refused request.

In: a refusal, as it was told to the client. Out: an inbox entry with a reason for each broken rule, within
the bounds of its source. Never a change of the client's answer: `record` lets nothing out but a log line.
A replay goes through the same door as the request did, with the credential and the authority that sent it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid5

import orjson
import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery
from django.utils import timezone

from lrs import conf, statistics
from lrs.auth.access import Access
from lrs.auth.authority import of_application, of_key
from lrs.errors import LrsError, Rejection
from lrs.ingest import door
from lrs.models import Credential, InboxEntry, InboxReason, InboxState, Source
from lrs.wire import content_type as media_types
from lrs.wire import multipart, strict_json
from lrs.wire.version import Version, negotiate

logger = structlog.get_logger(__name__)

#: Statements of a replay that bring no id get one made of the entry, so that replaying twice stores once.
_REPLAY_NAMESPACE = UUID("6f1c7c3e-0f0a-5d0b-9a55-0c4e0b8d4a21")
#: An entry lists so many reasons; a batch of ten thousand can break a rule in each.
REASONS_MOST = 100
#: Entries deleted at a time.
_TRIM_CHUNK = 1_000

_recorded: Counter[int] = Counter()


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A write of an authenticated caller that was refused."""

    access: Access
    request_id: str
    method: str
    #: With the query string.
    path: str
    #: As the client sent it.
    version: str
    content_type: str
    body: bytes
    error: LrsError


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The open entries that share their first broken rule."""

    rule: str
    entries: int
    oldest: datetime
    newest: datetime
    #: What the newest of them was told.
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a replay: statements stored, or reasons why not."""

    statement_ids: tuple[UUID, ...] = ()
    reasons: tuple[Rejection, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the statements are stored now."""
        return not self.reasons


def record(refusal: Refusal) -> None:
    """Keep `refusal` and count it; whatever goes wrong here is logged and no more."""
    source_id = refusal.access.source_id
    try:
        source = Source.objects.only("inbox_entries", "inbox_body_bytes").get(pk=source_id)
        if source.inbox_entries:
            _keep(refusal, body_most=source.inbox_body_bytes)
            _trim_now_and_then(source)
        statistics.refused(source_id)
    except (DatabaseError, InterfaceError, Source.DoesNotExist):
        logger.exception("refusal_not_kept", source=source_id, rule=refusal.error.rule)


def reasons_of(error: LrsError) -> tuple[Rejection, ...]:
    """Return why a request was refused, one rejection for each broken rule."""
    rejections: Sequence[Rejection] = getattr(error, "rejections", ())
    return tuple(rejections) or (
        Rejection(rule=error.rule, message=error.message, pointer=error.pointer, value=error.value),
    )


def groups(source: Source | None = None) -> list[Group]:
    """Return the open entries by rule, of one source or of all, the largest group first."""
    open_entries = InboxEntry.objects.filter(state=InboxState.OPEN)
    if source is not None:
        open_entries = open_entries.filter(source=source)
    newest = open_entries.filter(rule=OuterRef("rule")).order_by("-received", "-pk").values("pk")[:1]
    rows = list(
        open_entries.values("rule")
        .annotate(entries=Count("pk"), oldest=Min("received"), latest=Max("received"), entry=Subquery(newest))
        .order_by("-entries", "rule")
    )
    reasons = InboxReason.objects.filter(entry__in=[row["entry"] for row in rows])
    # The first reason of an entry comes last here, and stays.
    messages = dict(reasons.order_by("-pk").values_list("entry_id", "message"))
    return [
        Group(
            rule=row["rule"],
            entries=row["entries"],
            oldest=row["oldest"],
            newest=row["latest"],
            message=messages.get(row["entry"], ""),
        )
        for row in rows
    ]


def replay(
    entry: InboxEntry,
    *,
    body: bytes,
    user: AbstractBaseUser,
    content_type: str | None = None,
    version: str | None = None,
) -> Outcome:
    """Send the corrected `body` through the door it was refused at, and close the entry if it is accepted.

    Content type and version are those of the request unless given. A body that is still not right leaves the
    entry open and comes back with its reasons.

    Crash story: stored but not marked leaves the entry open; replaying it again finds the same ids stored
    and stores nothing twice.
    """
    if entry.state == InboxState.REPLAYED:
        return Outcome(reasons=(Rejection(rule="inbox.replayed", message="It has been replayed already."),))
    content_type = entry.content_type if content_type is None else content_type
    try:
        statement_ids = _accept(
            entry, negotiate(entry.version if version is None else version), content_type, body
        )
    except LrsError as error:
        return Outcome(reasons=reasons_of(error))
    # Not only from OPEN: somebody may have dismissed it while the statements were being stored.
    InboxEntry.objects.filter(pk=entry.pk).exclude(state=InboxState.REPLAYED).update(
        state=InboxState.REPLAYED, closed=timezone.now(), closed_by=user
    )
    entry.refresh_from_db()
    return Outcome(statement_ids=statement_ids)


def dismiss(entry: InboxEntry, *, user: AbstractBaseUser, note: str = "") -> bool:
    """Close an open entry without replaying it; False where somebody closed it before."""
    closed = _dismiss(InboxEntry.objects.filter(pk=entry.pk), user=user, note=note) == 1
    entry.refresh_from_db()
    return closed


def dismiss_group(rule: str, *, user: AbstractBaseUser, source: Source | None = None, note: str = "") -> int:
    """Close every open entry of a rule, of one source or of all; return how many."""
    entries = InboxEntry.objects.filter(rule=rule)
    return _dismiss(entries if source is None else entries.filter(source=source), user=user, note=note)


def trim(source: Source | None = None) -> int:
    """Delete what is too old or too much, of one source or of all; return how many entries went."""
    gone = 0
    for each in [source] if source is not None else Source.objects.order_by("pk"):
        entries = InboxEntry.objects.filter(source=each)
        gone += _delete(entries.filter(received__lt=timezone.now() - timedelta(days=each.inbox_days)))
        gone += _delete(entries, but_newest=each.inbox_entries)
    return gone


def _keep(refusal: Refusal, *, body_most: int) -> None:
    reasons = reasons_of(refusal.error)[:REASONS_MOST]
    with transaction.atomic():
        entry = InboxEntry.objects.create(
            source_id=refusal.access.source_id,
            credential_id=refusal.access.credential_id,
            request_id=_fit(refusal.request_id, 64),
            method=_fit(refusal.method, 10),
            path=_fit(refusal.path),
            version=_fit(refusal.version, 20),
            content_type=_fit(refusal.content_type),
            authority=refusal.access.authority,
            status=refusal.error.status,
            rule=_fit(reasons[0].rule, 100),
            body=refusal.body[:body_most] if body_most else None,
            body_size=len(refusal.body),
            body_truncated=0 < body_most < len(refusal.body),
        )
        InboxReason.objects.bulk_create(
            InboxReason(
                entry=entry,
                index=reason.index,
                pointer=_fit(reason.pointer),
                rule=_fit(reason.rule, 100),
                message=_fit(reason.message),
                value=_fit(reason.value),
            )
            for reason in reasons
        )


def _fit(text: str, most: int | None = None) -> str:
    """Return `text` as PostgreSQL can keep it: no NUL, no half characters, not too long."""
    return text.replace("\0", "�").encode(errors="replace").decode()[:most]


def _trim_now_and_then(source: Source) -> None:
    """Trim after every tenth of what the source may keep, at the latest after a hundred entries."""
    _recorded[source.pk] += 1
    if _recorded[source.pk] >= min(100, max(1, source.inbox_entries // 10)):
        _recorded[source.pk] = 0
        _delete(InboxEntry.objects.filter(source=source), but_newest=source.inbox_entries)


def _delete(entries: QuerySet[InboxEntry], *, but_newest: int = 0) -> int:
    gone = 0
    while True:
        surplus = list(
            entries.order_by("-received", "-pk").values_list("pk", flat=True)[
                but_newest : but_newest + _TRIM_CHUNK
            ]
        )
        if not surplus:
            return gone
        with transaction.atomic():
            # Two processes may trim at once: each takes what the other has not taken.
            mine = list(
                InboxEntry.objects.select_for_update(skip_locked=True)
                .filter(pk__in=surplus)
                .values_list("pk", flat=True)
            )
            InboxReason.objects.filter(entry__in=mine).delete()
            InboxEntry.objects.filter(pk__in=mine).delete()
        gone += len(mine)
        if len(mine) < len(surplus):
            return gone


def _dismiss(entries: QuerySet[InboxEntry], *, user: AbstractBaseUser, note: str) -> int:
    return entries.filter(state=InboxState.OPEN).update(
        state=InboxState.DISMISSED, closed=timezone.now(), closed_by=user, note=note
    )


def _access(entry: InboxEntry) -> Access:
    """Return who sent the entry; scopes and expiry of the credential are no matter to an administrator."""
    credential = entry.credential
    source = credential.source
    return Access(
        store_id=source.store_id,
        source_id=source.pk,
        credential_id=credential.pk,
        authority=entry.authority or _authority(credential),
        scopes=frozenset({"all"}),
        may_void=source.may_void,
        body_bytes=credential.body_bytes or conf.body_bytes(),
        requests_per_minute=0,
    )


def _authority(credential: Credential) -> dict[str, Any]:
    source_name = credential.source.name
    if credential.application_id is None:
        return of_key(key=credential.key, source_name=source_name, authority=credential.authority)
    return of_application(key=credential.key, name=credential.label or source_name)


def _accept(entry: InboxEntry, version: Version, content_type: str, body: bytes) -> tuple[UUID, ...]:
    access = _access(entry)
    statement_id = parse_qs(urlsplit(entry.path).query).get("statementId")
    if entry.method == "PUT" and statement_id:
        return (door.accept_under(access, version, content_type, body, statement_id=statement_id[0]),)
    return tuple(door.accept(access, version, content_type, _with_ids(entry, content_type, body)))


def _with_ids(entry: InboxEntry, content_type: str, body: bytes) -> bytes:
    """Return `body` with an id in every statement; a body that cannot be read is returned as it is."""
    try:
        if media_types.parse(content_type).essence != "multipart/mixed":
            return _numbered(entry, body)
        statements = bytes(multipart.parse(content_type, body)[0].body)
    except LrsError:
        return body
    # The statements are the first part, so the first place they are found at is theirs.
    return body.replace(statements, _numbered(entry, statements), 1)


def _numbered(entry: InboxEntry, text: bytes) -> bytes:
    found = strict_json.parse(text, depth=conf.json_depth()).exact
    statements = found if isinstance(found, list) else [found]
    if all(not isinstance(each, dict) or "id" in each for each in statements):
        return text
    for index, each in enumerate(statements):
        if isinstance(each, dict) and "id" not in each:
            each["id"] = str(uuid5(_REPLAY_NAMESPACE, f"{entry.pk}/{index}"))
    return orjson.dumps(found)
