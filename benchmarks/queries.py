"""Thirteen shapes of query over HTTP, timed one by one over one connection.

In: the hub, how many sessions it holds, since when. Out: `Timing` for each shape: milliseconds at the
median and the 95th percentile, statements in an answer. Each shape is asked with many different values,
all of them once before it is timed. The values are those of busy learners and courses, so that an answer
is as long in a small store as in a large one and the time tells what finding costs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import orjson

from benchmarks import sample, wire
from benchmarks.hub import Hub

LIMIT = 25
#: Pages walked before the one that is timed.
PAGES_DEEP = 20
_BUSY_AGENTS, _BUSY_COURSES, _BUSY_MODULES = 200, 20, 5

Parameters = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the store holds: sessions 0 … `sessions` - 1, stored between two moments."""

    sessions: int
    first: datetime
    last: datetime


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How long a shape took."""

    shape: str
    #: Seconds of every request.
    seconds: tuple[float, ...]
    #: Statements in an answer, on average.
    answered: float

    def percentile(self, percent: float) -> float:
        """Return milliseconds."""
        return percentile(self.seconds, percent) * 1_000


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _agent(random: Random) -> str:
    account = sample.agent(random.randrange(_BUSY_AGENTS))["account"]
    return orjson.dumps({"account": account}).decode()


def _course(random: Random) -> str:
    return sample.course_id(random.randrange(_BUSY_COURSES))


def _module(random: Random) -> str:
    return sample.module_id(random.randrange(_BUSY_COURSES), random.randrange(_BUSY_MODULES))


def _of_a_session(random: Random, held: Held) -> Parameters:
    statements = sample.statements_of(random.randrange(held.sessions))
    chosen = random.choice(statements[:-1])  # the last one may refer to another statement
    return {
        "agent": orjson.dumps({"account": chosen["actor"]["account"]}).decode(),
        "activity": chosen["object"]["id"],
        "verb": chosen["verb"]["id"],
    }


def _moment(random: Random, held: Held, *, until: float = 1.0) -> datetime:
    return held.first + (held.last - held.first) * (random.random() * until)


def _window(random: Random, held: Held) -> Parameters:
    since = _moment(random, held, until=0.9)
    until = since + max(timedelta(milliseconds=1), (held.last - held.first) / 20)
    return {"since": since.isoformat(), "until": until.isoformat(), "verb": sample.COMMON_VERB}


def _values(shape: str, random: Random, held: Held) -> Parameters:
    """Return the parameters of one request of a shape."""
    match shape:
        case "verb, rare":
            return {"verb": sample.RARE_VERB}
        case "agent":
            return {"agent": _agent(random)}
        case "agent + verb":
            return {"agent": _agent(random), "verb": sample.COMMON_VERB}
        case "activity":
            return {"activity": _module(random)}
        case "activity, related":
            return {"activity": _course(random), "related_activities": "true"}
        case "agent, related":
            return {"agent": _agent(random), "related_agents": "true"}
        case "registration":
            return {"registration": sample.session(random.randrange(held.sessions)).registration}
        case "since … until + verb":
            return _window(random, held)
        case "agent + activity + verb":
            return _of_a_session(random, held)
        case "ascending + verb + since":
            since = _moment(random, held).isoformat()
            return {"ascending": "true", "verb": sample.COMMON_VERB, "since": since}
        case "verb, common":
            return {"verb": sample.COMMON_VERB}
        case _:
            return {}


SHAPES = (
    "no filter",
    "verb, common",
    "verb, rare",
    "agent",
    "agent + verb",
    "activity",
    "activity, related",
    "agent, related",
    "registration",
    "since … until + verb",
    "agent + activity + verb",
    "ascending + verb + since",
)
DEEP = f"page {PAGES_DEEP} through more"


def measure(hub: Hub, held: Held, *, samples: int) -> list[Timing]:
    """Time every shape with `samples` requests."""
    connections = [wire.Connection(hub.host, hub.port) for _ in range(2 * hub.workers)]
    try:
        # More than one connection, so that a web process that happens to be slow is not taken for the hub.
        return [_timed(hub, connections, shape, held, samples) for shape in [*SHAPES, DEEP]]
    finally:
        for connection in connections:
            connection.close()


def _timed(hub: Hub, connections: Sequence[wire.Connection], shape: str, held: Held, samples: int) -> Timing:
    random = Random(shape)
    if shape == DEEP:
        targets = _deep_targets(hub, connections[0], random, held, max(1, samples // 10)) * 10
        messages = [_request(hub, target) for target in targets]
    else:
        messages = [
            _request(hub, "/xapi/statements", {**_values(shape, random, held), "limit": str(LIMIT)})
            for _ in range(samples)
        ]
    for number, message in enumerate(messages):
        _answer(connections[number % len(connections)], message)
    seconds, answered = [], 0
    for number, message in enumerate(messages):
        began = time.perf_counter()
        body = _answer(connections[number % len(connections)], message)
        seconds.append(time.perf_counter() - began)
        answered += len(orjson.loads(body)["statements"])
    return Timing(shape=shape, seconds=tuple(seconds), answered=answered / len(messages))


def _deep_targets(hub: Hub, connection: wire.Connection, random: Random, held: Held, count: int) -> list[str]:
    """Follow `more` until the address of the page that is to be timed is known."""
    targets = []
    for _ in range(count):
        query = {
            "verb": sample.COMMON_VERB,
            "limit": str(LIMIT),
            "until": (held.last - (held.last - held.first) * (random.random() * 0.3)).isoformat(),
        }
        body = _answer(connection, _request(hub, "/xapi/statements", query))
        for _ in range(PAGES_DEEP - 2):
            more = orjson.loads(body)["more"]
            if not more:
                raise SystemExit(f"The store is too small for {PAGES_DEEP} pages.")
            body = _answer(connection, _request(hub, more))
        targets.append(orjson.loads(body)["more"])
    return targets


def _request(hub: Hub, path: str, query: Parameters | None = None) -> bytes:
    return wire.request("GET", path, host=hub.host, authorization=hub.authorization, query=query)


def _answer(connection: wire.Connection, message: bytes) -> bytes:
    status, body = connection.exchange(message)
    if status != 200:
        raise SystemExit(f"The hub answered {status}: {body[:500].decode(errors='replace')}")
    return body
