"""Records that were refused: kept with the reason, fixed and replayed, or dismissed; never dropped silently.

In: raw records and why they were refused. Out: `SyncException` rows. The same record refused for the same
reason is one open exception, whose times are counted. It is resolved by itself when a later run applies the
record, or reads everything without meeting it again.

    correct(exception, raw)     keep what the record should have been
    replay(exceptions)          corrected or not: map and apply it now
    dismiss(exceptions)         nothing will be done about it
    ageing(system)              how many are open, since when, for which reasons
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, F, Min
from django.utils import timezone

from connectors import mapping as mappings
from connectors.adapters import RawRecord
from connectors.errors import Refused
from connectors.mapping import lifecycle
from connectors.models import ExceptionState, RunMode, SyncException, SyncRun, System
from connectors.sync import apply, mapped
from lrs import database

By = AbstractBaseUser | None

_KEEP = """
    INSERT INTO connectors_sync_exception AS known
        (system_id, run_id, kind, key, field, rule, reason, suggestion, raw, state, first_seen, last_seen,
         times)
    SELECT %s, %s, u.kind, u.key, u.field, u.rule, u.reason, u.suggestion, u.raw::jsonb, 'open',
           clock_timestamp(), clock_timestamp(), u.times
    FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::int[])
         AS u (kind, key, field, rule, reason, suggestion, raw, times)
    ON CONFLICT (system_id, kind, key, rule, field) WHERE state = 'open' AND NOT key = '' DO UPDATE SET
        run_id = excluded.run_id, reason = excluded.reason, suggestion = excluded.suggestion,
        raw = excluded.raw, last_seen = excluded.last_seen, times = known.times + excluded.times
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One raw record and why it was refused."""

    raw: RawRecord
    #: Key of the record: the adapter's, else the one its mapping found, else nothing.
    key: str
    why: Refused


@dataclass(frozen=True, slots=True)
class Ageing:
    """The open exceptions of a system, or of all."""

    open: int
    oldest: datetime | None
    #: Open for less than a day, a week, a month, or longer.
    day: int
    week: int
    month: int
    longer: int
    #: How many are open for each rule, most first.
    by_rule: Mapping[str, int]


def keep(system: System, run: SyncRun | None, refusals: Iterable[Refusal]) -> None:
    """Keep refused records; one that is open already is brought up to date."""
    rows: dict[tuple[str, ...], list[Any]] = {}
    for each in refusals:
        kind, key, field, rule = (
            text(value, most)
            for value, most in (
                (each.raw.kind, 10),
                (each.key, 200),
                (each.why.field, 200),
                (each.why.rule, 100),
            )
        )
        raw = orjson.dumps(clean(each.raw.raw), default=str).decode()
        # A record nobody can name is told by its contents; one without contents, by what its adapter says.
        contents = raw if raw != "{}" else text(each.why.reason)
        known = (kind, key, field, rule) if key else (kind, key, field, rule, contents)
        times = rows[known][-1] + 1 if known in rows else 1
        rows[known] = [kind, key, field, rule, text(each.why.reason), text(each.why.suggestion), raw, times]
    if nameless := {known: row for known, row in rows.items() if not row[1]}:
        met = _met_again(system, run, nameless)
        rows = {known: row for known, row in rows.items() if known not in met}
    if rows:
        with database.binary_cursor() as cursor:
            columns = [list(column) for column in zip(*rows.values(), strict=True)]
            cursor.execute(_KEEP, (system.pk, None if run is None else run.pk, *columns))


def resolve(system: System, applied: Collection[tuple[str, str]]) -> int:
    """Settle what is open of records (kind, key) that were applied; return how many."""
    if not applied:
        return 0
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            UPDATE connectors_sync_exception e SET state = 'resolved', settled = clock_timestamp()
            FROM unnest(%b::text[], %b::text[]) AS u (kind, key)
            WHERE e.system_id = %s AND e.state = 'open' AND e.kind = u.kind AND e.key = u.key
            """,
            ([text(each[0], 10) for each in applied], [text(each[1], 200) for each in applied], system.pk),
        )
        return cursor.rowcount


def resolve_unmet(run: SyncRun) -> int:
    """Settle what a run that read everything did not meet again; return how many."""
    return SyncException.objects.filter(
        system_id=run.system_id, state=ExceptionState.OPEN, last_seen__lt=run.started
    ).update(state=ExceptionState.RESOLVED, settled=timezone.now())


def correct(exception: SyncException, raw: Mapping[str, Any]) -> None:
    """Keep what the record should have been; `replay` takes it instead of what came."""
    SyncException.objects.filter(pk=exception.pk, state=ExceptionState.OPEN).update(corrected=clean(raw))


