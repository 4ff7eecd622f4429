"""Everything there is to see of one statement.

In: its row. Out: `Facts` for the page: what stands in it, what it refers to and what refers to it, its
attachments, what checking its signature found, whether it is voided. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from lrs.admin.browse import Listed, list_of
from lrs.bodies import bodies
from lrs.ingest.batch import Flag
from lrs.models import (
    Attachment,
    SignatureFinding,
    Statement,
    StatementAttachment,
    StatementReference,
    VoidedStatement,
)
from lrs.query.pages import Row
from lrs.sentence import (
    agent_text,
    duration_text,
    identifier_text,
    in_language,
    last_word,
    object_text,
    score_text,
    verb_text,
)

#: Statements listed that refer to this one.
REFERRERS_MOST = 50


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the page."""

    label: str
    text: str
    #: The identifier in full: an IRI, or what identifies an agent.
    detail: str = ""
    #: The field of the browser that finds more of it, and what to put there.
    field: str = ""
    value: str = ""
    #: Whether only a search wherever it stands finds it in this place.
    related: bool = False


@dataclass(frozen=True, slots=True)
class NamedAttachment:
    """An attachment the statement names, with its content where it was sent along."""

    name: str
    description: str
    usage: str
    content_type: str
    size: Any
    sha256: str
    file_url: str
    content: Attachment | None


