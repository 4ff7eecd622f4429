"""Versions of a system's mapping: draft → tested → active → retired.

    draft → save … → test → activate        roll_back: an earlier version again, under a new number

Every step leaves a ChangeNote in the history of the connection. A version that was active is never edited:
what is known to have been mapped by it must stay explainable. Two people at once meet at a lock on the
system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from connectors.adapters import adapters
from connectors.errors import ConnectorError
from connectors.mapping import compiled, document, trial
from connectors.mapping.fault import Malformed, Problem
from connectors.models import ChangeNote, FieldMapping, MappingState, SourceBaseline, System

By = AbstractBaseUser | None

#: Documents exported by the hub say so.
EXPORT = "lrs-hub-field-mapping"
_EDITABLE = (MappingState.DRAFT, MappingState.TESTED)


class NotNow(ConnectorError):
    """A step that this version cannot take in its state."""


def active(system: System) -> FieldMapping | None:
    """Return the version in use."""
    return FieldMapping.objects.filter(system=system, state=MappingState.ACTIVE).first()


def mapping_of(version: FieldMapping) -> compiled.Mapping:
    """Return a version, compiled; raise Malformed where it cannot be used."""
    return compiled.compile(version.document)


def adopt(system: System, *, by: By = None) -> FieldMapping:
    """Make the default mapping of the system's adapter its first version, in use at once: it was tested with
    the adapter. Return what is in use where there is a version already."""
    with _locked(system):
        used = active(system)
        if used is not None:
            return used
        adapter = adapters()[system.adapter]
        compiled.compile(adapter.default_mapping)
        made = draft(system, adapter.default_mapping, by=by, note=f"The default mapping of {adapter.title}.")
        return _activate(made, by)


def draft(
    system: System,
    content: Mapping[str, Any],
    *,
    by: By = None,
    note: str = "",
    sample: trial.Samples | None = None,
) -> FieldMapping:
    """Make a new version to be edited. It may still be wrong, but it must be an object."""
    with _locked(system):
        made = FieldMapping.objects.create(
            system=system,
            version=_next_version(system),
            document=dict(content),
            sample=dict(sample or {}),
            note=note,
            created_by_id=_id(by),
        )
        _note(made, by, f"Mapping version {made.version} drafted.{f' {note}' if note else ''}")
    return made


def copy(version: FieldMapping, *, by: By = None) -> FieldMapping:
    """Make a new draft of what a version says."""
    note = f"From version {version.version}."
    return draft(version.system, version.document, by=by, note=note, sample=version.sample)


def save(
    version: FieldMapping,
    *,
    content: Mapping[str, Any] | None = None,
    sample: trial.Samples | None = None,
    note: str | None = None,
    by: By = None,
) -> FieldMapping:
    """Change a version that was not used yet; it is a draft again, and must be tested again."""
    with _locked(version.system):
        now = FieldMapping.objects.get(pk=version.pk)
        if now.state not in _EDITABLE:
            raise NotNow(
                f"Version {now.version} is {now.get_state_display().lower()} and stays as it is.",
                suggestion="Make a new draft of it.",
            )
        before = (now.document, now.sample)
        now.document = dict(content) if content is not None else now.document
        now.sample = dict(sample) if sample is not None else now.sample
        now.note = note if note is not None else now.note
        if (now.document, now.sample) != before:
            now.state, now.test_result = MappingState.DRAFT, {}
            _note(now, by, f"Mapping version {now.version} edited.")
        now.save()
    return now


def samples_for(version: FieldMapping) -> dict[str, list[Mapping[str, Any]]]:
    """Return the raw records a version is tried on: its own, and those kept of the last run."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    kept = SourceBaseline.objects.filter(system=version.system).values_list("samples", flat=True).first()
    for samples in (version.sample, kept or {}):
        for kind, raws in samples.items():
            known = found.setdefault(kind, [])
            known.extend(raw for raw in _several(raws) if raw not in known)
    return found


