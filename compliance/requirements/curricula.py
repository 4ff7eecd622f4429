"""Curricula: courses that belong together, kept in one place and named by requirements.

A version of a requirement takes over what its curricula say when it goes to review: what was approved is what
was read. `named_by` tells which requirements need a new version after a curriculum changed.
"""

from __future__ import annotations

from typing import Any

from compliance.models import Curriculum, RequirementVersion, VersionState
from compliance.requirements import definition
from compliance.requirements.definition import Document
from compliance.requirements.errors import InvalidDefinition


def save(store_id: int, *, code: str, title: str, what: dict[str, Any]) -> Curriculum:
    """Make a curriculum, or change it."""
    definition.check_what(what)
    if definition.curricula(what):
        raise InvalidDefinition([("/what", "a curriculum names courses, not curricula")])
    found, _ = Curriculum.objects.update_or_create(
        store_id=store_id, code=code, defaults={"title": title, "what": what}
    )
    return found


def taken_over(store_id: int, what: Document) -> dict[str, Any]:
    """Return a `what` with every curriculum replaced by its courses. Raises InvalidDefinition."""
    codes = definition.curricula(what)
    known = dict(Curriculum.objects.filter(store_id=store_id, code__in=codes).values_list("code", "what"))
    if missing := sorted(codes - known.keys()):
        raise InvalidDefinition([("/what", f"there is no curriculum {each}") for each in missing])
    return definition.expanded(what, known.__getitem__)


def named_by(curriculum: Curriculum) -> list[RequirementVersion]:
    """Return the versions in force, or about to be, that took over another state of this curriculum."""
    found = []
    for version in RequirementVersion.objects.filter(
        requirement__store_id=curriculum.store_id, state__in=[VersionState.APPROVED, VersionState.EFFECTIVE]
    ).select_related("requirement"):
        taken = _taken(version.definition["what"], f"Curriculum {curriculum.code}")
        if taken and any(each != curriculum.what for each in taken):
            found.append(version)
    return found


def _taken(what: Document, title: str) -> list[Document]:
    if not definition.is_group(what):
        return []
    _, inside = definition.parts(what)
    if what.get("title") == title:
        return inside
    return [found for each in inside for found in _taken(each, title)]