@dataclass(frozen=True, slots=True)
class Referred:
    """A statement that is referred to; `listed` is None while it has not arrived."""

    statement_id: UUID
    listed: Listed | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What the store knows beside the statement itself."""

    refers_to: Referred | None
    referrers: Sequence[Listed]
    more_referrers: bool
    voids: UUID | None
    voided_by: Sequence[Listed]
    signature: SignatureFinding | None
    attachments: Sequence[NamedAttachment]


def beside(row: Statement, statement: Mapping[str, Any], accept_language: str) -> Beside:
    """Return what stands beside a statement."""
    reference = StatementReference.objects.filter(seq=row.seq).first()
    voids = VoidedStatement.objects.filter(seq=row.seq).first()
    referring = StatementReference.objects.filter(store_id=row.store_id, target=row.statement_id)
    referrers = list(referring.order_by("-seq").values_list("seq", flat=True)[: REFERRERS_MOST + 1])
    voiding: list[int] = []
    if not row.flags & Flag.VOIDING:
        voiding = list(
            VoidedStatement.objects.filter(store_id=row.store_id, statement_id=row.statement_id)
            .order_by("seq")
            .values_list("seq", flat=True)[:REFERRERS_MOST]
        )
    return Beside(
        refers_to=None if reference is None else _referred(row.store_id, reference.target, accept_language),
        referrers=_listed(referrers[:REFERRERS_MOST], accept_language),
        more_referrers=len(referrers) > REFERRERS_MOST,
        voids=None if voids is None else voids.statement_id,
        voided_by=_listed(voiding, accept_language),
        signature=SignatureFinding.objects.filter(seq=row.seq).first(),
        attachments=_attachments(row.seq, statement),
    )


def facts(statement: Mapping[str, Any], accept_language: str) -> list[Fact]:
    """Return what stands in the statement, line by line."""
    context, result = _mapping(statement.get("context")), _mapping(statement.get("result"))
    found = [
        _agent("Actor", _mapping(statement.get("actor"))),
        _verb(_mapping(statement.get("verb")), accept_language),
        _object(_mapping(statement.get("object")), accept_language),
        *_result(result),
        *_context(context, accept_language),
        _agent("Authority", _mapping(statement.get("authority"))),
    ]
    return [fact for fact in found if fact.text or fact.detail]


def _result(result: Mapping[str, Any]) -> Iterator[Fact]:
    score = _mapping(result.get("score"))
    if score:
        yield Fact("Score", score_text(score), ", ".join(f"{name} {value}" for name, value in score.items()))
    for name, yes, no in (("success", "passed", "failed"), ("completion", "completed", "not completed")):
        if isinstance(result.get(name), bool):
            yield Fact(name.capitalize(), yes if result[name] else no)
    if isinstance(duration := result.get("duration"), str):
        yield Fact("Duration", duration_text(duration), duration)
    if isinstance(response := result.get("response"), str):
        yield Fact("Response", response[:1000])


def _context(context: Mapping[str, Any], accept_language: str) -> Iterator[Fact]:
    if isinstance(registration := context.get("registration"), str):
        yield Fact("Registration", registration, "", "registration", registration)
    for name in ("instructor", "team"):
        if isinstance(context.get(name), Mapping):
            yield _agent(name.capitalize(), context[name])
    for position, listed in _mapping(context.get("contextActivities")).items():
        for activity in listed if isinstance(listed, list) else [listed]:
            found = _mapping(activity)
            yield _object(found, accept_language, label=f"Context: {position}")
    for listing, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        for entry in context.get(listing) or ():
            yield _agent(f"Context {inner}", _mapping(_mapping(entry).get(inner)))
    for name in ("platform", "language", "revision"):
        if isinstance(context.get(name), str):
            yield Fact(name.capitalize(), context[name])
    if isinstance(reference := context.get("statement"), Mapping):
        yield Fact("Context: statement", str(reference.get("id", "")))


def _agent(label: str, agent: Mapping[str, Any]) -> Fact:
    if not agent:
        return Fact(label, "")
    identified = {
        name: agent[name] for name in ("mbox", "mbox_sha1sum", "openid", "account") if name in agent
    }
    account = _mapping(agent.get("account"))
    written = f"{account['homePage']} | {account['name']}" if account else identifier_text(agent)
    value = orjson.dumps(identified).decode() if identified else ""
    related = label not in ("Actor", "Object")
    return Fact(label, agent_text(agent), written, "agent" if value else "", value, related)


def _verb(verb: Mapping[str, Any], accept_language: str) -> Fact:
    iri = str(verb.get("id", ""))
    return Fact("Verb", verb_text(verb, accept_language) or last_word(iri), iri, "verb", iri)


def _object(found: Mapping[str, Any], accept_language: str, *, label: str = "Object") -> Fact:
    kind = found.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        return _agent(label, found)
    if kind != "Activity":
        return Fact(label, object_text(found, accept_language))
    iri = str(found.get("id", ""))
    definition = _mapping(found.get("definition"))
    name = in_language(definition.get("name"), accept_language) or last_word(iri)
    return Fact(label, name, iri, "activity", iri, related=label != "Object")


def _referred(store_id: int, target: UUID, accept_language: str) -> Referred:
    row = Statement.objects.filter(store_id=store_id, statement_id=target).first()
    if row is None:
        return Referred(target, None)
    return Referred(target, list_of([Row(row.seq, row.payload)], accept_language)[0])


def _listed(seqs: Sequence[int], accept_language: str) -> list[Listed]:
    payloads = dict(Statement.objects.filter(seq__in=seqs).values_list("seq", "payload"))
    return list_of([Row(seq, payloads[seq]) for seq in seqs if seq in payloads], accept_language)


def _attachments(seq: int, statement: Mapping[str, Any]) -> list[NamedAttachment]:
    carried = StatementAttachment.objects.filter(seq=seq).select_related("attachment")
    contents = {each.attachment.sha256: each.attachment for each in carried}
    named = [_mapping(each) for body in bodies(statement) for each in body.get("attachments") or ()]
    return [
        NamedAttachment(
            name=in_language(each.get("display")) or "Attachment",
            description=in_language(each.get("description")),
            usage=str(each.get("usageType", "")),
            content_type=str(each.get("contentType", "")),
            size=each.get("length"),
            sha256=str(each.get("sha2", "")).lower(),
            file_url=str(each.get("fileUrl", "")),
            content=contents.get(str(each.get("sha2", "")).lower()),
        )
        for each in named
    ]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