def try_out(version: FieldMapping, *, by: By = None) -> dict[str, Any]:
    """Try a version on its samples and those of the last run; return and keep what came of it."""
    used = active(version.system)
    today = _usable(used) if used is not None and used.pk != version.pk else None
    result = trial.try_out(version.document, samples_for(version), today=today)
    result["at"] = timezone.now().isoformat()
    with _locked(version.system):
        now = FieldMapping.objects.get(pk=version.pk)
        if now.document != version.document or now.sample != version.sample:
            raise NotNow(
                "Somebody changed this version meanwhile.", suggestion="Look at it again and test it."
            )
        now.test_result = result
        if now.state in _EDITABLE:
            now.state = MappingState.TESTED if result["passed"] else MappingState.DRAFT
        now.save(update_fields=["test_result", "state"])
        passed = "passed" if result["passed"] else "failed"
        _note(now, by, f"Mapping version {now.version} tested on {result['tried']} samples: {passed}.")
    return result


def activate(version: FieldMapping, *, by: By = None) -> FieldMapping:
    """Put a tested version to use; the one before retires in the same transaction."""
    with _locked(version.system):
        now = FieldMapping.objects.get(pk=version.pk)
        if now.state != MappingState.TESTED:
            raise NotNow(
                f"Version {now.version} is {now.get_state_display().lower()}, not tested.",
                suggestion="Test it first; every sample must pass.",
            )
        return _activate(now, by)


def roll_back(version: FieldMapping, *, by: By = None) -> FieldMapping:
    """Put an earlier version to use again, as a new version.

    It was in use before, so a failing test does not keep it from being used: what came of the test is kept.
    """
    with _locked(version.system):
        if FieldMapping.objects.get(pk=version.pk).state != MappingState.RETIRED:
            raise NotNow(f"Version {version.version} was never in use before, or is in use.")
        compiled.compile(version.document)
        note = f"Rolled back to version {version.version}."
        made = draft(version.system, version.document, by=by, note=note, sample=version.sample)
        try_out(made, by=by)
        return _activate(FieldMapping.objects.get(pk=made.pk), by)


def export(version: FieldMapping) -> bytes:
    """Return a version as JSON for another hub; without samples, which are people's data."""
    content = {
        "export": EXPORT,
        "adapter": version.system.adapter,
        "system": version.system.name,
        "version": version.version,
        "note": version.note,
        "document": version.document,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def import_(system: System, content: bytes, *, by: By = None) -> FieldMapping:
    """Make a draft of an exported version, or of a bare document; raise Malformed where it is none."""
    if len(content) > document.BYTES_MOST:
        raise Malformed([Problem("", f"The file is larger than {document.BYTES_MOST // 1024} KiB.")])
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Malformed([Problem("", f"This is no JSON: {error}.")]) from error
    note = "Imported."
    if isinstance(found, dict) and found.get("export") == EXPORT:
        note = f"Imported from {str(found.get('system', ''))[:100]}, version {found.get('version')}."
        found = found.get("document")
    compiled.compile(found)
    return draft(system, found, by=by, note=note)


def _activate(version: FieldMapping, by: By) -> FieldMapping:
    now = timezone.now()
    before = active(version.system)
    if before is not None:
        before.state, before.retired = MappingState.RETIRED, now
        before.save(update_fields=["state", "retired"])
    version.state, version.activated = MappingState.ACTIVE, now
    version.save(update_fields=["state", "activated"])
    replaced = f" in place of version {before.version}" if before is not None else ""
    _note(version, by, f"Mapping version {version.version} put to use{replaced}. {version.note}".strip())
    return version


def _usable(version: FieldMapping) -> compiled.Mapping | None:
    try:
        return mapping_of(version)
    except Malformed:
        return None


def _several(raws: Any) -> Sequence[Mapping[str, Any]]:
    return raws if isinstance(raws, list) else [raws]


@contextmanager
def _locked(system: System) -> Iterator[None]:
    """Open a transaction in which nobody else changes the versions of a system."""
    with transaction.atomic():
        System.objects.select_for_update(of=("self",)).only("pk").get(pk=system.pk)
        yield


def _next_version(system: System) -> int:
    highest: int | None = FieldMapping.objects.filter(system=system).aggregate(most=Max("version"))["most"]
    return (highest or 0) + 1


def _note(version: FieldMapping, by: By, text: str) -> None:
    ChangeNote.objects.create(
        system=version.system,
        by_id=_id(by),
        kind="mapping",
        text=text,
        detail={"mapping": version.pk, "version": version.version, "state": version.state},
    )


def _id(by: By) -> Any:
    return by.pk if by is not None else None
