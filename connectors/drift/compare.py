"""What is different between the shape of a run and what is usual, and what must be held for it.

In: the shape of each kind of record so far, the baseline, and what the mapping reads. Out: differences, each
with the canonical fields it endangers. Pure; nothing is decided by chance: a field counts as vanished only
where so many records without it would practically never be met by accident.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Any

from connectors.drift.likeness import likeness, share
from connectors.drift.shape import Shape
from connectors.mapping import Read

Shapes = Mapping[str, Shape]
Reads = Mapping[str, Mapping[str, Read]]

#: How improbable an accident must be.
_ACCIDENT = log(1e-6)
#: In runs that read changes only, the records at hand are no fair sample of all: only fields that are
#: practically always there are missed.
_ALWAYS = 0.98
#: A rename is proposed from here on.
LIKELY = 0.5
_NULLS_MORE, _DEVIATIONS = 0.2, 6.0
_FEW_VALUES, _REPEATED = 20, 10
_VALUES_TOLD = 20
_VOLUME_LEAST, _VOLUME_FACTOR = 50, 2.0
_APPEARED_MOST = 20
#: Patterns by which a change of format is told.
_STRICT = frozenset(
    {"date", "moment", "OData date", "date with .", "date with /", "date with -", "address", "UUID", "number"}
)
_DIGITS = frozenset({"digits", "digits from 0"})
#: Patterns of days: another one always comes, however few there were.
_DAYS = frozenset({"date", "moment", "OData date", "date with .", "date with /", "date with -"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a source is not as it was."""

    #: A DriftKind.
    kind: str
    record: str
    path: str
    #: Canonical fields it feeds.
    targets: frozenset[str] = frozenset()
    #: What is kept as it is known; see Mapping.apply.
    holds: frozenset[str] = frozenset()
    #: Whether nothing can be taken at all: the worker's own key depends on it.
    stops: bool = False
    proposal: str = ""
    confidence: float = 1.0
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparing:
    """How to compare."""

    #: Whether the run reads everything.
    full: bool = True
    #: Whether the records at hand are its first ones.
    head: bool = False


def differences(now: Shapes, usual: Shapes, reads: Reads, how: Comparing) -> list[Difference]:
    """Return every difference that matters to the mapping, and the fields that are new."""
    found: list[Difference] = []
    for kind, shape in now.items():
        if kind in usual:
            found.extend(_of_kind(kind, shape, usual[kind], reads.get(kind, {}), how))
    return found


def _of_kind(
    kind: str, now: Shape, usual: Shape, reads: Mapping[str, Read], how: Comparing
) -> Iterator[Difference]:
    fields, before = now["fields"], usual["fields"]
    sampled = max((each["of"] for each in fields.values()), default=0)
    vanished = []
    for path, read in reads.items():
        old, new = before.get(path), fields.get(path)
        if old is None:
            continue
        if new is None or not new["n"]:
            if _missed(old, sampled, how):
                vanished.append((path, read, old))
            continue
        yield from _of_field(kind, path, read, old, new, how)
    fresh = {
        path: shape
        for path, shape in fields.items()
        if shape["n"] and (path not in before or not before[path]["n"])
    }
    renames = _renames({path: old for path, _, old in vanished}, fresh)
    for path, read, old in vanished:
        yield _vanished(kind, path, read, old, renames.get(path))
    if not how.head:
        yield from _appeared(kind, fresh, {proposal for proposal, _ in renames.values()})
        if how.full:
            yield from _volume(kind, now["records"], usual["records"])


def _missed(old: Shape, sampled: int, how: Comparing) -> bool:
    """Whether a field that is in none of `sampled` records should have been in some."""
    n, of = (old["head"], old["head_of"]) if how.head else (old["n"], old["of"])
    if not how.full and share(old) < _ALWAYS:
        return False
    # Laplace's rule: never quite sure, however many records there were.
    return sampled * log(1 - (n + 1) / (of + 2)) < _ACCIDENT if n else False


def _vanished(kind: str, path: str, read: Read, old: Shape, rename: tuple[str, float] | None) -> Difference:
    detail = {"usually in": round(share(old), 3)}
    proposal, confidence = rename or ("", 1.0)
    return Difference(
        "renamed" if rename else "vanished",
        kind,
        path,
        frozenset(read.targets),
        frozenset(read.holds),
        read.key,
        proposal,
        round(confidence, 2),
        detail,
    )


