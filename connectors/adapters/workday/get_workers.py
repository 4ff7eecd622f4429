"""Reading workers over SOAP: query after query, page after page, held to one moment.

In: a `Reading`. Out: pages of raw records. A checkpoint says which page of which query is next, how many rows
the query has, and whose page the last one was: after a kill the run goes on there, and sees if Workday's rows
are not what they were. Raises Incomplete where they moved, where a page comes twice or where there is nobody.

A hire to come is in an answer without anything but its day; such workers are read again as of that day. Who
was corrected is read as of earlier days, too (connectors.adapters.workday.earlier).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b
from typing import Any

from lxml import etree

from connectors.adapters import WITHHELD, Page, RawRecord, Reading
from connectors.adapters.workday import earlier, queries, worker_xml
from connectors.adapters.workday.options import Options, options
from connectors.adapters.workday.queries import Query
from connectors.adapters.workday.sections import withheld
from connectors.adapters.workday.soap import Service
from connectors.adapters.workday.worker_xml import Read, status
from connectors.errors import Incomplete, NotAuthorized, SourceChanged

_AGAIN = "Run it again; nothing was ended."
_EMPLOYMENT = "Worker_Data.Employment_Data"


def read(reading: Reading) -> Iterator[Page]:
    """Give the pages of a run, behind its checkpoint."""
    found = options(reading.settings)
    planned = queries.queries(reading, found)
    state = _State.of(reading.checkpoint, planned)
    with Service(found, reading.secrets.get("password", "")) as service:
        while state.query is not None:
            query = next(each for each in planned if each.name == state.query)
            answer = service.get_workers(queries.page_of(query, state.page, reading, found))
            read_ = list(worker_xml.workers(answer))
            results = Results.of(answer)
            state.check(query, results, read_)
            current = [
                _corrected(each, service, reading, found) for each in _current(read_, service, reading, found)
            ]
            records = _records(current, query)
            state.advance(results, read_, len(records), planned)
            yield Page(records, state.checkpoint(), state.total(query, results))


@dataclass(frozen=True, slots=True)
class Results:
    """What an answer says of the whole it is a page of."""

    total: int
    pages: int

    @classmethod
    def of(cls, response: etree._Element) -> Results:
        """Return Response_Results."""
        try:
            return cls(_number(response, "Total_Results"), _number(response, "Total_Pages"))
        except ValueError as error:
            raise SourceChanged("Workday does not say how many workers there are.") from error


@dataclass(slots=True)
class _State:
    """Where a run is."""

    query: str | None
    page: int = 1
    #: Rows of the query, once its first page told.
    rows: int | None = None
    #: Records given so far, of all queries.
    given: int = 0
    #: Whose page the last one was.
    last: str = ""
    #: Rows of the query read so far.
    taken: int = 0
    _seen: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, checkpoint: Mapping[str, Any], planned: Sequence[Query]) -> _State:
        """Return where the checkpoint stands."""
        if not checkpoint:
            return cls(planned[0].name)
        names = ("query", "page", "rows", "given", "last", "taken")
        return cls(**{name: checkpoint[name] for name in names})

    def checkpoint(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "query": self.query,
            "page": self.page,
            "rows": self.rows,
            "given": self.given,
            "last": self.last,
            "taken": self.taken,
        }

    def check(self, query: Query, results: Results, read_: Sequence[Read]) -> None:
        """Raise Incomplete where the rows are not those of the pages before."""
        if query.name == queries.EVERYBODY and not results.total:
            raise Incomplete(
                "Workday gives no worker at all. Nobody was ended.",
                suggestion="Check the security group of the integration system user.",
            )
        if self.rows is not None and results.total != self.rows:
            raise Incomplete(
                f"Workday's rows moved between pages: {self.rows:,} before, {results.total:,} now.",
                suggestion=_AGAIN,
            )
        wids = [each.wid for each in read_ if each.wid]
        twice = self._seen.intersection(wids) or len(set(wids)) < len(wids)
        if twice or (wids and _fingerprint(read_) == self.last):
            raise Incomplete(
                f"Workday gives workers of an earlier page again on page {self.page}: its rows moved.",
                suggestion=_AGAIN,
            )
        if not read_ and self.page <= results.pages:
            raise Incomplete(f"Page {self.page} of {results.pages} is empty.", suggestion=_AGAIN)
        self._seen.update(wids)

    def advance(self, results: Results, read_: Sequence[Read], given: int, planned: Sequence[Query]) -> None:
        """Go behind a page."""
        self.given += given
        self.taken += len(read_)
        if self.page < results.pages:
            self.page, self.rows, self.last = self.page + 1, results.total, _fingerprint(read_)
            return
        if self.taken < results.total:
            raise Incomplete(
                f"Workday announced {results.total:,} workers and gave {self.taken:,}.", suggestion=_AGAIN
            )
        names: list[str | None] = [each.name for each in planned]
        self.query = [*names, None][names.index(self.query) + 1]
        self.page, self.rows, self.last, self.taken = 1, None, "", 0
        self._seen.clear()

    def total(self, query: Query, results: Results) -> int | None:
        """Return how many records the run has at least, as far as that can be told on this page."""
        if not query.counted:
            return None
        if self.query != query.name:
            return self.given
        return self.given - self.taken + results.total


def _current(read_: list[Read], service: Service, reading: Reading, found: Options) -> list[Read]:
    """Return the workers of a page, those to come as of the day they do."""
    today = found.day(reading.as_of)
    coming: dict[date, list[str]] = {}
    for each in read_:
        if each.wid and each.hired is not None and each.hired > today:
            coming.setdefault(each.hired, []).append(each.wid)
    then: dict[str, Read] = {}
    for day, wids in sorted(coming.items()):
        answer = service.get_workers(queries.again(wids, day, reading, found))
        for each in worker_xml.workers(answer):
            raw = {**each.raw, "As_Of_Effective_Date": day.isoformat()}
            then[each.wid] = replace(each, raw=raw)
    return [then.get(each.wid, each) for each in read_]


def _corrected(read_: Read, service: Service, reading: Reading, found: Options) -> Read:
    """Return a worker with what was so before, where something was entered about that time."""
    since = queries.watermark_of(reading)
    touched = read_.touched(since - queries.MARGIN) if since is not None else None
    if touched is None or read_.broken:
        return read_

    def as_of(day: date) -> Read | None:
        answer = service.get_workers(queries.again([read_.wid], day, reading, found))
        return next(worker_xml.workers(answer), None)

    return earlier.with_earlier(read_, touched, as_of)


def _records(read_: Sequence[Read], query: Query) -> tuple[RawRecord, ...]:
    if query.name == queries.TAKEN_BACK:
        read_ = [each for each in read_ if each.taken_back]
    elif query.name == queries.CORRECTED:
        # Everybody was told before, but not what was so before.
        read_ = [each for each in read_ if earlier.has_earlier(each)]
    missing = withheld([each.raw for each in read_])
    if query.name == queries.EVERYBODY and all(_EMPLOYMENT in each for each in missing):
        raise NotAuthorized(
            "Workday shows no status and no dates of any worker.",
            suggestion="Give the security group “Worker Data: Current Staffing Information”.",
        )
    return tuple(_record(each, lacks, query) for each, lacks in zip(read_, missing, strict=True))


def _record(each: Read, lacks: list[str], query: Query) -> RawRecord:
    if query.name == queries.TAKEN_BACK and not each.broken and "Hire_Date" not in status(each.raw):
        # Nothing is left of the engagement.
        return RawRecord("rescinded", each.wid, each.raw)
    raw = {**each.raw, WITHHELD: lacks} if lacks else each.raw
    return RawRecord("worker", each.wid, raw, each.broken)


def _fingerprint(read_: Sequence[Read]) -> str:
    return blake2b("\n".join(each.wid for each in read_).encode(), digest_size=12).hexdigest()


def _number(response: etree._Element, name: str) -> int:
    return int(float(response.findtext(f"{{*}}Response_Results/{{*}}{name}") or "none"))