def replay(exceptions: Iterable[SyncException], *, by: By = None) -> dict[int, Refused | None]:
    """Map and apply records again, each by itself; return why not, for each that is refused still.

    One that somebody settled meanwhile is left out. The mapping is the one in use now.
    """
    compiled: dict[int, mappings.Mapping | None] = {}
    found: dict[int, Refused | None] = {}
    for each in exceptions:
        if each.system_id not in compiled:
            version = lifecycle.active(each.system)
            compiled[each.system_id] = None if version is None else lifecycle.mapping_of(version)
        with transaction.atomic():
            now = (
                SyncException.objects.select_for_update(of=("self",))
                .select_related("system", "run")
                .filter(pk=each.pk, state=ExceptionState.OPEN)
                .first()
            )
            if now is not None:
                found[now.pk] = _replay(now, compiled[now.system_id], by)
    return found


def dismiss(exceptions: Iterable[SyncException], *, by: By = None) -> int:
    """Settle open exceptions without doing anything; return how many."""
    return SyncException.objects.filter(
        pk__in=[each.pk for each in exceptions], state=ExceptionState.OPEN
    ).update(state=ExceptionState.DISMISSED, settled=timezone.now(), settled_by_id=_id(by))


def ageing(system: System | None = None, *, now: datetime | None = None) -> Ageing:
    """Return how many exceptions are open, for how long, and for which reasons."""
    at = now or timezone.now()
    open_ = SyncException.objects.filter(state=ExceptionState.OPEN)
    if system is not None:
        open_ = open_.filter(system=system)
    rules = open_.order_by().values_list("rule").annotate(count=Count("pk")).order_by("-count", "rule")
    by_rule = dict(rules)
    younger = [open_.filter(first_seen__gt=at - timedelta(days=days)).count() for days in (1, 7, 30)]
    every = sum(by_rule.values())
    oldest = open_.aggregate(oldest=Min("first_seen"))["oldest"]
    edges = [0, *younger, every]
    day, week, month, longer = (later - earlier for earlier, later in pairwise(edges))
    return Ageing(every, oldest, day, week, month, longer, by_rule)


def text(value: str, most: int | None = None) -> str:
    """Return a text as the database can keep it."""
    fit = value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    return fit[:most]


def keepable(raw: Mapping[str, Any]) -> bool:
    """Return whether the database can keep a raw record as it is."""
    try:
        return b"\\u0000" not in orjson.dumps(raw, default=str)
    except orjson.JSONEncodeError:
        return False


def clean(value: Any) -> Any:
    """Return JSON values as the database can keep them."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {text(str(name)): clean(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(each) for each in value]
    return value


def _replay(exception: SyncException, mapping: mappings.Mapping | None, by: By) -> Refused | None:
    raw = exception.raw if exception.corrected is None else exception.corrected
    refused = _taken(exception, mapping, raw)
    if refused is None:
        exception.state, exception.settled = ExceptionState.REPLAYED, timezone.now()
        exception.settled_by_id = _id(by)
    else:
        exception.reason, exception.suggestion = text(refused.reason), text(refused.suggestion)
    exception.save(update_fields=["state", "settled", "settled_by", "reason", "suggestion"])
    return refused


def _taken(
    exception: SyncException, mapping: mappings.Mapping | None, raw: Mapping[str, Any]
) -> Refused | None:
    if mapping is None:
        return Refused("The connection has no mapping in use.", rule="mapping.none")
    if exception.rule == mapped.BROKEN and exception.corrected is None:
        return Refused(exception.reason, rule=mapped.BROKEN, suggestion="Write down the whole record first.")
    made = mapped.of(RawRecord(exception.kind, exception.key, raw), mapping)
    if made.refused is not None:
        return made.refused
    # A live run goes on all day: its moment is that of its last record, not of this one.
    run = exception.run
    as_of = exception.last_seen if run is None or run.mode == RunMode.LIVE else run.as_of
    [outcomes] = apply.apply(exception.system, [made.records], as_of=as_of, run=exception.run)
    return next((each.refused for each in outcomes if each.refused is not None), None)


def _met_again(
    system: System, run: SyncRun | None, rows: Mapping[tuple[str, ...], Sequence[Any]]
) -> set[tuple[str, ...]]:
    """Bring open exceptions of nameless records up to date; return which those were."""
    met = set()
    for known, (kind, _, field, rule, reason, _suggestion, raw, times) in rows.items():
        found = SyncException.objects.filter(
            system=system, state=ExceptionState.OPEN, kind=kind, key="", field=field, rule=rule,
            raw=orjson.loads(raw), **({} if raw != "{}" else {"reason": reason}),
        )  # fmt: skip
        if found.update(times=F("times") + times, last_seen=timezone.now(), run=run):
            met.add(known)
    return met


def _id(by: By) -> Any:
    return by.pk if by is not None else None
