"""The first page: what comes in, from whom, what is refused, how far consumers are behind, how much is kept.

In: a request of a member of staff, and the parts other applications add (`add_part`). Out: the context of the
page. Numbers come from SourceHour, from the feed and from the catalogue of PostgreSQL; the statement table is
never counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Sum
from django.http import HttpRequest
from django.utils import timezone

from lrs.admin import chart
from lrs.admin.base import SearchTooLong, bounded
from lrs.admin.feed import standings
from lrs.models import Attachment, InboxEntry, InboxState, Source, SourceHour

#: Hours each period shows, and how many of them make a column.
PERIODS = {"24h": (24, 1), "3d": (72, 1), "14d": (336, 6), "90d": (2160, 24)}
USUAL_PERIOD = "3d"
#: Sources listed for what they sent; then those that fell silent and have no place among these.
SOURCES_MOST = 50
SILENT_MOST = 50
#: Open entries counted at most for the badge.
OPEN_MOST = 1_000
#: Milliseconds the sizes of attachments may take to add up.
ADDING_MILLISECONDS = 1_000


#: Returns what a part shows, with its template under `template`; None where the user may not see it.
Part = Callable[[HttpRequest], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class _Added:
    order: int
    name: str
    part: Part
    wide: bool


_added: dict[str, _Added] = {}


def add_part(name: str, part: Part, *, order: int = 100, wide: bool = False) -> None:
    """Have the first page show a part of an application, once under its name, in the order of the numbers.

    `part` is asked at every look and returns what its template finds under the name `block`, or None. Wide
    parts stand below the chart, others beside the sources.
    """
    _added[name] = _Added(order, name, part, wide)


@dataclass(frozen=True, slots=True)
class Seen:
    """One source in the period."""

    source: Source
    statements: int
    refused: int
    last_seen: datetime | None
    #: Without a sign of life for longer than a day.
    silent: bool


@dataclass(frozen=True, slots=True)
class Storage:
    """What PostgreSQL's catalogue says of a table."""

    name: str
    size: int
    #: An estimate; -1 before PostgreSQL has looked.
    rows: int


def context(request: HttpRequest, known: dict[str, Any]) -> dict[str, Any]:
    """Return what the dashboard shows (UNFOLD["DASHBOARD_CALLBACK"])."""
    known = {**known, "title": "Dashboard", **_parts(request)}
    if not request.user.has_perm("lrs.view_source"):
        return {**known, "may_look": False}
    asked = request.GET.get("period", "")
    period = asked if asked in PERIODS else USUAL_PERIOD
    length, width = PERIODS[period]
    end = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    begin = end - timedelta(hours=length)
    sources = {source.pk: source for source in Source.objects.select_related("store")}
    seen = _seen(sources, begin)
    listed = _listed(seen)
    statements, refused = sum(each.statements for each in seen), sum(each.refused for each in seen)
    series = _series(sources, begin, length, width)
    tables = storage()
    return {
        **known,
        "may_look": True,
        "period": period,
        "periods": list(PERIODS),
        "chart": _chart(begin, length, width, series),
        "legend": series,
        "sources": listed,
        "more_sources": len(seen) - len(listed),
        "more_silent": sum(each.silent for each in seen) - sum(each.silent for each in listed),
        "statements": statements,
        "refused": refused,
        "refusal_rate": refusal_rate(statements, refused),
        "open_entries": open_entries(),
        "open_most": OPEN_MOST,
        "standings": standings() if request.user.has_perm("lrs.view_feedcursor") else [],
        "tables": tables,
        "database_size": _database_size(),
        "estimated": kept_estimate(tables),
        "attachment_size": attachments_size(),
    }


def _parts(request: HttpRequest) -> dict[str, Any]:
    """Return the parts of other applications that the user may see."""
    found: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for each in sorted(_added.values(), key=lambda added: (added.order, added.name)):
        block = each.part(request)
        if block is not None:
            found[each.wide].append(block)
    return {"wide_blocks": found[True], "blocks": found[False]}


def refusal_rate(statements: int, refused: int) -> str:
    """Return refused requests against everything that came, as a percentage."""
    if not refused:
        return "0 %"
    share = 100 * refused / (statements + refused)
    return "under 0.1 %" if share < 0.1 else f"{share:.1f} %"


