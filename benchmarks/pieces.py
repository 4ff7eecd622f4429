"""The steps of one statement on its way in, timed apart, in this process and without a database.

In: sample statements. Out: microseconds of processor time for each step, for each round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from benchmarks import sample
from benchmarks.system import as_php_writes

BATCH = 50
_FIRST_SESSION = sample.POSTED // 2

PARSE, SCHEMA, SEMANTICS, PREPARE = "parse", "schema", "semantics", "prepare"


def measure(*, batches: int, rounds: int) -> Mapping[str, Sequence[float]]:
    """Return step → microseconds a statement, one value a round."""
    from lrs.ingest import batch
    from lrs.validation import schema, semantics
    from lrs.wire import strict_json
    from lrs.wire.version import Version

    made = list(sample.statements(_FIRST_SESSION, batches * BATCH))
    bodies = [as_php_writes(made[at : at + BATCH]) for at in range(0, len(made), BATCH)]
    parsed = [strict_json.parse(body, depth=200) for body in bodies]
    quick = schema.quick(Version.V1, "statements")
    authority = {"objectType": "Agent", "account": {"homePage": sample.HOME, "name": "benchmark"}}

    def prepared(each: strict_json.Parsed) -> None:
        batch.prepare(each.value, each.exact, authority=authority, version=Version.V1)

    def checked(each: strict_json.Parsed) -> None:
        for statement in each.value:
            semantics.statement_faults(statement)

    steps: Mapping[str, tuple[Callable[[Any], object], Sequence[Any]]] = {
        "orjson alone": (orjson.loads, bodies),
        PARSE: (lambda body: strict_json.parse(body, depth=200), bodies),
        SCHEMA: (lambda each: quick.is_valid(each.value), parsed),
        SEMANTICS: (checked, parsed),
        PREPARE: (prepared, parsed),
    }
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, (step, inputs) in steps.items():
            began = time.thread_time()
            for each in inputs:
                step(each)
            found[name].append((time.thread_time() - began) / len(made) * 1e6)
    return found
