"""What an administrator types into the statement browser becomes a query of the record store.

In: the parameters of the address, as people write them: a mail address for an agent, a word for a verb.
Out: `Search`: xAPI parameters, and for each field what is wrong with it or which of several things may be
meant. Names are looked up in the dictionary, never in statements.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from lrs.admin.base import SearchTooLong, bounded
from lrs.errors import BadRequest
from lrs.models import ActivityDefinition, AgentName, Entity, EntityKind
from lrs.query import statement_query
from lrs.query.statement_query import StatementQuery
from lrs.sentence import last_word
from lrs.validation.statements import check_agent
from lrs.wire import identifiers
from lrs.wire.version import Version

PAGE = 50
#: Things of one name that are offered to choose from.
CHOICES_MOST = 12
#: Verbs of a store that are offered and compared by their last word.
VERBS_MOST = 300

_TEXT = ("agent", "verb", "activity", "registration", "since", "until")
_FLAGS = ("related", "ascending", "voided")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be meant."""

    #: What the field would hold.
    value: str
    label: str


@dataclass(slots=True)
class Search:
    """A search as typed, and as understood."""

    store_id: int
    typed: dict[str, str] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    source_id: int | None = None
    #: xAPI query parameters.
    parameters: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[Choice]] = field(default_factory=dict)
    query: StatementQuery | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything but the store was asked for."""
        return bool(self.parameters.keys() - {"ascending"} or self.source_id or self.faults)

    @property
    def more(self) -> bool:
        """Whether one of the rarer fields is filled in."""
        return any(self.typed[name] for name in ("registration", "since", "until"))


def read(store_id: int, given: Mapping[str, str]) -> Search:
    """Return what `given` asks for in a store."""
    search = Search(
        store_id,
        typed={name: given.get(name, "").strip() for name in _TEXT},
        flags={name: given.get(name, "") in ("on", "true", "1") for name in _FLAGS},
    )
    source = given.get("source", "")
    search.source_id = int(source) if source.isdecimal() and len(source) < 10 else None
    typed = search.typed
    if typed["agent"]:
        _take(search, "agent", _agents(store_id, typed["agent"]))
    if typed["verb"]:
        _take(search, "verb", _verbs(store_id, typed["verb"]))
    if typed["activity"]:
        _take(search, "activity", _activities(store_id, typed["activity"]))
    for name in ("registration", "since", "until"):
        if typed[name]:
            search.parameters[name] = typed[name]
    if search.flags["related"]:
        search.parameters |= {"related_agents": "true", "related_activities": "true"}
    if search.flags["ascending"]:
        search.parameters["ascending"] = "true"
    if not search.faults:
        try:
            if "agent" in search.parameters:
                check_agent(orjson.loads(search.parameters["agent"]), Version.V1)
            search.query = statement_query.from_parameters(store_id, search.parameters, page=PAGE, most=PAGE)
        except BadRequest as refusal:
            named = refusal.rule.removeprefix("parameter.")
            search.faults[named if named in _TEXT else "agent"] = refusal.message
    return search


def agent_in(text: str) -> dict[str, object] | None:
    """Return the agent that `text` identifies; None where it is only a name.

    A mail address or `mailto:` IRI, a SHA-1, an OpenID (an address), an account as `home page|name`, or JSON.
    """
    if text.startswith("{"):
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        return found if isinstance(found, dict) else None
    home_page, bar, name = text.partition("|")
    if bar and _SCHEME.match(home_page.strip()):
        return {"account": {"homePage": home_page.strip(), "name": name.strip()}}
    if identifiers.is_sha1(text):
        return {"mbox_sha1sum": text.lower()}
    mbox = text if text.lower().startswith("mailto:") else f"mailto:{text}"
    if identifiers.is_mbox(mbox):
        return {"mbox": mbox}
    return {"openid": text} if _SCHEME.match(text) else None


def verbs_of(store_id: int) -> list[Choice]:
    """Return the verbs a store has seen, the first ones first."""
    verbs = Entity.objects.filter(store_id=store_id, kind=EntityKind.VERB).order_by("id")[:VERBS_MOST]
    return [Choice(verb.identifier, last_word(verb.identifier)) for verb in verbs]


def _take(search: Search, name: str, found: list[Choice] | None) -> None:
    """Put the one thing that is meant into the parameters, or say why it is not known."""
    if found is None:
        search.faults[name] = SearchTooLong.sentence
    elif not found:
        search.faults[name] = f"Nothing in this store is called “{search.typed[name]}”."
    elif len(found) > 1:
        search.faults[name] = "Several have this name. Which one?"
        search.choices[name] = found
    else:
        search.parameters[name] = found[0].value


def _agents(store_id: int, text: str) -> list[Choice] | None:
    agent = agent_in(text)
    if agent is not None:
        return [Choice(orjson.dumps(agent).decode(), text)]
    named = AgentName.objects.filter(
        entity__store_id=store_id, entity__kind=EntityKind.AGENT, name__icontains=text.replace("\0", "")
    ).select_related("entity")
    called = Entity.objects.filter(
        store_id=store_id, kind=EntityKind.AGENT, identifier__icontains=text.replace("\0", "")
    )
    try:
        with bounded():
            found = {each.entity.identifier: each.name for each in named[: CHOICES_MOST * 2]}
            for entity in called[:CHOICES_MOST]:
                found.setdefault(entity.identifier, entity.identifier)
    except SearchTooLong:
        return None
    exact = {value: name for value, name in found.items() if name.lower() == text.lower()}
    return [Choice(value, name) for value, name in (exact or found).items()][:CHOICES_MOST]


def _verbs(store_id: int, text: str) -> list[Choice]:
    if _SCHEME.match(text):
        return [Choice(text, text)]
    known = verbs_of(store_id)
    exact = [verb for verb in known if verb.label.lower() == text.lower()]
    return (exact or [verb for verb in known if text.lower() in verb.label.lower()])[:CHOICES_MOST]


def _activities(store_id: int, text: str) -> list[Choice] | None:
    if _SCHEME.match(text):
        return [Choice(text, text)]
    named = ActivityDefinition.objects.filter(
        entity__store_id=store_id, name__icontains=text.replace("\0", "")
    ).select_related("entity")
    try:
        with bounded():
            found = [Choice(each.entity.identifier, each.name) for each in named[: CHOICES_MOST * 2]]
    except SearchTooLong:
        return None
    exact = [choice for choice in found if choice.label.lower() == text.lower()]
    return (exact or found)[:CHOICES_MOST]
