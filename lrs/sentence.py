"""A statement as a sentence: "Ann completed Forklift safety, 92 %, passed, in 12 min".

In: a statement (valid, as stored) and the languages its reader prefers. Out: the parts of the sentence, plain
text each; whoever shows them escapes them. Never an error: what is odd is left out or shown as it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrs.wire import language

Json = Mapping[str, Any]

VOIDED_VERB = "http://adlnet.gov/expapi/verbs/voided"
#: Characters shown of a name, and members of a group named.
NAME_MOST = 160
MEMBERS_MOST = 3
#: Verbs that already say what success or completion would repeat.
_SAYS_SUCCESS = frozenset({"passed", "failed", "mastered"})
_SAYS_COMPLETION = frozenset({"completed", "passed", "failed", "terminated"})

_DURATION = re.compile(
    r"P(?:(?P<years>[\d.,]+)Y)?(?:(?P<months>[\d.,]+)M)?(?:(?P<weeks>[\d.,]+)W)?(?:(?P<days>[\d.,]+)D)?"
    r"(?:T(?:(?P<hours>[\d.,]+)H)?(?:(?P<minutes>[\d.,]+)M)?(?:(?P<seconds>[\d.,]+)S)?)?"
)
_SECONDS = {"days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence; `kind` is actor, verb, object or detail."""

    kind: str
    text: str


def parts(statement: Json, accept_language: str = "") -> tuple[Part, ...]:
    """Return the sentence in pieces; spaces go between them, a comma before each detail."""
    verb = _mapping(statement.get("verb"))
    said = verb_text(verb, accept_language)
    return (
        Part("actor", agent_text(_mapping(statement.get("actor")))),
        Part("verb", said),
        Part("object", object_text(_mapping(statement.get("object")), accept_language)),
        *(
            Part("detail", detail)
            for detail in _details(_mapping(statement.get("result")), str(verb.get("id", "")), said)
        ),
    )


def sentence(statement: Json, accept_language: str = "") -> str:
    """Return the sentence as plain text."""
    found = parts(statement, accept_language)
    words = " ".join(part.text for part in found if part.kind != "detail")
    return ", ".join([words, *(part.text for part in found if part.kind == "detail")])


def agent_text(agent: Json) -> str:
    """Return what an agent or group is called: its name, else its members, else its identifier."""
    name = agent.get("name")
    if isinstance(name, str) and name.strip():
        return _short(name)
    members = agent.get("member")
    if isinstance(members, Sequence) and not isinstance(members, str) and members:
        named = [agent_text(_mapping(member)) for member in members[:MEMBERS_MOST]]
        others = len(members) - len(named)
        if others:
            return f"{', '.join(named)} and {others} other{'s' if others > 1 else ''}"
        return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return _short(identifier_text(agent)) or ("A group" if agent.get("objectType") == "Group" else "Someone")


def identifier_text(agent: Json) -> str:
    """Return the identifier of an agent as people write it; empty where it has none."""
    if isinstance(mbox := agent.get("mbox"), str):
        return re.sub(r"(?i)^mailto:", "", mbox)
    if isinstance(account := agent.get("account"), Mapping):
        return str(account.get("name", ""))
    if isinstance(openid := agent.get("openid"), str):
        return openid
    if isinstance(sha1 := agent.get("mbox_sha1sum"), str):
        return f"the mailbox with SHA-1 {sha1[:8]}…"
    return ""


def verb_text(verb: Json, accept_language: str = "") -> str:
    """Return the verb in the reader's language, else the last word of its IRI."""
    return in_language(verb.get("display"), accept_language) or last_word(str(verb.get("id", "")))


def object_text(found: Json, accept_language: str = "") -> str:
    """Return what a statement is about."""
    kind = found.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        return agent_text(found)
    if kind == "StatementRef":
        return f"statement {found.get('id', '')}"
    if kind == "SubStatement":
        return f"“{sentence(found, accept_language)}”"
    definition = _mapping(found.get("definition"))
    return in_language(definition.get("name"), accept_language) or _short(str(found.get("id", "")))


def in_language(texts: Any, accept_language: str = "") -> str:
    """Return the text of a language map that suits the reader best; empty where there is none."""
    if not isinstance(texts, Mapping):
        return ""
    filled = {tag: text for tag, text in texts.items() if isinstance(text, str) and text.strip()}
    chosen = language.best(list(filled), accept_language or None)
    return "" if chosen is None else _short(filled[chosen])


def last_word(iri: str) -> str:
    """Return what the end of an IRI says, as words: `…/verbs/launched-late` → "launched late"."""
    end = re.split(r"[/#:]", iri.rstrip("/#"))[-1] or iri
    return _short(re.sub(r"[-_]+", " ", end))


def duration_text(duration: str) -> str:
    """Return an ISO 8601 duration in words: `PT5400S` → "1 h 30 min"; as it stands where it is odd."""
    match = _DURATION.fullmatch(duration)
    amounts = {name: number(text) for name, text in match.groupdict().items() if text} if match else {}
    if not amounts or any(amount is None for amount in amounts.values()):
        return _short(duration)
    found = {name: amount for name, amount in amounts.items() if amount is not None}
    long = [
        f"{_plain(found[name])} {name[:-1] if found[name] == 1 else name}"
        for name in ("years", "months", "weeks")
        if found.get(name)
    ]
    seconds = sum(found.get(name, 0.0) * size for name, size in _SECONDS.items())
    return " ".join([*long, *([_clock(seconds)] if seconds or not long else [])])


def score_text(score: Json) -> str:
    """Return a score as a percentage where it is scaled, else as points."""
    scaled, raw, most = (number(score.get(name)) for name in ("scaled", "raw", "max"))
    if scaled is not None:
        return f"{_plain(round(scaled * 100, 1))} %"
    if raw is None:
        return ""
    return f"{_plain(raw)} of {_plain(most)}" if most is not None else f"{_plain(raw)} points"


def number(value: Any) -> float | None:
    """Return a finite number, or text that is one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value.replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _details(result: Json, verb_id: str, said: str) -> list[str]:
    words = {last_word(verb_id).lower(), said.lower()}
    success, completion = result.get("success"), result.get("completion")
    response, duration = result.get("response"), result.get("duration")
    details = [score_text(_mapping(result.get("score")))]
    if isinstance(success, bool) and not words & _SAYS_SUCCESS:
        details.append("passed" if success else "failed")
    if isinstance(completion, bool) and not (completion and words & _SAYS_COMPLETION):
        details.append("completed" if completion else "not completed")
    if isinstance(response, str) and response.strip():
        details.append(f"answer “{_short(response, 60)}”")
    if isinstance(duration, str):
        details.append(f"in {duration_text(duration)}")
    return [detail for detail in details if detail]


def _clock(seconds: float) -> str:
    """Return seconds as the two largest units that say something."""
    if seconds < 60:
        return f"{_plain(round(seconds, 1 if seconds < 10 else 0))} s"
    whole = round(seconds)
    days, hours, minutes = whole // 86_400, whole % 86_400 // 3600, whole % 3600 // 60
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (whole % 60, "s")]
    first = next(place for place, (amount, _) in enumerate(units) if amount)
    return " ".join(f"{amount} {unit}" for amount, unit in units[first : first + 2] if amount)


def _plain(value: float) -> str:
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:g}"


def _short(text: str, most: int = NAME_MOST) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}
