"""How alike an actor and a person are, and why, in words.

In: what statements call an actor, and what is known of a person. Out: a score between 0 and 1 with the
reasons it stands on. Pure; whom to compare is chosen by connectors.identity.candidates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

#: A likeness below this is not worth a look.
LEAST = 0.3
#: No likeness is as sure as a rule.
MOST = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """An actor, as far as it tells who it is."""

    names: Sequence[str] = ()
    #: The part of an address before the @, or the whole account name where it has none.
    local: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person, as far as they can be compared."""

    person_id: int
    names: Sequence[str] = ()
    #: (type, value) of every identifier known now.
    identifiers: Sequence[tuple[str, str]] = ()


@dataclass(slots=True)
class Likeness:
    """How alike, and why."""

    score: float = 0.0
    reasons: list[str] = field(default_factory=list)

    def add(self, score: float, reason: str) -> None:
        """Count one more reason: each takes its part of what is missing."""
        self.score += (1 - self.score) * score
        self.reasons.append(reason)


def compare(face: Face, person: Known) -> Likeness:
    """Return how alike the two are."""
    found = Likeness()
    _names(face, person, found)
    _numbers(face, person, found)
    _addresses(face, person, found)
    found.score = min(MOST, round(found.score, 3))
    return found


def folded(text: str) -> str:
    """Return a text without case and accents, its words in place."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.sub(r"[^\w]+", " ", "".join(c for c in bare if not unicodedata.combining(c))).split())


def alike(one: str, other: str) -> float:
    """Return the share of three-letter pieces two texts have in common, whatever the order of words."""
    first, second = _pieces(folded(one)), _pieces(folded(other))
    return len(first & second) / len(first | second) if first and second else 0.0


def local_parts(name: str) -> set[str]:
    """Return how a person of this name would be written before an @: ann.lee, alee, lee.ann, annl, …"""
    words = folded(name).split()
    if len(words) < 2:
        return set(words)
    given, family = words[0], words[-1]
    pairs = ((given, family), (family, given), (given[0], family), (given, family[0]), (family, given[0]))
    return {f"{a}{b}" for a, b in pairs}


def bare(local: str) -> str:
    """Return a local part without the marks people put between its pieces, and without digits at its end."""
    return re.sub(r"\d+$", "", re.sub(r"[._\-+ ]", "", folded(local).replace(" ", "")))


def digits(text: str) -> str:
    """Return the number in a name such as emp-0021001 or E21001, without leading zeros; empty for others."""
    found = re.fullmatch(r"[^\d]{0,6}(\d{3,12})[^\d]{0,4}", text.strip())
    return found[1].lstrip("0") if found else ""


def _pieces(text: str) -> set[str]:
    return {f"  {word} "[place : place + 3] for word in text.split() for place in range(len(word) + 1)}


def _names(face: Face, person: Known, found: Likeness) -> None:
    best, said, called = max(
        ((alike(one, other), one, other) for one in face.names for other in person.names),
        default=(0.0, "", ""),
    )
    if best >= 0.99:
        found.add(0.6, f"called “{said}”, and so is this person")
    elif best >= 0.4:
        found.add(0.55 * best, f"called “{said}”, much like “{called}”")


def _numbers(face: Face, person: Known, found: Likeness) -> None:
    number = digits(face.local)
    for type_, value in person.identifiers:
        if number and type_ == "employee_number" and digits(value) == number:
            same = folded(value) == folded(face.local)
            found.add(
                0.75 if not same else 0.8,
                f"employee number {value} is {face.local}"
                + ("" if same else " but for zeros or letters around it"),
            )
            return


def _addresses(face: Face, person: Known, found: Likeness) -> None:
    local = bare(face.local)
    addresses = [value for type_, value in person.identifiers if type_ == "email"]
    if face.domain and any(each.casefold().endswith(f"@{face.domain.casefold()}") for each in addresses):
        domain = f"has an address at {face.domain} too"
    else:
        domain = ""
    if len(local) < 3:
        return
    for type_, value in person.identifiers:
        theirs = value.rpartition("@")[0] if "@" in value else value
        if type_ in ("email", "user_name") and folded(theirs) == folded(face.local):
            found.add(0.6, f"{_kind(type_)} {value} begins the same")
            break
        if type_ in ("email", "user_name") and bare(theirs) == local:
            found.add(0.5, f"{_kind(type_)} {value} begins the same but for dots or digits")
            break
    else:
        for name in person.names:
            if local in local_parts(name):
                found.add(0.45, f"{face.local} is how {name} would be written")
                break
    if domain and found.reasons:
        found.add(0.2, domain)


def _kind(type_: str) -> str:
    return "the address" if type_ == "email" else "the user name"


def reason(likenesses: Iterable[str]) -> str:
    """Return reasons as one sentence."""
    text = "; ".join(likenesses)
    return text[:1].upper() + text[1:]
