"""A reader limited to its own statements (scope statements/read/mine) learns nothing of others."""

from __future__ import annotations

from tests.fixtures import Hub
from tests.statements import agent, reference, statement

MINE = ("statements/write", "statements/read/mine")


def test_it_reads_its_own_statements_and_no_others(hub: Hub) -> None:
    player, moodle = hub.caller("Course player", scopes=MINE), hub.caller("Moodle Berlin")
    own, foreign = statement("ann"), statement("ann")
    player.post(own).expect(200)
    moodle.post(foreign).expect(200)
    assert [found["id"] for found in player.query()] == [own["id"]]
    player.get(statementId=foreign["id"]).expect(404)


def test_it_does_not_find_its_own_statement_by_what_another_ones_statement_says(hub: Hub) -> None:
    player, moodle = hub.caller("Course player", scopes=MINE), hub.caller("Moodle Berlin")
    foreign = statement("ann")
    referring = statement("bob") | {"object": reference(foreign["id"])}
    moodle.post(foreign).expect(200)
    player.post(referring).expect(200)
    assert player.query(agent=agent("ann")) == []
    assert [found["id"] for found in player.query(agent=agent("bob"))] == [referring["id"]]
    everything = moodle.query(agent=agent("ann"))
    assert {found["id"] for found in everything} == {foreign["id"], referring["id"]}