def _renames(vanished: Mapping[str, Shape], fresh: Mapping[str, Shape]) -> dict[str, tuple[str, float]]:
    """Return which vanished field is which new one: the likeliest pairs first, each used once."""
    scored = sorted(
        (
            (_likely(old_path, old, new_path, new), old_path, new_path)
            for old_path, old in vanished.items()
            for new_path, new in fresh.items()
        ),
        reverse=True,
    )
    renames: dict[str, tuple[str, float]] = {}
    taken: set[str] = set()
    for score, old_path, new_path in scored:
        if score < LIKELY:
            break
        if old_path not in renames and new_path not in taken:
            renames[old_path] = (new_path, score)
            taken.add(new_path)
    return renames


def _likely(old_path: str, old: Shape, new_path: str, new: Shape) -> float:
    deeper = abs(old_path.count(".") - new_path.count("."))
    return likeness(old_path, old, new_path, new) * 0.9**deeper


def _of_field(
    kind: str, path: str, read: Read, old: Shape, new: Shape, how: Comparing
) -> Iterator[Difference]:
    changed = _type_change(old, new) or _pattern_change(old, new)
    if changed is not None:
        yield _endangered("retyped", kind, path, read, {"from": changed[0], "to": changed[1]})
        return
    if how.full and _far_more_nulls(old, new, head=how.head):
        detail = {"usually in": round(share(old, head=how.head), 3), "now in": round(share(new), 3)}
        yield _endangered("null_rate", kind, path, read, detail)
        return
    if values := _values(kind, path, read, old, new, how):
        yield values


def _endangered(what: str, kind: str, path: str, read: Read, detail: Mapping[str, Any]) -> Difference:
    return Difference(
        what, kind, path, frozenset(read.targets), frozenset(read.holds), read.key, detail=detail
    )


def _type_change(old: Shape, new: Shape) -> tuple[str, str] | None:
    usual, part = _leading(old["types"])
    now, _ = _leading(new["types"])
    if part < 0.9 or now == usual:
        return None
    return (usual, now) if _turned(old["types"], new["types"], usual) else None


def _pattern_change(old: Shape, new: Shape) -> tuple[str, str] | None:
    before, after = old.get("patterns", {}), new.get("patterns", {})
    if not before or not after:
        return None
    usual, part = _leading(before)
    now, _ = _leading(after)
    if usual in _STRICT and part >= 0.9 and _turned(before, after, usual):
        return usual, now
    digits = sum(_part(before, each) for each in _DIGITS)
    if digits >= 0.9:
        if _turned(before, after, *_DIGITS):
            return "digits", now
        zeros = _part(before, "digits from 0")
        if zeros >= 0.05 and "digits from 0" not in after:
            seen = sum(after.values())
            if seen * log(1 - min(zeros, 0.999)) < _ACCIDENT:
                return "digits with leading zeros", "digits without them"
    return None


def _turned(before: Mapping[str, int], after: Mapping[str, int], *usual: str) -> bool:
    """Whether most are now other than usual, and so many that they are not the odd ones there always were."""
    was, others = sum(before.values()), sum(after.values()) - sum(after.get(each, 0) for each in usual)
    if others <= 0.5 * sum(after.values()):
        return False
    odd = was - sum(before.get(each, 0) for each in usual)
    return others * log((odd + 1) / (was + 2)) < _ACCIDENT


def _leading(counts: Mapping[str, int]) -> tuple[str, float]:
    name = max(counts, key=lambda each: counts[each], default="")
    return name, _part(counts, name)


def _part(counts: Mapping[str, int], name: str) -> float:
    total = sum(counts.values())
    return counts.get(name, 0) / total if total else 0.0


def _far_more_nulls(old: Shape, new: Shape, *, head: bool) -> bool:
    usual, now, of = share(old, head=head), share(new), new["of"]
    if usual - now < _NULLS_MORE or not of:
        return False
    return (usual - now) / sqrt((usual * (1 - usual) + 1 / of) / of) > _DEVIATIONS


