"""Who actors are, told by a file: tried first, then applied; what cannot be so is given back with the reason.

In: CSV with a header. An actor is named by `mbox`, `mbox_sha1sum`, `openid`, or `account_home_page` with
`account_name`; a person by `employee_number`, `email`, `user_name` or `person`; `from` and `to` (its last
day) are days and may be empty. Out: a report. Never half of a line; the same file twice changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import orjson

from connectors.errors import ConnectorError
from connectors.identity.link import LINK, Said, link_many
from connectors.identity.normal import normal
from connectors.mapping.sheet import harmless
from connectors.models import Actor, ActorState, Identifier, Person
from connectors.workforce import tables
from connectors.workforce.timeline import BEGINNING, FOREVER
from lrs.identity import AGENT, agent_key, digest, identifier

ACTOR_COLUMNS = ("mbox", "mbox_sha1sum", "openid", "account_home_page", "account_name")
PERSON_COLUMNS = ("employee_number", "email", "user_name", "person")
COLUMNS = (*ACTOR_COLUMNS, *PERSON_COLUMNS, "from", "to")
#: Lines of one file, bytes of one, and lines applied in one transaction.
LINES_MOST = 100_000
BYTES_MOST = 20 * 1024 * 1024
_AT_A_TIME = 500
#: Refused lines kept in the report.
KEPT_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file."""

    number: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One line that cannot be so."""

    line: Line
    reason: str


@dataclass(slots=True)
class Report:
    """What became, or would become, of a file."""

    lines: int = 0
    linked: int = 0
    unchanged: int = 0
    refused: int = 0
    #: Statements of the actors that are linked anew.
    statements: int = 0
    refusals: list[RefusedLine] = field(default_factory=list)

    def as_json(self) -> dict[str, int]:
        """Return the counts."""
        return {
            "lines": self.lines,
            "linked": self.linked,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "statements": self.statements,
        }


@dataclass(frozen=True, slots=True)
class _Meant:
    """A line understood."""

    line: Line
    actor: Actor
    said: Said


def read(content: bytes) -> list[Line]:
    """Return the lines of a file. Raises ConnectorError where it is no such file."""
    if len(content) > BYTES_MOST:
        raise ConnectorError(
            f"The file is larger than {BYTES_MOST // 1024 // 1024} MiB.", suggestion="Split it."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConnectorError("The file is not UTF-8.", suggestion="Save it as CSV UTF-8.") from error
    if "\0" in text:
        raise ConnectorError("The file is no text.")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [each.strip().lower() for each in next(rows, [])]
        _check_header(header)
        found = [
            Line(rows.line_num, dict(zip(header, (each.strip() for each in row), strict=False)))
            for row in islice(rows, LINES_MOST + 1)
            if any(each.strip() for each in row)
        ]
    except csv.Error as error:
        raise ConnectorError(f"Line {rows.line_num} is no CSV: {error}.") from error
    if len(found) > LINES_MOST:
        raise ConnectorError(f"The file has more than {LINES_MOST} lines.", suggestion="Split it.")
    return found


def apply(store_id: int, lines: Iterable[Line], *, by_id: int | None = None, dry: bool = False) -> Report:
    """Link what the lines say, some hundred in a transaction; with `dry` only report what would be."""
    report = Report()
    seen: dict[tuple[int, datetime, datetime], int] = {}
    waiting = iter(lines)
    while batch := list(islice(waiting, _AT_A_TIME)):
        report.lines += len(batch)
        meant, refused = _understood(store_id, batch)
        meant, overlapping = _apart(meant, seen)
        for each in [*refused, *overlapping]:
            report.refused += 1
            if len(report.refusals) < KEPT_MOST:
                report.refusals.append(each)
        new = _new(meant)
        report.unchanged += len(meant) - len(new)
        report.linked += len(new)
        report.statements += sum({each.actor.pk: each.actor.statements for each in new}.values())
        if new and not dry:
            link_many([each.said for each in new], by_id=by_id, evidence=_EVIDENCE)
    return report


def refusals_csv(report: Report) -> str:
    """Return refused lines as CSV that no spreadsheet takes for formulas, with the reason last."""
    written = io.StringIO()
    out = csv.writer(written)
    columns = [each for each in COLUMNS if any(each in one.line.values for one in report.refusals)]
    out.writerow(["line", *columns, "reason"])
    for each in report.refusals:
        values = [each.line.values.get(column, "") for column in columns]
        out.writerow([each.line.number, *(harmless(value) for value in values), harmless(each.reason)])
    return "\ufeff" + written.getvalue()


_EVIDENCE = orjson.dumps({"rule": "Linked by file"}).decode()


def _check_header(header: Sequence[str]) -> None:
    if unknown := [each for each in header if each and each not in COLUMNS]:
        raise ConnectorError(
            f"Unknown column: {', '.join(unknown)[:200]}.", suggestion=f"Known: {', '.join(COLUMNS)}."
        )
    if not set(header) & set(ACTOR_COLUMNS) or not set(header) & set(PERSON_COLUMNS):
        raise ConnectorError(
            "The first line must name a column for the actor and one for the person.",
            suggestion=f"Known: {', '.join(COLUMNS)}.",
        )


def _understood(store_id: int, batch: Sequence[Line]) -> tuple[list[_Meant], list[RefusedLine]]:
    digests = {each.number: _digest(store_id, each.values) for each in batch}
    wanted = [each for each in digests.values() if not isinstance(each, str)]
    actors = {each.digest: each for each in Actor.objects.filter(digest__in=wanted)}
    people = _people(store_id, batch)
    meant: list[_Meant] = []
    refused: list[RefusedLine] = []
    for line in batch:
        digest_ = digests[line.number]
        actor = None if isinstance(digest_, str) else actors.get(digest_)
        person = _person(line.values, people)
        period = _period(line.values)
        reason = (
            digest_
            if isinstance(digest_, str)
            else "No statement has named this actor yet."
            if actor is None
            else person
            if isinstance(person, str)
            else period
            if isinstance(period, str)
            else ""
        )
        if reason or actor is None or isinstance(person, str) or isinstance(period, str):
            refused.append(RefusedLine(line, str(reason)))
        else:
            meant.append(_Meant(line, actor, Said(actor.pk, person, *period)))
    return meant, refused


def _digest(store_id: int, values: dict[str, str]) -> Any:
    """Return the digest of the actor a line names; a sentence where it names none."""
    agents: list[dict[str, Any]] = []
    if mbox := values.get("mbox"):
        agents.append({"mbox": mbox if mbox.lower().startswith("mailto:") else f"mailto:{mbox}"})
    if sha1 := values.get("mbox_sha1sum"):
        agents.append({"mbox_sha1sum": sha1.lower()})
    if openid := values.get("openid"):
        agents.append({"openid": openid})
    home_page, name = values.get("account_home_page"), values.get("account_name")
    if home_page or name:
        if not (home_page and name):
            return "An account needs both its home page and its name."
        agents.append({"account": {"homePage": home_page, "name": name}})
    if len(agents) != 1:
        return "The line names no actor." if not agents else "The line names several actors."
    key = agent_key(agents[0])
    return "The line names no actor." if key is None else digest(store_id, AGENT, identifier(key))


def _people(store_id: int, batch: Sequence[Line]) -> dict[tuple[str, str], set[int]]:
    """Return who holds, or ever held, each identifier the lines name; people merged count as one."""
    found: dict[tuple[str, str], set[int]] = {}
    for type_ in PERSON_COLUMNS[:-1]:
        texts = {normal(each.values[type_]) for each in batch if each.values.get(type_)}
        rows = Identifier.objects.filter(
            type=type_, normal__in=texts, recorded__upper_inf=True, person__store=store_id
        ).values_list("normal", "person_id", "person__merged_into_id")
        for text, person_id, into in rows:
            found.setdefault((type_, text), set()).add(into or person_id)
    ids = {each.values.get("person", "") for each in batch}
    numbers = [int(each) for each in ids if each.isdecimal() and len(each) < 19]
    for pk, into in Person.objects.filter(store=store_id, pk__in=numbers).values_list("pk", "merged_into_id"):
        found["person", str(pk)] = {into or pk}
    return found


def _person(values: dict[str, str], people: dict[tuple[str, str], set[int]]) -> int | str:
    given = [(each, normal(values[each])) for each in PERSON_COLUMNS if values.get(each)]
    if not given:
        return "The line names no person."
    found: set[int] | None = None
    for type_, text in given:
        holders = people.get((type_, text), set())
        if not holders:
            return f"Nobody is known by the {type_.replace('_', ' ')} {text}."
        found = holders if found is None else found & holders
    if not found:
        return "What the line says of the person belongs to different people."
    if len(found) > 1:
        return f"{len(found)} people are or were known by this."
    return next(iter(found))


def _period(values: dict[str, str]) -> tuple[datetime | None, datetime | None] | str:
    try:
        first = date.fromisoformat(values["from"]) if values.get("from") else None
        last = date.fromisoformat(values["to"]) if values.get("to") else None
    except ValueError:
        return "A day is written as 2026-01-31."
    if first and last and last < first:
        return "The period ends before it begins."
    return (
        datetime.combine(first, time(), UTC) if first else None,
        datetime.combine(last + timedelta(days=1), time(), UTC) if last and last.year < 9999 else None,
    )


def _apart(
    meant: Sequence[_Meant], seen: dict[tuple[int, datetime, datetime], int]
) -> tuple[list[_Meant], list[RefusedLine]]:
    """Return what contradicts no earlier line, and what does."""
    kept, refused = [], []
    by_actor: dict[int, list[tuple[datetime, datetime, int]]] = {}
    for (actor_id, start, end), person_id in seen.items():
        by_actor.setdefault(actor_id, []).append((start, end, person_id))
    for each in meant:
        start, end = each.said.start or BEGINNING, each.said.end or FOREVER
        others = by_actor.setdefault(each.said.actor_id, [])
        if any(a < end and start < b and who != each.said.person_id for a, b, who in others):
            refused.append(RefusedLine(each.line, "An earlier line says somebody else for this time."))
            continue
        others.append((start, end, each.said.person_id))
        seen[each.said.actor_id, start, end] = each.said.person_id
        kept.append(each)
    return kept, refused


def _new(meant: Sequence[_Meant]) -> list[_Meant]:
    """Return what is not said by hand or file already."""
    knowledge = tables.load(LINK, "actor_id", [each.actor.pk for each in meant])
    return [each for each in meant if not _is_so(each, knowledge.of((each.actor.pk,)))]


def _is_so(meant: _Meant, links: Iterable[Any]) -> bool:
    start, end = meant.said.start or BEGINNING, meant.said.end or FOREVER
    return meant.actor.state != ActorState.IGNORED and any(
        each.value[2] and each.value[0] == meant.said.person_id and each.start <= start and each.end >= end
        for each in links
    )
