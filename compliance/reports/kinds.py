"""Which reports there are: what each is called, what it asks for, how it is built.

To add one, write a function (question, evidence) → tables and put a line here; pages, API, files and
schedules follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from compliance.errors import ComplianceError
from compliance.reports import changes, standing, training
from compliance.reports.asked import Asked
from compliance.reports.bundle.evidence import Evidence
from compliance.reports.facts import facts
from compliance.reports.table import Report, Table

Build = Callable[[Asked, Evidence], Sequence[Table]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report."""

    name: str
    title: str
    says: str
    build: Build
    #: Filters it cannot do without, as members of Asked.
    needs: tuple[str, ...] = ()
    #: Whether it takes the right to see the whole store.
    whole_store: bool = False


def _part11(asked: Asked, evidence: Evidence) -> list[Table]:
    """Return all of it for a department and a period."""
    found = [*training.history(asked, evidence), *standing.status(asked, evidence)]
    if sees_store(asked):
        found += [*changes.signatures(asked, evidence), *changes.requirements(asked, evidence)]
        found += [*changes.access(asked, evidence), *changes.trail(asked, evidence)]
    return found


KINDS: Mapping[str, Kind] = {
    each.name: each
    for each in (
        Kind("person", "Training history of a person", "What one person completed, and on what evidence.",
             training.history, ("person_id",)),
        Kind("department", "Training history of a department", "What the people of a unit, and all below it, "
             "completed.", training.history, ("unit_id",)),
        Kind("course", "Training history of a course", "Who completed a course.", training.history,
             ("course_id",)),
        Kind("requirement", "Status of a requirement", "How everybody stood under a requirement.",
             standing.status, ("requirement_id",)),
        Kind("osha", "OSHA log", "Training required by 29 CFR, and what is due to be trained again.",
             standing.osha),
        Kind("part11", "Part 11 report", "Histories, status, signatures, changes and access of a department "
             "and a period.", _part11, ("unit_id",)),
        Kind("audit-trail", "Audit trail of a record", "Who changed a record, when and why, before, after.",
             changes.trail, ("record",), whole_store=True),
        Kind("signatures", "Signature manifest", "Every electronic signature, as 21 CFR 11.50 wants it read.",
             changes.signatures, whole_store=True),
        Kind("access", "System access", "Sign-ins, refusals, grants, and looks at records.", changes.access,
             whole_store=True),
        Kind("requirement-changes", "Requirement change history", "Every version of a requirement, and every "
             "change of one.", changes.requirements, whole_store=True),
    )
}  # fmt: skip


def kind_of(name: str) -> Kind:
    """Return a kind of report; ComplianceError where there is none."""
    if name not in KINDS:
        raise ComplianceError("There is no such report.", field="report")
    return KINDS[name]


def sees_store(asked: Asked) -> bool:
    """Whether whoever asks may see all of the store."""
    return asked.visible.everything or asked.store_id in asked.visible.stores


def check(kind: Kind, asked: Asked) -> None:
    """Raise ComplianceError where a filter is missing, or the report goes beyond what may be seen."""
    for each in kind.needs:
        if getattr(asked, each) is None:
            name = each.removesuffix("_id")
            raise ComplianceError(f"This report needs a {name}.", field=name)
    if kind.whole_store and not sees_store(asked):
        raise ComplianceError("This report takes access to the whole store; yours is for a part of it.")
    if asked.visible.nothing:
        raise ComplianceError("You have no access to records here.")


def build(name: str, asked: Asked, *, by: str) -> Report:
    """Return a report; its rows are read while it is written, within one transaction."""
    kind = kind_of(name)
    check(kind, asked)
    evidence = Evidence(asked)
    return Report(name, kind.title, facts(asked, by=by), kind.build(asked, evidence), evidence.people)
