"""Trying a Workday connection without changing anything.

In: a `Reading`. Out: findings in the order a person would check: whether it answers, whether it lets us in,
how many workers there are, and which sections and columns our user may see.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from connectors.adapters import Finding, Reading
from connectors.adapters.workday import get_workers, queries, raas, worker_xml
from connectors.adapters.workday.options import Options, options
from connectors.adapters.workday.sections import SECTIONS, withheld
from connectors.adapters.workday.soap import Service
from connectors.adapters.workday.worker_xml import Read
from connectors.errors import CannotConnect, ConnectorError, Forbidden, NotAuthorized, Throttled

_REACH, _SIGN_IN = "Reach Workday", "Sign in"
#: Rows of a report that are looked at.
_ROWS_MOST = 1_000


def tried(reading: Reading) -> list[Finding]:
    """Return what was tried and how it went."""
    found: list[Finding] = []
    try:
        chosen = options(reading.settings)
        found.extend(_soap(reading, chosen) if chosen.interface == "soap" else _report(reading, chosen))
    except ConnectorError as error:
        found.extend(_failed(error))
    return found


def _soap(reading: Reading, chosen: Options) -> Iterator[Finding]:
    query = queries.Query(queries.EVERYBODY, {"Exclude_Inactive_Workers": True})
    with Service(chosen, reading.secrets.get("password", "")) as service:
        answer = service.get_workers(queries.page_of(query, 1, reading, chosen))
    read = list(worker_xml.workers(answer))
    total = get_workers.Results.of(answer).total
    yield from _signed_in()
    yield Finding("Read workers", total > 0, f"{total:,} workers are there.")
    if read:
        yield from _keys(read)
        yield from _sections(read)


def _keys(read: list[Read]) -> Iterator[Finding]:
    without = sum(bool(each.broken) for each in read)
    detail = f"{without} of {len(read)} workers have no WID." if without else "Every worker has a WID."
    yield Finding("Key of each worker", not without, detail)


def _sections(read: list[Read]) -> Iterator[Finding]:
    missing = withheld([each.raw for each in read])
    for section in SECTIONS:
        without = sum(section.path in each for each in missing)
        if not without:
            yield Finding(f"Right to see {section.title}", True)
            continue
        yield Finding(
            f"Right to see {section.title}",
            False,
            f"{without} of {len(read)} workers come without it; what is known of it is kept as it is. Give "
            f"the security group Get access to the domain “{section.domain}”.",
        )


def _report(reading: Reading, chosen: Options) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory(prefix="hub-raas-") as folder:
        path = raas.fetched(reading, chosen, Path(folder), changes=False)
        yield from _signed_in()
        try:
            first = list(islice(raas.rows(path, chosen.format), _ROWS_MOST))
            total = sum(1 for _ in raas.rows(path, chosen.format))
        except ConnectorError as error:
            yield Finding("Read the report", False, _told(error))
            return
    columns = sorted({name for _, values, _ in first for name in values})
    yield Finding("Read the report", total > 0, f"{total:,} rows. Columns: {', '.join(columns) or 'none'}.")
    without = sum(not values.get(chosen.key) for _, values, _ in first)
    yield Finding(
        f"Column {chosen.key}",
        bool(first) and not without,
        f"{without} of {len(first)} rows have no {chosen.key}." if without or not first else "",
    )


def _signed_in() -> Iterator[Finding]:
    yield Finding(_REACH, True)
    yield Finding(_SIGN_IN, True)


def _failed(error: ConnectorError) -> Iterator[Finding]:
    """Return how far it came."""
    unreachable = isinstance(error, Forbidden) or (
        isinstance(error, CannotConnect) and not isinstance(error, (NotAuthorized, Throttled))
    )
    if unreachable:
        yield Finding(_REACH, False, _told(error))
        return
    yield Finding(_REACH, True)
    what = _SIGN_IN if isinstance(error, NotAuthorized) else "Read workers"
    yield Finding(what, False, _told(error))


def _told(error: ConnectorError) -> str:
    return f"{error.reason} {error.suggestion}".strip()
