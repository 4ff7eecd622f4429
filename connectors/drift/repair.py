"""A mapping in which renamed source fields are read under their new names.

In: findings with a proposal. Out: a draft version; it is tested on the records of the last run and activated
by a person. Never changes a version that is in use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from connectors.drift import findings as kept
from connectors.drift.findings import By
from connectors.errors import ConnectorError
from connectors.mapping import lifecycle, paths
from connectors.models import DriftFinding, DriftState, FieldMapping, System

Names = tuple[str, ...]


class NothingToRepair(ConnectorError):
    """No finding proposes a rename that can be made."""


def repair(system: System, chosen: Sequence[DriftFinding], *, by: By = None) -> FieldMapping:
    """Return a new draft of the mapping in use with the proposed renames made."""
    renames = [each for each in chosen if each.proposal and each.state == DriftState.OPEN]
    used = lifecycle.active(system)
    if not renames or used is None:
        raise NothingToRepair("There is no proposal to apply, or no mapping in use.")
    content = used.document
    # Inner fields first: the path to them still has the old names above.
    for each in sorted(renames, key=lambda one: -len(one.detail["path"])):
        content = renamed(content, each.detail["record"], each.detail["path"], each.proposal)
    if content == used.document:
        raise NothingToRepair("The proposed names cannot be put into the paths of the mapping.")
    told = ", ".join(f"{each.detail['path']} → {each.proposal}" for each in renames)
    # The samples of the version in use still have the old names; those of the last run have the new ones.
    draft = lifecycle.draft(system, content, by=by, note=f"Repaired after drift: {told}.")
    kept.mark_repaired(renames, draft, by=by)
    return draft


def renamed(document: Mapping[str, Any], kind: str, old: str, new: str) -> dict[str, Any]:
    """Return the document with a source field of one kind renamed, wherever a path goes through it."""
    content: dict[str, Any] = deepcopy(dict(document))
    before, after = paths.parse(old).names, paths.parse(new).names
    for emitted in content["records"].get(kind, {}).get("emit", []):
        _part(emitted, (), before, after)
    return content


def _part(spec: Any, base: Names, before: Names, after: Names) -> None:
    """Rename in one part: its `each`, its `when`, its rules and the parts inside it."""
    inner = base
    if isinstance(spec.get("each"), str):
        path = paths.parse(spec["each"])
        inner = path.names if path.rooted else (*base, *path.names)
        spec["each"] = _path(spec["each"], base, before, after)
    if "when" in spec:
        _rule(spec["when"], inner, before, after)
    for value in spec.get("fields", spec).values():
        if isinstance(value, list):
            for each in value:
                _part(each, inner, before, after)
        elif isinstance(value, dict) and "fields" in value:
            _part(value, inner, before, after)
        elif isinstance(value, dict):
            _rule(value, inner, before, after)


def _rule(rule: dict[str, Any], base: Names, before: Names, after: Names) -> None:
    if "from" in rule:
        rule["from"] = _path(rule["from"], base, before, after)
    for step in rule.get("transform", ()):
        if "with" in step:
            step["with"] = [_path(each, base, before, after) for each in step["with"]]
        if "path" in step.get("if", {}):
            step["if"]["path"] = _path(step["if"]["path"], base, before, after)
        for branch in ("then", "else"):
            if isinstance(step.get(branch), dict):
                _rule(step[branch], base, before, after)


def _path(text: str, base: Names, before: Names, after: Names) -> str:
    """Return a path with the names it shares with `before` replaced by those of `after`."""
    path = paths.parse(text)
    start = () if path.rooted else base
    whole = (*start, *path.names)
    path = _tests(path, start, before, after)
    if whole[: len(before)] != before:
        return paths.render(path)
    if len(before) == len(after):
        for place in range(len(start), len(before)):
            path = paths.renamed(path, place - len(start), after[place])
        return paths.render(path)
    if whole == before and not start and all(isinstance(step, paths.Name) for step in path.steps):
        return paths.dotted(after) if not path.rooted else f"$.{paths.dotted(after)}"
    return paths.render(path)


def _tests(path: paths.Path, start: Names, before: Names, after: Names) -> paths.Path:
    """Return a path whose tests ([type=…]) use the new names too."""
    names = start
    steps: list[paths.Step] = []
    for step in path.steps:
        if isinstance(step, paths.Name):
            names = (*names, step.name)
        if isinstance(step, paths.Where):
            tests = tuple(
                paths.Test(paths.parse(_path(str(test.path), names, before, after)), test.text, test.negated)
                for test in step.tests
            )
            steps.append(paths.Where(tests))
        else:
            steps.append(step)
    return paths.Path(tuple(steps), path.rooted)
