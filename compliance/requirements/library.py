"""Ready-made requirements: a file each under compliance/requirements/templates, citing its section.

    templates()      all of them
    make(…)          a draft of a requirement from one, with courses and people of the store's own
    load(store)      drafts from all of them, for a store that has none of them yet

Whether a template was verified, and when it was checked, stands in the file; what is not verified says so on
every page. A template is where one begins, never legal advice: what comes of it is a draft.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from compliance.models import Requirement, RequirementVersion
from compliance.requirements import definition, lifecycle
from compliance.requirements.definition import Document
from compliance.requirements.errors import NotAllowed

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Template:
    """One ready-made requirement."""

    code: str
    regime: str
    title: str
    population: str
    triggers: tuple[str, ...]
    verified: bool
    checked: date
    definition: Document

    @property
    def section(self) -> str:
        """What it cites."""
        return str(self.definition["citation"]["section"])

    @property
    def courses(self) -> list[str]:
        """The courses it names, to be replaced by one's own."""
        return sorted({each.course for each in definition.leaves(self.definition["what"])})


@cache
def templates() -> Mapping[str, Template]:
    """Return every template by its code."""
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found[content["code"]] = Template(
            code=content["code"],
            regime=content["regime"],
            title=content["title"],
            population=content["population"],
            triggers=tuple(content["triggers"]),
            verified=content["verified"],
            checked=date.fromisoformat(content["checked"]),
            definition=content["definition"],
        )
    return found


def make(
    store_id: int,
    template: Template,
    *,
    code: str = "",
    courses: Mapping[str, str] | None = None,
    rule: Document | None = None,
    by: AbstractBaseUser | None = None,
) -> RequirementVersion:
    """Make a draft from a template; `courses` puts one's own codes in place of its, `rule` other people."""
    document = json.loads(json.dumps(template.definition))
    document["what"] = _with_courses(document["what"], courses or {})
    if rule is not None:
        document["for"] = rule
    return lifecycle.create(
        store_id,
        code=code or template.code,
        title=template.title,
        document=document,
        by=by,
        template=template.code,
        change_note=f"From the template {template.code}, checked on {template.checked}.",
    )


def load(store_id: int, *, regime: str = "", by: AbstractBaseUser | None = None) -> list[RequirementVersion]:
    """Make drafts from every template (of a regime) whose code the store has not used yet."""
    used = set(Requirement.objects.filter(store_id=store_id).values_list("code", flat=True))
    used |= set(Requirement.objects.filter(store_id=store_id).values_list("template", flat=True))
    return [
        make(store_id, each, by=by)
        for each in templates().values()
        if each.code not in used and (not regime or each.regime.casefold() == regime.casefold())
    ]


def named(code: str) -> Template:
    """Return a template. Raises NotAllowed where there is none."""
    try:
        return templates()[code]
    except KeyError:
        raise NotAllowed(f"There is no template {code}.") from None


def _with_courses(what: dict[str, Any], courses: Mapping[str, str]) -> dict[str, Any]:
    if definition.is_group(what):
        [group] = [each for each in ("all", "any", "of") if each in what]
        return {**what, group: [_with_courses(each, courses) for each in what[group]]}
    name = "course" if "course" in what else "sign_off"
    return {**what, name: courses.get(what[name], what[name])}
