"""Definitions and names brought to the tables: once, whole, by many writers at a time."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from lrs import learning
from lrs.identity import ACTIVITY, AGENT, activity_key, agent_key, digest
from lrs.ingest import learned
from lrs.lately import Lately
from lrs.models import ActivityDefinition, AgentName, Entity
from tests.fixtures import at_once

STORE = 901


def entity(kind: int, identifier: str) -> int:
    """Return the id of a new entity of the store."""
    made = Entity.objects.create(
        store_id=STORE, kind=kind, digest=digest(STORE, kind, identifier), identifier=identifier
    )
    return int(made.pk)


def course(number: int = 0) -> int:
    return entity(ACTIVITY, f"https://lms.example.com/course/{number}/{uuid4()}")


def person() -> int:
    return entity(AGENT, f'{{"mbox":"mailto:{uuid4()}@example.com"}}')


def learn(
    definitions: Sequence[tuple[int, Mapping[str, Any]]] = (), names: Sequence[tuple[int, str]] = ()
) -> None:
    """Learn from a batch that says these definitions of activities and names of agents."""
    activities = {each: f"https://lms.example.com/course/{each}" for each, _ in definitions}
    agents = {each: {"mbox": f"mailto:{each}@example.com"} for each, _ in names}
    statements: list[dict[str, Any]] = [
        *(
            {"actor": {}, "object": {"id": activities[each], "definition": said}}
            for each, said in definitions
        ),
        *({"actor": {**agents[each], "name": name}, "object": {"id": "urn:x"}} for each, name in names),
    ]
    entity_ids = {activity_key(iri): each for each, iri in activities.items()}
    entity_ids |= {key: each for each, agent in agents.items() if (key := agent_key(agent)) is not None}
    learned.learn(statements, entity_ids)


@contextmanager
def round_trips(expected: int) -> Iterator[None]:
    """Fail unless the database is asked `expected` times."""
    with TemporaryFile() as written:
        connection.ensure_connection()
        connection.connection.pgconn.trace(written.fileno())
        try:
            yield
        finally:
            connection.connection.pgconn.untrace()
        written.seek(0)
        messages = written.read()
    asked = re.findall(rb"^[^\t\n]*\tF\t\d+\t(?:Sync|Query)\b", messages, re.MULTILINE)
    assert len(asked) == expected, messages


def digest_of(text: str) -> UUID:
    return UUID(bytes=blake2b(text.encode(), digest_size=16).digest())


def definition_of(entity_id: int) -> object:
    return json.loads(ActivityDefinition.objects.get(pk=entity_id).definition)


@pytest.mark.django_db
def test_it_learns_several_definitions_of_one_batch_in_their_order() -> None:
    forklift = course()
    learn(
        [
            (forklift, {"name": {"en": "Forklift"}}),
            (forklift, {"name": {"en": "Forklift safety", "fr": "Chariot"}}),
            (forklift, {"moreInfo": "https://lms.example.com/info"}),
        ]
    )
    assert definition_of(forklift) == {
        "name": {"en": "Forklift safety", "fr": "Chariot"},
        "moreInfo": "https://lms.example.com/info",
    }
    assert ActivityDefinition.objects.get(pk=forklift).name == "Forklift safety"


@pytest.mark.django_db
def test_it_takes_what_a_batch_says_last_even_if_it_said_it_before() -> None:
    forklift = course()
    one, other = {"name": {"en": "Forklift"}}, {"name": {"en": "Pallet truck"}}
    learn([(forklift, one), (forklift, other), (forklift, one)])
    assert definition_of(forklift) == one


@pytest.mark.django_db
def test_it_asks_the_database_nothing_about_what_it_has_just_learned(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    forklift, ann = course(), person()
    told = [(forklift, {"name": {"en": "Forklift"}})] * 3
    with django_capture_on_commit_callbacks(execute=True):
        learn(told, [(ann, "Ann")])
    with round_trips(0):
        learn(told[:1], [(ann, "Ann"), (ann, "Ann")])
    with django_capture_on_commit_callbacks(execute=True):
        learn([(forklift, {"name": {"en": "Forklift truck"}})])
    assert definition_of(forklift) == {"name": {"en": "Forklift truck"}}
    # The first words are news again, since others were learned in between.
    with django_capture_on_commit_callbacks(execute=True):
        learn(told)
    assert definition_of(forklift) == {"name": {"en": "Forklift"}}


@pytest.mark.django_db
def test_it_asks_once_for_a_whole_batch_that_contradicts_nothing() -> None:
    learn([(course(), {"name": {"en": "Prepared"}})], [(person(), "Ann")])
    courses, people = [course(number) for number in range(50)], [person() for _ in range(50)]
    definitions = [(each, {"name": {"en": f"Course {each}"}}) for each in courses]
    names = [(each, f"Name {each}") for each in people]
    for _ in ("all is new", "all is known to the database"):
        with round_trips(1):
            learn(definitions, names)
        learning.forget()
    found = ActivityDefinition.objects.filter(pk__in=courses).values_list("pk", "definition", "name")
    assert {pk: (json.loads(text), name) for pk, text, name in found} == {
        each: (definition, definition["name"]["en"]) for each, definition in definitions
    }
    assert set(AgentName.objects.filter(entity__in=people).values_list("entity", "name")) == set(names)


@pytest.mark.django_db
def test_it_soon_leaves_alone_two_wordings_that_do_not_contradict_each_other(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    forklift = course()
    short, whole = {"name": {"en": "Forklift"}}, {"name": {"en": "Forklift"}, "type": "https://example.com/a"}
    for each in (short, whole, short):
        with django_capture_on_commit_callbacks(execute=True):
            learn([(forklift, each)])
    with round_trips(0):
        learn([(forklift, whole), (forklift, short), (forklift, whole)])
    assert definition_of(forklift) == whole


@pytest.mark.django_db
def test_what_it_knows_said_after_news_is_the_newest_again(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    forklift = course()
    one, other = {"name": {"en": "Forklift"}}, {"name": {"en": "Pallet truck"}}
    with django_capture_on_commit_callbacks(execute=True):
        learn([(forklift, one)])
    learn([(forklift, other), (forklift, one)])
    assert definition_of(forklift) == one


@pytest.mark.django_db
def test_it_writes_nothing_where_nothing_changes() -> None:
    forklift = course()
    learn([(forklift, {"name": {"en": "Forklift", "de": "Stapler"}})])
    learning.forget()
    with round_trips(1):
        learn([(forklift, {"name": {"de": "Stapler"}})])


@pytest.mark.django_db
def test_digest_and_name_to_show_follow_the_definition() -> None:
    forklift = course()
    for name, shown in (({"de": "Stapler"}, "Stapler"), ({"en": "Forklift"}, "Forklift"), ({"en": "X"}, "X")):
        learn([(forklift, {"name": name})])
        row = ActivityDefinition.objects.get(pk=forklift)
        assert (row.digest, row.name) == (digest_of(row.definition), shown)


@pytest.mark.django_db
def test_it_does_not_remember_what_was_rolled_back() -> None:
    forklift, ann = course(), person()

    def tell() -> None:
        learn([(forklift, {"type": "https://example.com/course"})], [(ann, "Ann")])

    with transaction.atomic():
        tell()
        transaction.set_rollback(True)
    assert not ActivityDefinition.objects.filter(pk=forklift).exists()
    tell()
    assert definition_of(forklift) == {"type": "https://example.com/course"}
    assert AgentName.objects.filter(entity=ann).exists()


@pytest.mark.django_db
def test_it_learns_text_the_database_cannot_index_or_keep() -> None:
    forklift, ann = course(), person()
    learn([(forklift, {"name": {"en": "Fork\0lift" + "é" * 10_000}})])
    assert definition_of(forklift) == {"name": {"en": "Fork\0lift" + "é" * 10_000}}
    learn((), [(ann, "An\0n"), (ann, "A" * 50_000), (ann, ""), (ann, "Ann")])
    assert list(AgentName.objects.filter(entity=ann).values_list("name", flat=True)) == ["Ann"]


@pytest.mark.django_db
def test_it_keeps_numbers_of_extensions_as_they_were_first_written() -> None:
    forklift = course()
    definition = '{"extensions":{"https://example.com/weight":1.10}}'
    ActivityDefinition.objects.create(entity_id=forklift, definition=definition, digest=digest_of(definition))
    learn([(forklift, {"name": {"en": "Forklift"}})])
    kept = ActivityDefinition.objects.get(pk=forklift).definition
    assert kept == definition[:-1] + ',"name":{"en":"Forklift"}}'


def test_sixteen_writers_sharing_activities_and_agents_never_deadlock_and_lose_nothing(
    database: None,
) -> None:
    courses = [course(number) for number in range(6)]
    people = [person() for _ in range(6)]

    def write(writer: int) -> None:
        order = random.Random(writer)
        for step in range(4):
            shuffled = order.sample(range(6), 6)
            learn(
                [(courses[each], {"name": {f"x-{writer}-{step}": f"{each}"}}) for each in shuffled],
                [(people[each], f"name {step % 2}") for each in shuffled],
            )

    at_once([partial(write, writer) for writer in range(16)])
    expected = [
        {"name": {f"x-{writer}-{step}": str(number) for writer in range(16) for step in range(4)}}
        for number in range(len(courses))
    ]
    # Contradictions in quick succession are put off; a timer may be writing them just now.
    until = time.monotonic() + 20
    while [definition_of(each) for each in courses] != expected and time.monotonic() < until:
        learning.flush()
        time.sleep(0.05)
    assert [definition_of(each) for each in courses] == expected
    for each in people:
        assert set(AgentName.objects.filter(entity=each).values_list("name", flat=True)) == {
            "name 0",
            "name 1",
        }


def test_it_lets_an_open_transaction_wait_for_the_disk_as_it_would(database: None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
        forklift = course()
        learn([(forklift, {"name": {"en": "Forklift"}})])
        learn([(forklift, {"name": {"en": "Truck"}})])
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


#: A process that puts off a contradiction and ends.
_QUARREL = """
import sys

