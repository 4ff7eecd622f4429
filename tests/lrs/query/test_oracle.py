"""Thousands of random questions about thousands of random statements, each answered by the hub and by a
naive record store in memory (tests/lrs/query/oracle.py): ids and order must be the same, and `more` must be
there exactly where something follows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any
from uuid import UUID

import orjson
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from lrs.ingest import door
from lrs.query.pages import read_page
from lrs.query.statement_query import from_parameters, narrowed
from lrs.wire.version import Version
from tests.fixtures import Hub, Xapi
from tests.lrs.query.oracle import Oracle, Question
from tests.lrs.query.universe import V1, V2, Universe, cut

UNIVERSES = 10
STATEMENTS = 320
QUESTIONS = 340
#: Of so many questions one goes over HTTP; the others go to the door below.
OVER_HTTP = 4


@dataclass(frozen=True)
class System:
    """Something that posts, and the authority its statements get."""

    client: Xapi
    authority: dict[str, Any]
    #: Whether it is an application acting for a user, which HTTP Basic cannot be.
    three_legged: bool = False


def test_it_answers_as_the_oracle_does(hub: Hub) -> None:
    asked: Counter[str] = Counter()

    @settings(
        max_examples=UNIVERSES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(seed=st.integers(min_value=0, max_value=2**48))
    def in_a_universe(seed: int) -> None:
        _live_through(Random(seed), Hub(), asked)

    in_a_universe()
    assert asked["statements"] >= 3000
    assert asked["questions"] >= 3000
    assert asked["found something"] >= 1000
    assert asked["pages"] >= 3000
    assert asked["voided"] >= 100


def _live_through(chance: Random, hub: Hub, asked: Counter[str]) -> None:
    """Store a universe, and ask about it when a third, two thirds and all of it are there."""
    universe = Universe(chance, statements=STATEMENTS)
    oracle = Oracle()
    systems = _systems(hub, universe)
    arriving = list(universe.ids)
    if chance.random() < 0.5:
        chance.shuffle(arriving)
    sent: list[dict[str, Any]] = []
    pieces = list(cut(chance, arriving, most=60))
    for number, ids in enumerate(pieces, start=1):
        version = chance.choice([V1, V2])
        batch = [universe.statement(each, version) for each in ids]
        _send(chance, chance.choice(systems), version, batch, oracle)
        sent.extend(batch)
        if chance.random() < 0.2:
            _send_again(chance, systems, sent, oracle)
        if number in (len(pieces) // 3, 2 * len(pieces) // 3, len(pieces)):
            reader = systems[0].client
            _learn_when_stored(reader, oracle)
            for _ in range(QUESTIONS // 2 if number == len(pieces) else QUESTIONS // 4):
                _compare(chance, reader, oracle, universe.question(oracle), asked)
    _compare_singles(chance, systems[0].client, oracle, universe, asked)
    asked["statements"] += len(oracle.held)


def _systems(hub: Hub, universe: Universe) -> list[System]:
    """Return systems that assert as a key, as a person of the universe, and as an application for a user."""
    moodle, scorm, launcher = (
        hub.caller(name) for name in ("Moodle Berlin", "SCORM Engine", "Course launcher")
    )
    assert scorm.issued is not None
    scorm.issued.credential.authority = {"objectType": "Agent", **universe.agents[0]}
    scorm.issued.credential.save()
    pair = {"objectType": "Group", "member": [dict(universe.agents[3]), dict(universe.agents[5])]}
    return [
        System(moodle, dict(moodle.access.authority)),
        System(scorm, dict(scorm.access.authority)),
        System(launcher, pair, three_legged=True),
    ]


def _send(chance: Random, system: System, version: str, batch: list[dict[str, Any]], oracle: Oracle) -> None:
    if system.three_legged:
        access = replace(system.client.access, authority=system.authority)
        door.accept(
            access, Version.V2 if version == V2 else Version.V1, "application/json", orjson.dumps(batch)
        )
    elif len(batch) == 1 and chance.random() < 0.5:
        system.client.speaking(version).put(batch[0], batch[0]["id"]).expect(204)
    else:
        system.client.speaking(version).post(batch).expect(200)
    for statement in batch:
        oracle.keep(statement, system.authority)


def _send_again(chance: Random, systems: list[System], sent: list[dict[str, Any]], oracle: Oracle) -> None:
    """Send what is there already, as a client does that never got its answer; nothing may change by it."""
    again = chance.sample(sent, min(len(sent), 3))
    for statement in again:
        in_v2 = "contextAgents" in orjson.dumps(statement).decode() or "contextGroups" in str(statement)
        _send(chance, systems[0], V2 if in_v2 else V1, [statement], oracle)


def _learn_when_stored(reader: Xapi, oracle: Oracle) -> None:
    """Take over when each statement was stored: the one thing only the hub knows. The order is not taken."""
    seen = reader.query(limit="1000")
    for statement_id in [each for each in oracle.held if oracle.is_voided(each)]:
        seen.append(reader.get(voidedStatementId=str(statement_id)).expect(200).json())
    assert len(seen) == len(oracle.held)
    for statement in seen:
        held = oracle.held[UUID(statement["id"])]
        assert statement["authority"] == held.authority
        held.stored = datetime.fromisoformat(statement["stored"])
    moments = [held.stored for held in oracle.held.values() if held.stored is not None]
    assert moments == sorted(set(moments)), "stored must grow from statement to statement"


def _compare(chance: Random, reader: Xapi, oracle: Oracle, question: Question, asked: Counter[str]) -> None:
    expected = oracle.answer(question)
    parameters = _parameters(chance, question, len(expected))
    if asked["questions"] % OVER_HTTP:
        pages = _pages_below(reader.store_id, parameters)
    else:
        pages = [[UUID(each["id"]) for each in page] for page in reader.pages(**parameters)]
    found = [each for page in pages for each in page]
    asked["questions"] += 1
    asked["pages"] += len(pages)
    asked["found something"] += bool(expected)
    if found != expected:
        note(_difference(oracle, question, found, expected))
    assert found == expected, parameters
    limit = int(parameters.get("limit", "0")) or 100
    sizes = [len(page) for page in pages]
    # `more` stands exactly where something follows: only the last page may be short, only the first empty.
    assert sizes[:-1] == [limit] * (len(sizes) - 1)
    assert 0 < sizes[-1] <= limit or (sizes == [0] and not expected)


def _parameters(chance: Random, question: Question, expected: int) -> dict[str, str]:
    parameters: dict[str, str] = {}
    if question.agent is not None:
        parameters["agent"] = orjson.dumps(question.agent).decode()
    for name in ("verb", "activity", "registration"):
        if (value := getattr(question, name)) is not None:
            parameters[name] = value
    for name in ("related_agents", "related_activities", "ascending"):
        if getattr(question, name) or chance.random() < 0.1:
            parameters[name] = "true" if getattr(question, name) else "false"
    for name in ("since", "until"):
        if (moment := getattr(question, name)) is not None:
            zone = timezone(timedelta(minutes=chance.choice([0, 120, -330])))
            parameters[name] = moment.astimezone(zone).isoformat(timespec="microseconds")
    if chance.random() < 0.7:
        limits = [
            0,
            expected,
            expected + 1,
            max(1, expected - 1),
            expected // 2 + 1,
            expected // 7 + 1,
            100,
            500,
        ]
        parameters["limit"] = str(chance.choice(limits))
    return parameters


def _pages_below(store_id: int, parameters: dict[str, str]) -> list[list[UUID]]:
    """Ask without HTTP, paging as the resource does."""
    query = from_parameters(store_id, parameters, page=100, most=1000)
    page = read_page(query)
    pages = [page]
    while page.more:
        edge = {"after" if query.ascending else "before": page.rows[-1].seq}
        page = read_page(narrowed(query, **edge), page.snapshot)
        pages.append(page)
    return [[UUID(orjson.loads(row.payload)["id"]) for row in each.rows] for each in pages]


def _compare_singles(
    chance: Random, reader: Xapi, oracle: Oracle, universe: Universe, asked: Counter[str]
) -> None:
    for statement_id in chance.sample(universe.ids, 40) + universe.missing:
        held = statement_id in oracle.held
        voided = held and oracle.is_voided(statement_id)
        reader.get(statementId=str(statement_id)).expect(200 if held and not voided else 404)
        reader.get(voidedStatementId=str(statement_id)).expect(200 if voided else 404)
    asked["voided"] += sum(oracle.is_voided(each) for each in oracle.held)


def _difference(oracle: Oracle, question: Question, found: list[UUID], expected: list[UUID]) -> str:
    lines = [f"asked: {question}"]
    for title, ids in (("missing", set(expected) - set(found)), ("too many", set(found) - set(expected))):
        for each in list(ids)[:3]:
            path = [oracle.held[step].statement for step in oracle.targets(each)]
            lines.append(f"{title}: {orjson.dumps(path).decode()}")
    return "\n".join(lines)
