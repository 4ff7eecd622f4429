"""For whom, what and when a bundle or a report is asked.

In: a person, a unit with everything below it, courses, a requirement, a period, two moments, and the part of
the organization whoever asks may see. Out: the people and courses these mean. Never somebody outside of what
the asker may see, and nobody whose data is restricted but for a reason that is told (GDPR 18(2)).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from compliance.access import restricted
from compliance.access.scope import Scope
from compliance.models import Course, RequirementVersion
from compliance.requirements import definition
from lrs import database

_PEOPLE = """
SELECT p.id, {restricted} FROM connectors_person p
WHERE p.store_id = %(store)s AND {visible}
  AND (%(person)s::bigint IS NULL OR %(person)s::bigint IN (p.id, p.merged_into_id))
  AND (%(unit)s::bigint IS NULL OR EXISTS (
      SELECT FROM connectors_work_assignment_version v
      JOIN connectors_unit_path t ON t.unit_id = v.unit_id
      WHERE v.person_id IN (p.id, p.merged_into_id)
        AND v.valid @> %(at)s::timestamptz AND v.recorded @> %(known)s::timestamptz
        AND t.valid @> %(at)s::timestamptz AND t.recorded @> %(known)s::timestamptz
        AND t.path @> ARRAY[%(unit)s::bigint]))
ORDER BY p.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question an auditor asks."""

    store_id: int
    #: As of this moment, as known at the other.
    at: datetime
    known: datetime
    #: The period, from inclusive, to exclusive; None is open.
    since: datetime | None = None
    until: datetime | None = None
    person_id: int | None = None
    unit_id: int | None = None
    course_id: int | None = None
    requirement_id: int | None = None
    #: Table and key of one record, for its trail.
    record: tuple[str, str] | None = None
    #: Why people whose data is restricted are not left out; None leaves them out.
    restricted: str | None = None
    #: Whose records may be seen.
    visible: Scope = field(default_factory=Scope)

    def people(self) -> list[int]:
        """Return whom it is about: who was in the unit then, with the identities merged into them."""
        return [person for person, is_restricted in self._found() if self.restricted or not is_restricted]

    def left_out(self) -> int:
        """Return how many it would be about, were their data not restricted."""
        return 0 if self.restricted else sum(is_restricted for _, is_restricted in self._found())

    def _found(self) -> list[tuple[int, bool]]:
        """Return everybody asked about, and whether their data is restricted."""
        with database.binary_cursor() as cursor:
            cursor.execute(
                _PEOPLE.format(
                    visible=self.visible.condition("p.id"), restricted=restricted.condition("p.id")
                ).encode(),
                {
                    "store": self.store_id,
                    "person": self.person_id,
                    "unit": self.unit_id,
                    "at": self.at,
                    "known": self.known,
                },
            )
            return [(row[0], row[1]) for row in cursor]

    def courses(self) -> list[int] | None:
        """Return which courses it is about; None where it is about all."""
        if self.requirement_id is not None:
            codes = {
                leaf.course
                for each in RequirementVersion.objects.filter(requirement_id=self.requirement_id)
                for leaf in definition.leaves(each.definition["what"])
                if not leaf.signed_off
            }
            found = Course.objects.filter(store_id=self.store_id, code__in=codes)
            return sorted(found.values_list("pk", flat=True))
        return None if self.course_id is None else [self.course_id]

    def told(self) -> dict[str, Any]:
        """Return it as the manifest and every report say it."""
        said = {name: value for name, value in asdict(self).items() if name != "visible"}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()
        }