import django
django.setup()
from django.db import connection
from lrs.identity import activity_key
from lrs.ingest.learned import learn
entity = int(sys.argv[1])
for turn in range(12):
    activity = {"id": "urn:forklift", "definition": {"name": {"en": f"turn {turn}"}}}
    learn([{"actor": {}, "object": activity}], {activity_key("urn:forklift"): entity})
if sys.argv[2] == "away":
    connection.settings_dict["PORT"] = "1"
"""


def quarrel_and_end(entity_id: int, *, database_is: str) -> subprocess.CompletedProcess[str]:
    at = {
        name: str(connection.settings_dict[name] or "")
        for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")
    }
    moved = "from django.conf import settings\nsettings.DATABASES['default'].update(" + repr(at) + ")\n"
    return subprocess.run(  # this Python, a text of ours
        [sys.executable, "-c", moved + _QUARREL, str(entity_id), database_is],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_was_put_off_is_written_when_the_process_ends(database: None) -> None:
    forklift = course()
    ended = quarrel_and_end(forklift, database_is="there")
    assert ended.returncode == 0, ended.stderr
    assert definition_of(forklift) == {"name": {"en": "turn 11"}}


def test_a_process_ends_even_if_the_database_is_away(database: None) -> None:
    forklift = course()
    ended = quarrel_and_end(forklift, database_is="away")
    assert ended.returncode == 0, ended.stderr
    assert "put_off_write_failed" in ended.stdout + ended.stderr
    assert definition_of(forklift) == {"name": {"en": "turn 7"}}


class Clock:
    """Seconds that pass by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_its_memory_is_bounded_and_forgets() -> None:
    clock = Clock()
    lately: Lately[int, str] = Lately(most=10, seconds=60, clock=clock)
    for number in range(25):
        lately.put_all({number: "known"})
        assert len(lately) <= 10
    assert lately.entries()[24] == "known"
    assert 0 not in lately.entries()
    clock.now = 61
    assert 24 not in lately.entries()
