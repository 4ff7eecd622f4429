"""How people stood under requirements: a requirement's status, and what has to be trained again by when.

In: a question. Out: tables. Status is a function of two moments; nothing here decides it (compliance.status).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta

from compliance.models import Requirement, RequirementVersion
from compliance.reports.asked import Asked
from compliance.reports.bundle.evidence import Evidence
from compliance.reports.table import Table, Value
from compliance.status import read
from compliance.status.standing import FOREVER
from connectors.api import names

COLUMNS = (
    "Person", "Name", "Requirement", "Title", "State", "Assigned", "Valid until", "Due", "Grace until",
    "Overdue since", "Waived until", "Version",
)  # fmt: skip
#: What a log of retraining looks ahead where no end is given.
AHEAD = timedelta(days=365)


def status(asked: Asked, evidence: Evidence) -> list[Table]:
    """Return how everybody asked about stood, and how many in each state."""
    wanted = None if asked.requirement_id is None else [asked.requirement_id]
    rows = list(_rows(asked, evidence.people, wanted))
    counted: dict[tuple[Value, Value], int] = {}
    for row in rows:
        counted[row[2], row[4]] = counted.get((row[2], row[4]), 0) + 1
    return [
        Table("How many", ("Requirement", "State", "People"), [(*key, n) for key, n in counted.items()]),
        Table("Status", COLUMNS, rows),
    ]


def osha(asked: Asked, evidence: Evidence) -> list[Table]:
    """Return required training under OSHA's rules and what falls due; all requirements where none is one."""
    found = Requirement.objects.filter(store_id=asked.store_id)
    if asked.requirement_id is not None:
        found = found.filter(pk=asked.requirement_id)
    cited = [(each, _citation(each)) for each in found.order_by("code")]
    under = [(each, said) for each, said in cited if "29 CFR" in said or each.template.startswith("osha")]
    rows = list(_rows(asked, evidence.people, [each.pk for each, _ in under])) if under else []
    last = (asked.until or asked.at + AHEAD).astimezone(UTC).date().isoformat()
    due = [row for row in rows if str(row[7]) <= last]
    return [
        Table("Required by", ("Requirement", "Title", "Citation"), [(r.code, r.title, c) for r, c in under]),
        Table(f"Retraining due by {last}", COLUMNS, sorted(due, key=lambda row: str(row[7]))),
        Table("Everybody under these requirements", COLUMNS, rows),
    ]


def _rows(asked: Asked, people: Sequence[int], wanted: Sequence[int] | None) -> Iterator[Sequence[Value]]:
    day = asked.at.astimezone(UTC).date()
    standings = read.statuses(asked.store_id, day, asked.known, people=people, requirements=wanted)
    known = Requirement.objects.in_bulk({each.requirement_id for each in standings})
    numbers = dict(
        RequirementVersion.objects.filter(pk__in={each.version_id for each in standings}).values_list(
            "pk", "number"
        )
    )
    called = names.people({each.person_id for each in standings}, asked.at, asked.known)
    for each in standings:
        required = known[each.requirement_id]
        late = each.overdue_since
        yield (
            each.person_id,
            called.get(each.person_id, ""),
            required.code,
            required.title,
            each.state(day).value,
            each.assigned,
            _day(each.until),
            _day(each.due),
            _day(each.grace_end),
            late if late is not None and late <= day and each.state(day).value == "overdue" else None,
            _day(each.waived_until),
            numbers.get(each.version_id),
        )


def _day(value: Value) -> Value:
    """Return a day; a word for the one that stands for always."""
    return "always" if value == FOREVER else value


def _citation(requirement: Requirement) -> str:
    newest = requirement.versions.order_by("-number").first()
    said = newest.definition.get("citation", "") if newest is not None else ""
    return str(said.get("section", said) if isinstance(said, dict) else said)