def open_entries() -> int:
    """Return how many requests wait in the inbox, counted up to OPEN_MOST."""
    return len(InboxEntry.objects.filter(state=InboxState.OPEN).values_list("pk", flat=True)[:OPEN_MOST])


def storage() -> list[Storage]:
    """Return the record store's tables, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid), reltuples::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relname LIKE 'lrs\\_%'"
            " AND relnamespace = current_schema()::regnamespace"
            " ORDER BY 2 DESC LIMIT 6"
        )
        return [Storage(*row) for row in cursor.fetchall()]


def kept_estimate(tables: Sequence[Storage]) -> int:
    """Return about how many statements are kept: PostgreSQL's estimate, else the sum of all hours."""
    estimate = next((each.rows for each in tables if each.name == "lrs_statement"), -1)
    if estimate > 0:
        return estimate
    return int(SourceHour.objects.aggregate(counted=Sum("statements"))["counted"] or 0)


def attachments_size() -> int | None:
    """Return the bytes of attachment contents; None where there are too many to add up while one waits."""
    try:
        with bounded(ADDING_MILLISECONDS):
            return Attachment.objects.aggregate(kept=Sum("size"))["kept"] or 0
    except SearchTooLong:
        return None


def _database_size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _seen(sources: dict[int, Source], begin: datetime) -> list[Seen]:
    sums: dict[int, dict[str, Any]] = {
        row["source_id"]: dict(row)
        for row in SourceHour.objects.filter(hour__gte=begin)
        .values("source_id")
        .annotate(stored=Sum("statements"), not_taken=Sum("refused"))
    }
    lasts = dict(
        SourceHour.objects.values("source_id").annotate(at=Max("last_seen")).values_list("source_id", "at")
    )
    day_ago = timezone.now() - timedelta(days=1)
    found = [
        Seen(
            source=source,
            statements=sums[pk]["stored"] if pk in sums else 0,
            refused=sums[pk]["not_taken"] if pk in sums else 0,
            last_seen=(last := lasts.get(pk)),
            silent=source.active and last is not None and last < day_ago,
        )
        for pk, source in sources.items()
    ]
    return sorted(found, key=lambda each: (-each.statements, -each.refused, str(each.source)))


def _listed(seen: Sequence[Seen]) -> list[Seen]:
    """Return the busiest sources and after them the silent ones, the latest to fall silent first: a source
    that stopped sends little, and must not be hidden by those that send much."""
    silent = [each for each in seen[SOURCES_MOST:] if each.silent]
    silent.sort(key=lambda each: each.last_seen.timestamp() if each.last_seen else 0.0, reverse=True)
    return [*seen[:SOURCES_MOST], *silent[:SILENT_MOST]]


def _series(sources: dict[int, Source], begin: datetime, length: int, width: int) -> list[chart.Series]:
    values: dict[int, list[int]] = {}
    rows = SourceHour.objects.filter(hour__gte=begin, statements__gt=0)
    for source_id, hour, statements in rows.values_list("source_id", "hour", "statements").iterator():
        place = int((hour - begin).total_seconds() // 3600) // width
        if source_id in sources and 0 <= place < length // width:
            values.setdefault(source_id, [0] * (length // width))[place] += statements
    return chart.largest([chart.Series(sources[pk].name, found) for pk, found in values.items()])


def _chart(begin: datetime, length: int, width: int, series: Sequence[chart.Series]) -> Any:
    starts = [begin + timedelta(hours=hour) for hour in range(0, length, width)]
    span = "hour" if width == 1 else f"{width} hours"
    return chart.columns(
        [f"{start:%d %b %H:%M} UTC" for start in starts],
        series,
        ticks=_ticks(starts),
        title=f"Statements per {span} by source",
    )


def _ticks(starts: Sequence[datetime]) -> list[str]:
    if len(starts) <= 24:
        return [f"{start:%H:%M}" if start.hour % 6 == 0 else "" for start in starts]
    days = [start for start in starts if start.hour == 0]
    every = max(1, len(days) // 8)
    shown = set(days[::every])
    return [f"{start:%d %b}" if start in shown else "" for start in starts]
