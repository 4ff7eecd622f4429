"""A search becomes one page of statements to look at.

In: a `StatementQuery` and where the page begins. Out: `Seen`. Pages go by key; nothing is counted.

Statements have no index by source. A search of one source walks the hours in which it is known to have stored
something (SourceHour), and everything the counting has not reached yet, for at most SECONDS_MOST.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from lrs import feed
from lrs.admin import json_view
from lrs.admin.search import PAGE
from lrs.ingest.batch import Flag
from lrs.ingest.clock import first_key
from lrs.models import Source, SourceHour, Statement, VoidedStatement
from lrs.query.pages import Row, read_page
from lrs.query.statement_query import StatementQuery, narrowed
from lrs.sentence import Part, parts

#: Seconds a search of one source may take before it asks whether to go on.
SECONDS_MOST = 3.0
_STATISTICS = "lrs.statistics"


@dataclass(frozen=True, slots=True)
class Listed:
    """A statement in the list."""

    seq: int
    statement_id: UUID
    stored: datetime
    timestamp: datetime
    source: str
    sentence: tuple[Part, ...]
    voided: bool
    voiding: bool
    attachments: bool
    signed: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One page, in the order of the query."""

    statements: Sequence[Listed]
    #: Keys the pages beside this one begin at; None where there is none.
    onward: int | None
    back: int | None
    #: Whether the time ran out before the page was full.
    unfinished: bool = False


def look(query: StatementQuery, *, onward: int | None, back: int | None, accept_language: str) -> Seen:
    """Return the page that goes on after the key `onward`, or that ends before the key `back`."""
    if back is not None:
        turned = replace(query, ascending=not query.ascending, limit=PAGE)
        rows, more, stopped = _rows(_after(turned, back))
        rows = rows[::-1]
        return Seen(
            list_of(rows, accept_language),
            onward=rows[-1].seq if rows else None,
            back=rows[0].seq if rows and more else None,
            unfinished=stopped is not None,
        )
    asked = replace(query, limit=PAGE)
    rows, more, stopped = _rows(asked if onward is None else _after(asked, onward))
    return Seen(
        list_of(rows, accept_language),
        onward=stopped if stopped is not None else rows[-1].seq if rows and more else None,
        back=rows[0].seq if rows and onward is not None else None,
        unfinished=stopped is not None,
    )


def list_of(rows: Sequence[Row], accept_language: str) -> list[Listed]:
    """Return rows as the list shows them: three queries whatever their number."""
    beside = {
        each.seq: each
        for each in Statement.objects.filter(seq__in=[row.seq for row in rows]).defer("payload")
    }
    voided = _voided(list(beside.values()))
    sources = Source.objects.in_bulk({each.source_id for each in beside.values()})
    return [
        Listed(
            seq=row.seq,
            statement_id=known.statement_id,
            stored=known.stored,
            timestamp=known.timestamp,
            source=sources[known.source_id].name if known.source_id in sources else "",
            sentence=sentence_of(row.payload, accept_language),
            voided=known.statement_id in voided and not known.flags & Flag.VOIDING,
            voiding=bool(known.flags & Flag.VOIDING),
            attachments=bool(known.flags & Flag.ATTACHMENTS),
            signed=bool(known.flags & Flag.SIGNED),
        )
        for row in rows
        for known in [beside[row.seq]]
    ]


def sentence_of(payload: str, accept_language: str) -> tuple[Part, ...]:
    """Return the sentence of a stored payload."""
    try:
        return parts(json_view.load(payload), accept_language)
    except (ValueError, RecursionError):
        return (Part("object", "A statement too deep to put into words"),)


def _voided(statements: Sequence[Statement]) -> set[UUID]:
    if not statements:
        return set()
    return set(
        VoidedStatement.objects.filter(
            store_id=statements[0].store_id, statement_id__in=[each.statement_id for each in statements]
        ).values_list("statement_id", flat=True)
    )


def _after(query: StatementQuery, seq: int) -> StatementQuery:
    return narrowed(query, after=seq) if query.ascending else narrowed(query, before=seq)


def _rows(query: StatementQuery) -> tuple[Sequence[Row], bool, int | None]:
    """Return rows, whether there are more, and the key at which time ran out (None: it did not)."""
    if query.source_id is None:
        page = read_page(query)
        return page.rows, page.more, None
    end = time.monotonic() + SECONDS_MOST
    found: list[Row] = []
    for first, last in _spans(query):
        page = read_page(narrowed(replace(query, limit=query.limit - len(found)), after=first, before=last))
        found.extend(page.rows)
        if page.more or len(found) >= query.limit:
            return found, True, None
        if time.monotonic() > end:
            return found, True, last - 1 if query.ascending else first + 1
    return found, False, None


def _spans(query: StatementQuery) -> Iterator[tuple[int, int]]:
    """Yield the spans of keys (both ends left out) in which the source may have statements, in order."""
    hour = timedelta(hours=1)
    lag = feed.lag(_STATISTICS)
    # What the counting has not reached is looked through whole, with a minute for clocks that differ.
    uncounted = timezone.now() - timedelta(seconds=lag.seconds if lag.statements else 0, minutes=1)
    edges: list[tuple[int, int]] = []
    hours = SourceHour.objects.filter(source_id=query.source_id or 0, statements__gt=0, hour__lt=uncounted)
    begin: datetime | None = None
    end: datetime | None = None
    for each in hours.order_by(F("hour").asc()).values_list("hour", flat=True).iterator(chunk_size=2000):
        if end is not None and begin is not None and each > end:
            edges.append((first_key(begin) - 1, first_key(end)))
            begin = None
        begin, end = begin or each, each + hour
    if begin is not None and end is not None:
        edges.append((first_key(begin) - 1, first_key(end)))
    edges.append((first_key(uncounted.replace(minute=0, second=0, microsecond=0)) - 1, query.before))
    merged: list[tuple[int, int]] = []
    for first, last in edges:
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    for first, last in merged if query.ascending else reversed(merged):
        if last - 1 > query.after and first + 1 < query.before:
            yield first, last
