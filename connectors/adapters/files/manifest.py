"""Manifests: what says that a file is whole, and which file is next.

In: the names in a place and the texts of its manifests. Out: deliveries in the order they are to be read.
A file without a manifest does not exist for the hub, nor does one that is still called .part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from connectors.adapters.files.damage import Damaged

#: How manifests are called: workers_20260119.manifest.json
ENDINGS = (".manifest.json", ".manifest")
MANIFEST_MOST = 64 * 1024
_UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload")
_NAME = re.compile(r"[\w][\w.() +-]{0,254}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KINDS = ("worker", "unit", "job", "location")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file and what its manifest says of it."""

    manifest: str
    file: str
    sha256: str
    rows: int
    full: bool
    as_of: date
    sequence: int | None
    #: What its records are: worker, unit, job or location.
    kind: str = "worker"

    @property
    def order(self) -> tuple[int, str, str]:
        """By sequence; without one, by day and name."""
        return (self.sequence or 0, self.as_of.isoformat(), self.file)


def is_manifest(name: str) -> bool:
    """Whether a file of this name is a manifest that has been written to its end."""
    return name.endswith(ENDINGS) and _NAME.fullmatch(name) is not None


def parse(name: str, text: bytes) -> Delivery:
    """Return what a manifest says; raise Damaged where that makes no sense."""
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Damaged(f"The manifest {name} is no JSON: {error}") from error
    if not isinstance(told, dict):
        raise Damaged(f"The manifest {name} is not an object.")
    return Delivery(
        manifest=name,
        file=_file(name, told),
        sha256=_matching(name, told, "sha256", _SHA256, "64 hexadecimal digits"),
        rows=_number(name, told, "rows"),
        full=_mode(name, told),
        as_of=_day(name, told),
        sequence=_number(name, told, "sequence") if told.get("sequence") is not None else None,
        kind=_kind(name, told),
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier runs left: the watermark of a file connection."""

    sequence: int | None = None
    #: Of the files read last, newest last.
    seen: tuple[str, ...] = ()

    @classmethod
    def of(cls, watermark: Mapping[str, Any]) -> Known:
        """Return what a stored watermark says."""
        return cls(watermark.get("sequence"), tuple(watermark.get("seen", ())))


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the waiting deliveries is read now, and what becomes of others."""

    read: tuple[Delivery, ...] = ()
    #: Put away unread: delivered a second time, or told again by a later full file.
    done: tuple[Delivery, ...] = ()
    #: Old numbers with new contents.
    replayed: tuple[Delivery, ...] = ()
    #: Why delta files must wait.
    gap: str = ""


def choose(waiting: Iterable[Delivery], known: Known, *, full: bool, numbered: bool) -> Choice:
    """Return what a run reads: a full run one full file, another the delta files up to the next full one.

    A full file tells everything as of its day, so what was delivered before it need not be read. Delta files
    build on each other: one that is missing stops those behind it.
    """
    done, replayed, fresh = [], [], []
    for each in sorted(waiting, key=lambda each: each.order):
        # The next number tells of another day, even where the contents are those of an earlier one.
        old = numbered and known.sequence is not None and (each.sequence or 0) <= known.sequence
        if each.sha256 in known.seen and (old or not numbered or known.sequence is None):
            done.append(each)
        elif old:
            replayed.append(each)
        else:
            fresh.append(each)
    if full:
        place = next((place for place in reversed(range(len(fresh))) if _everyone(fresh[place])), None)
        if place is None:
            return Choice((), tuple(done), tuple(replayed))
        # Files of units, jobs and locations say nothing a file of workers tells again.
        before = [each for each in fresh[:place] if each.kind != "worker"]
        passed = [each for each in fresh[:place] if each.kind == "worker"]
        return Choice((*before, fresh[place]), (*done, *passed), tuple(replayed))
    chosen: list[Delivery] = []
    gap = ""
    expected = known.sequence + 1 if known.sequence is not None else None
    for each in fresh:
        if _everyone(each):
            break
        if numbered and expected is not None and each.sequence != expected:
            gap = f"The file with number {expected} is missing; {each.file} has number {each.sequence}."
            break
        chosen.append(each)
        expected = (each.sequence or 0) + 1
    return Choice(tuple(chosen), tuple(done), tuple(replayed), gap)


def _everyone(each: Delivery) -> bool:
    return each.full and each.kind == "worker"


def _file(name: str, told: Mapping[str, Any]) -> str:
    file = _matching(name, told, "file", _NAME, "a plain file name")
    if file.lower().endswith(_UNFINISHED):
        raise Damaged(f"The manifest {name} names {file}, which by its name is still being written.")
    if is_manifest(file):
        raise Damaged(f"The manifest {name} names a manifest.")
    return file


def _matching(name: str, told: Mapping[str, Any], field: str, form: re.Pattern[str], meant: str) -> str:
    value = told.get(field)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Damaged(f"The manifest {name} has no {field} that is {meant}.")
    return value


def _number(name: str, told: Mapping[str, Any], field: str) -> int:
    value = told.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Damaged(f"The manifest {name} has no {field} that is a whole number.")
    return value


def _mode(name: str, told: Mapping[str, Any]) -> bool:
    if told.get("mode") not in ("full", "delta"):
        raise Damaged(f"The manifest {name} does not say whether the file is full or delta.")
    return bool(told["mode"] == "full")


def _day(name: str, told: Mapping[str, Any]) -> date:
    try:
        return date.fromisoformat(told["as_of"])
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"The manifest {name} has no as_of that is a day such as 2026-01-19.") from error


def _kind(name: str, told: Mapping[str, Any]) -> str:
    kind = told.get("kind", "worker")
    if kind not in _KINDS:
        raise Damaged(f"The manifest {name} is about {kind!r}; known are {', '.join(_KINDS)}.")
    return str(kind)
