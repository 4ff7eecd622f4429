"""What LMSs really send: Moodle's statements where they are at hand, and samples in the style of several.

Each is posted alone and in one batch, comes back equal less what a record store adds, and is found by each
of its agents, verbs and activities. HUB_MOODLE_STATEMENTS names the file of Moodle's statements; without it
they are looked for in `shared/data` beside the repository. Where there are none the tests run on the samples
alone and say so.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import ROOT, Lms

SAMPLES = ROOT / "tests" / "samples" / "lms_statements.json"
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
#: What a record store adds to a statement that has no such property.
ADDED = ("id", "stored", "timestamp", "authority", "version")

Statement = dict[str, Any]


def moodle_file() -> Path | None:
    """Where Moodle's statements are, if they are anywhere."""
    named = os.environ.get("HUB_MOODLE_STATEMENTS")
    if named:
        return Path(named)
    beside = ROOT.parent / "shared" / "data" / "moodle_statements.json"
    return beside if beside.exists() else None


@pytest.fixture(params=["samples", "moodle"])
def statements(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> list[Statement]:
    """Real input."""
    path: Path | None = SAMPLES
    if request.param == "moodle" and (path := moodle_file()) is None:
        with capsys.disabled():
            sys.stdout.write("\nMoodle's statements are not at hand (HUB_MOODLE_STATEMENTS): samples only.\n")
        path = SAMPLES
    assert path is not None
    found: list[Statement] = json.loads(path.read_text(encoding="utf-8"))
    return found


def as_sent(sent: Statement, stored: Statement) -> Statement:
    """Return the stored statement without what was added to it."""
    return {name: value for name, value in stored.items() if name in sent or name not in ADDED}


def agents_of(statement: Statement) -> Iterator[tuple[Statement, bool]]:
    """Yield each agent with an identifier, and whether it takes related_agents to find it."""
    direct = [statement["actor"]]
    if statement["object"].get("objectType") in {"Agent", "Group"}:
        direct.append(statement["object"])
    context = statement.get("context", {})
    related = [context[name] for name in ("instructor", "team") if name in context]
    if statement["object"].get("objectType") == "SubStatement":
        related += [agent for agent, _ in agents_of(statement["object"])]
    for found, needs_related in [(direct, False), (related, True)]:
        for agent in found:
            for each in (agent, *agent.get("member", ())):
                if any(name in each for name in IDENTIFIERS):
                    yield each, needs_related


def activities_of(statement: Statement) -> Iterator[tuple[str, bool]]:
    """Yield each activity, and whether it takes related_activities to find it."""
    inner = statement["object"]
    if inner.get("objectType", "Activity") == "Activity":
        yield inner["id"], False
    for listed in statement.get("context", {}).get("contextActivities", {}).values():
        for activity in listed if isinstance(listed, list) else [listed]:
            yield activity["id"], True
    if inner.get("objectType") == "SubStatement":
        for activity, _ in activities_of(inner):
            yield activity, True


def ids_found(lms: Lms, **parameters: str) -> set[str]:
    return {statement["id"] for statement in lms.all_statements(**parameters)}


def test_each_posted_alone_comes_back_equal(berlin: Lms, statements: list[Statement]) -> None:
    for statement in statements:
        answer = berlin.send("POST", json=statement)
        assert answer.status_code == 200, (answer.text, statement)
        stored = berlin.get(statementId=answer.json()[0])
        assert as_sent(statement, stored) == statement
        assert set(ADDED) <= set(stored)
    assert len(berlin.all_statements()) == len(statements)


def test_all_posted_as_one_batch_come_back_equal_and_in_order(
    berlin: Lms, statements: list[Statement]
) -> None:
    answer = berlin.send("POST", json=statements)
    assert answer.status_code == 200, answer.text
    stored = berlin.all_statements(ascending="true")
    assert [each["id"] for each in stored] == answer.json()
    assert [as_sent(sent, back) for sent, back in zip(statements, stored, strict=True)] == statements


def test_each_is_found_by_each_of_its_agents_verbs_and_activities(
    berlin: Lms, statements: list[Statement]
) -> None:
    ids = berlin.send("POST", json=statements).json()
    wanted: dict[tuple[tuple[str, str], ...], set[str]] = {}

    def expect(statement_id: str, **parameters: str) -> None:
        wanted.setdefault(tuple(sorted(parameters.items())), set()).add(statement_id)

    for statement_id, statement in zip(ids, statements, strict=True):
        expect(statement_id, verb=statement["verb"]["id"])
        for agent, needs_related in agents_of(statement):
            named = json.dumps({name: agent[name] for name in IDENTIFIERS if name in agent})
            if not needs_related:
                expect(statement_id, agent=named)
            expect(statement_id, agent=named, related_agents="true")
        for activity, needs_related in activities_of(statement):
            if not needs_related:
                expect(statement_id, activity=activity)
            expect(statement_id, activity=activity, related_activities="true")
        if "registration" in statement.get("context", {}):
            expect(statement_id, registration=statement["context"]["registration"])
    referring = {
        statement_id
        for statement_id, statement in zip(ids, statements, strict=True)
        if statement["object"].get("objectType") == "StatementRef"
    }
    assert len(wanted) >= 2 * len({statement["verb"]["id"] for statement in statements})
    for parameters, expected in wanted.items():
        # A statement that refers to one of these is found with it.
        found = ids_found(berlin, **dict(parameters))
        assert expected <= found <= expected | referring, parameters