def _values(kind: str, path: str, read: Read, old: Shape, new: Shape, how: Comparing) -> Difference | None:
    if gone := _chosen_gone(read, old, new):
        return _endangered("new_values", kind, path, read, {"gone": gone})
    if read.known:
        return _unmapped(kind, path, read, old, new, how)
    if _leading(old.get("patterns", {}))[0] in _DAYS:
        return None
    usual, now = old.get("values"), new.get("values")
    if usual is None or len(usual) > _FEW_VALUES or sum(usual.values()) < _REPEATED * len(usual):
        return None
    if now is None:
        # Values are kept where they repeat; few records show no more than that they are few.
        if len(new.get("sketch", ())) <= 2 * max(len(usual), _FEW_VALUES):
            return None
        return _endangered("new_values", kind, path, read, {"new": "far more values than before"})
    fresh = {value: count for value, count in now.items() if value not in usual}
    if not fresh:
        return None
    # New departments and countries are what happens; that none of the known is left is what an upgrade does.
    recoded = _recoded(fresh, now, old, how)
    detail = _told(fresh, now, recoded=recoded)
    if recoded:
        return _endangered("new_values", kind, path, read, detail)
    return Difference("new_values", kind, path, frozenset(read.targets), detail=detail)


def _recoded(fresh: Mapping[str, int], now: Mapping[str, int], old: Shape, how: Comparing) -> bool:
    """Whether a source writes its values otherwise now. Whom a run that reads changes brings has changed."""
    count = sum(fresh.values())
    if not how.full or count <= 0.5 * sum(now.values()):
        return False
    return count * -log(old["n"] + 2) < _ACCIDENT


def _unmapped(kind: str, path: str, read: Read, old: Shape, new: Shape, how: Comparing) -> Difference | None:
    """Return the values a value map does not know. Where most are, only records with others are held."""
    now = new.get("values", {})
    known = read.known | set(old.get("values", ()))
    fresh = {
        value: count
        for value, count in now.items()
        if value.strip() not in known and value.strip().casefold() not in known
    }
    if not fresh:
        return None
    recoded = _recoded(fresh, now, old, how)
    holds = frozenset(read.holds if recoded else {f"{each}?" for each in read.holds})
    return Difference(
        "new_values",
        kind,
        path,
        frozenset(read.targets),
        holds,
        stops=read.key and recoded,
        detail=_told(fresh, now, recoded=recoded),
    )


def _told(fresh: Mapping[str, int], now: Mapping[str, int], *, recoded: bool) -> dict[str, Any]:
    most = sorted(fresh, key=lambda value: -fresh[value])[:_VALUES_TOLD]
    detail: dict[str, Any] = {"new": {value: fresh[value] for value in most}}
    return detail | {"known": sorted(set(now) - set(fresh))[:_VALUES_TOLD], "recoded": recoded}


def _chosen_gone(read: Read, old: Shape, new: Shape) -> list[str]:
    """Return values by which the mapping chooses elements and which are nowhere any more."""
    usual, now = old.get("values", {}), new.get("values", {})
    if not now or not old["of"]:
        return []
    return sorted(
        value
        for value in read.chosen
        if value not in now
        and value in usual
        and new["of"] * log(1 - min(usual[value] / old["of"], 0.999)) < _ACCIDENT
    )


def _appeared(kind: str, fresh: Shapes, renamed: set[str]) -> Iterator[Difference]:
    fields = [
        (path, shape)
        for path, shape in fresh.items()
        if path not in renamed and "children" not in shape and share(shape) >= 0.01
    ]
    for path, shape in fields[:_APPEARED_MOST]:
        detail: dict[str, Any] = {"in": round(share(shape), 3), "type": _leading(shape["types"])[0]}
        if len(fields) > _APPEARED_MOST:
            detail["fields that are new"] = len(fields)
        yield Difference("appeared", kind, path, detail=detail)


def _volume(kind: str, now: int, usual: int) -> Iterator[Difference]:
    if abs(now - usual) < _VOLUME_LEAST:
        return
    if now * _VOLUME_FACTOR < usual or usual * _VOLUME_FACTOR < now:
        yield Difference("volume", kind, "", detail={"usually": usual, "now": now})
