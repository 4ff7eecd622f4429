"""Whether a field that is new is one that vanished, under another name.

In: the shapes of two fields and their names. Out: a number between 0 and 1: how their names resemble each
other, how much of their values they share, whether they look alike and are as often there.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from connectors.drift.shape import SKETCH, Shape

#: How HR systems shorten words; both sides are spelled out before they are compared.
_SHORT = {
    "addr": "address",
    "cc": "costcenter",
    "cd": "code",
    "dept": "department",
    "desc": "description",
    "dt": "date",
    "eff": "effective",
    "emp": "employee",
    "fte": "fulltimeequivalent",
    "fname": "first name",
    "hr": "human resources",
    "id": "identifier",
    "lname": "last name",
    "loc": "location",
    "mail": "email",
    "mgr": "manager",
    "nbr": "number",
    "no": "number",
    "num": "number",
    "org": "organization",
    "pos": "position",
    "sup": "supervisor",
    "supv": "supervisor",
    "term": "termination",
    "wrk": "work",
}
_SAME = {
    "supervisor": "manager",
    "surname": "last name",
    "forename": "first name",
    "given": "first",
    "family": "last",
    "site": "location",
    "worker": "employee",
    "associate": "employee",
    "person": "employee",
    "state": "status",
    "start": "hire",
    "stop": "end",
    "login": "user",
    "username": "user name",
    "identifier": "number",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
#: Values by which hardly anything can be told apart.
_FEW = 3


def likeness(old_name: str, old: Shape, new_name: str, new: Shape) -> float:
    """Return how likely `new` is `old` under another name."""
    name = name_likeness(old_name, new_name)
    looks = (_same_types(old, new) + _distance_free(old.get("patterns", {}), new.get("patterns", {}))) / 2
    coverage = 1 - abs(share(old) - share(new))
    if "children" in old or "children" in new:
        inside = _overlap(set(old.get("children", ())), set(new.get("children", ())))
        return 0.4 * name + 0.4 * inside + 0.2 * coverage
    values = shared_values(old, new)
    if min(_distinct(old), _distinct(new)) <= _FEW:
        return 0.55 * name + 0.2 * values + 0.1 * looks + 0.15 * coverage
    return 0.35 * name + 0.4 * values + 0.1 * looks + 0.15 * coverage


def share(shape: Shape, *, head: bool = False) -> float:
    """Return in which share of records a field is there."""
    n, of = (shape["head"], shape["head_of"]) if head else (shape["n"], shape["of"])
    return n / of if of else 0.0


def shared_values(old: Shape, new: Shape) -> float:
    """Return the share of values two fields have in common, by their sketches."""
    ours, theirs = set(old.get("sketch", ())), set(new.get("sketch", ()))
    if not ours or not theirs:
        return 0.0
    smallest = set(sorted(ours | theirs)[:SKETCH])
    return len(smallest & ours & theirs) / len(smallest)


@lru_cache(maxsize=20_000)
def name_likeness(old: str, new: str) -> float:
    """Return how two names resemble each other, by their words and by their letters; the last part counts
    most."""
    old_parts, new_parts = old.split("."), new.split(".")
    last = _words_likeness(_words(old_parts[-1]), _words(new_parts[-1]))
    above = _words_likeness(_words(" ".join(old_parts[:-1])), _words(" ".join(new_parts[:-1])))
    return 0.85 * last + 0.15 * above


def _words(name: str) -> tuple[str, ...]:
    found: list[str] = []
    for word in _WORD.findall(name):
        spelled = _SHORT.get(word.casefold(), word.casefold())
        found.extend(" ".join(_SAME.get(each, each) for each in spelled.split()).split())
    return tuple(found)


def _words_likeness(old: tuple[str, ...], new: tuple[str, ...]) -> float:
    if old == new:
        return 1.0
    words = _overlap(set(old), set(new))
    letters = SequenceMatcher(None, "".join(old), "".join(new), autojunk=False).ratio()
    return max(words, letters)


def _overlap(ours: set[str], theirs: set[str]) -> float:
    return len(ours & theirs) / len(ours | theirs) if ours or theirs else 0.0


def _same_types(old: Shape, new: Shape) -> float:
    return _distance_free(old.get("types", {}), new.get("types", {}))


def _distance_free(old: dict[str, Any], new: dict[str, Any]) -> float:
    """Return the share two distributions have in common."""
    ours, theirs = sum(old.values()), sum(new.values())
    if not ours or not theirs:
        return 1.0 if ours == theirs else 0.0
    shared: float = sum(min(old.get(name, 0) / ours, new.get(name, 0) / theirs) for name in old)
    return shared


def _distinct(shape: Shape) -> int:
    return len(shape["values"]) if "values" in shape else len(shape.get("sketch", ()))
