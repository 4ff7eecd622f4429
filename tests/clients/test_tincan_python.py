"""The Python library `tincan`, unmodified, against a live hub."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from tincan import (
    Activity,
    ActivityDefinition,
    Agent,
    AgentAccount,
    Attachment,
    Context,
    ContextActivities,
    LanguageMap,
    RemoteLRS,
    Result,
    Score,
    Statement,
    StatementRef,
    Verb,
)
from tincan.documents import ActivityProfileDocument, AgentProfileDocument, StateDocument

from tests.live import Lms

ANN = Agent(name="Ann", mbox="mailto:ann@example.com")
BOB = Agent(name="Bob", account=AgentAccount(name="bob", home_page="https://hr.example.com"))
COMPLETED = Verb(id="http://adlnet.gov/expapi/verbs/completed", display=LanguageMap({"en-US": "completed"}))
VOIDED = Verb(id="http://adlnet.gov/expapi/verbs/voided")
FORKLIFT = Activity(
    id="https://lms.example.com/courses/forklift-safety",
    definition=ActivityDefinition(
        name=LanguageMap({"en": "Forklift safety"}), type="http://adlnet.gov/expapi/activities/course"
    ),
)


@pytest.fixture
def remote(berlin: Lms) -> RemoteLRS:
    """The library, set up with Moodle Berlin's key."""
    return RemoteLRS(version="1.0.3", endpoint=berlin.endpoint, username=berlin.key, password=berlin.secret)


def completed(actor: Agent = ANN, **more: object) -> Statement:
    return Statement(actor=actor, verb=COMPLETED, object=FORKLIFT, **more)


def test_it_saves_and_reads_one_statement(remote: RemoteLRS) -> None:
    statement = completed(
        result=Result(score=Score(scaled=0.92, raw=92, min=0, max=100), success=True, completion=True),
        context=Context(
            registration=uuid4(),
            instructor=BOB,
            language="en-GB",
            context_activities=ContextActivities(
                parent=[Activity(id="https://lms.example.com/programmes/warehouse")]
            ),
        ),
        timestamp=datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
    )
    saved = remote.save_statement(statement)
    assert saved.success, saved.data
    read = remote.retrieve_statement(saved.content.id)
    assert read.success, read.data
    found = read.content
    assert (found.actor.mbox, found.verb.id, found.object.id) == (ANN.mbox, COMPLETED.id, FORKLIFT.id)
    assert (found.result.score.scaled, found.result.score.raw) == (0.92, 92)
    assert found.context.registration == statement.context.registration
    assert found.context.context_activities.parent[0].id == "https://lms.example.com/programmes/warehouse"
    assert found.timestamp == statement.timestamp
    assert found.stored is not None
    assert found.authority is not None


def test_it_saves_a_statement_under_its_own_id_twice_and_keeps_one(remote: RemoteLRS, berlin: Lms) -> None:
    statement = completed(id=uuid4())
    assert remote.save_statement(statement).success
    assert remote.save_statement(statement).success
    assert [found["id"] for found in berlin.all_statements()] == [str(statement.id)]


def test_it_is_told_of_a_conflict(remote: RemoteLRS) -> None:
    statement_id = uuid4()
    assert remote.save_statement(completed(id=statement_id)).success
    refused = remote.save_statement(completed(BOB, id=statement_id))
    assert not refused.success
    assert refused.response.status == 409


def test_it_saves_many_queries_and_follows_more_to_the_end(remote: RemoteLRS) -> None:
    saved = remote.save_statements([completed(ANN if number % 2 else BOB) for number in range(25)])
    assert saved.success, saved.data
    ids = [str(statement.id) for statement in saved.content]
    answer = remote.query_statements(
        {"agent": ANN, "verb": COMPLETED, "activity": FORKLIFT, "limit": 5, "ascending": "true"}
    )
    assert answer.success, answer.data
    found = [str(statement.id) for statement in answer.content.statements]
    pages = 1
    while answer.content.more:
        answer = remote.more_statements(answer.content)
        assert answer.success, answer.data
        found += [str(statement.id) for statement in answer.content.statements]
        pages += 1
    assert found == ids[1::2]
    assert pages == 3


def test_it_voids_a_statement_and_reads_it_as_voided(remote: RemoteLRS) -> None:
    target = remote.save_statement(completed()).content
    voiding = remote.save_statement(Statement(actor=BOB, verb=VOIDED, object=StatementRef(id=target.id)))
    assert voiding.success, voiding.data
    assert remote.retrieve_statement(target.id).response.status == 404
    read = remote.retrieve_voided_statement(target.id)
    assert read.success
    assert str(read.content.id) == str(target.id)


def test_it_names_an_attachment_that_lies_elsewhere(remote: RemoteLRS) -> None:
    content = b"Certificate of Ann"
    attachment = Attachment(
        usage_type="http://id.tincanapi.com/attachment/certificate-of-completion",
        display=LanguageMap({"en": "Certificate"}),
        content_type="text/plain",
        length=len(content),
        sha2=hashlib.sha256(content).hexdigest(),
        fileurl="https://files.example.com/certificates/ann.txt",
    )
    saved = remote.save_statement(completed(attachments=[attachment]))
    assert saved.success, saved.data
    read = remote.retrieve_statement(saved.content.id).content
    assert read.attachments[0].fileurl == attachment.fileurl
    assert read.attachments[0].sha2 == attachment.sha2


def test_it_keeps_lists_and_clears_state(remote: RemoteLRS) -> None:
    # The library sends a state without its registration, so none is used here.
    state = StateDocument(
        activity=FORKLIFT,
        agent=ANN,
        id="bookmark",
        content=bytearray(b'{"page": 7}'),
        content_type="application/json",
    )
    saved = remote.save_state(state)
    assert saved.success, saved.data
    assert remote.retrieve_state_ids(FORKLIFT, ANN).content == ["bookmark"]
    read = remote.retrieve_state(FORKLIFT, ANN, "bookmark")
    assert bytes(read.content.content) == b'{"page": 7}'
    assert remote.retrieve_state(FORKLIFT, BOB, "bookmark").response.status == 404
    assert remote.delete_state(state).success
    assert remote.retrieve_state_ids(FORKLIFT, ANN).content == []
    assert remote.save_state(state).success
    assert remote.clear_state(FORKLIFT, ANN).success
    assert remote.retrieve_state(FORKLIFT, ANN, "bookmark").response.status == 404


def test_it_reads_and_replaces_activity_profiles_and_respects_their_etag(
    remote: RemoteLRS, berlin: Lms
) -> None:
    profile = ActivityProfileDocument(
        activity=FORKLIFT, id="settings", content=bytearray(b"first"), content_type="text/plain"
    )
    # The library cannot send If-None-Match, without which a new profile is not taken (XAPI-00273).
    assert remote.save_activity_profile(profile).response.status == 400
    store(berlin, "activities/profile", b"first", activityId=FORKLIFT.id, profileId="settings")
    assert remote.retrieve_activity_profile_ids(FORKLIFT).content == ["settings"]
    answer = remote.retrieve_activity_profile(FORKLIFT, "settings")
    read = answer.content
    assert bytes(read.content) == b"first"
    # It takes an ETag but does not find it in a response.
    read.etag = answer.response.getheader("ETag")
    read.content = bytearray(b"second")
    assert remote.save_activity_profile(read).success
    stale = remote.save_activity_profile(read)
    assert stale.response.status == 412
    read.etag = remote.retrieve_activity_profile(FORKLIFT, "settings").response.getheader("ETag")
    assert remote.delete_activity_profile(read).success
    assert remote.retrieve_activity_profile_ids(FORKLIFT).content == []


def test_it_reads_and_replaces_agent_profiles(remote: RemoteLRS, berlin: Lms) -> None:
    store(berlin, "agents/profile", b'{"language":"de"}', agent=BOB.to_json(), profileId="preferences")
    assert remote.retrieve_agent_profile_ids(BOB).content == ["preferences"]
    assert remote.retrieve_agent_profile_ids(ANN).content == []
    answer = remote.retrieve_agent_profile(BOB, "preferences")
    assert bytes(answer.content.content) == b'{"language":"de"}'
    profile = AgentProfileDocument(
        agent=BOB,
        id="preferences",
        content=bytearray(b'{"language":"fr"}'),
        content_type="application/json",
        etag=answer.response.getheader("ETag"),
    )
    assert remote.save_agent_profile(profile).success
    answer = remote.retrieve_agent_profile(BOB, "preferences")
    assert bytes(answer.content.content) == b'{"language":"fr"}'
    assert remote.delete_agent_profile(answer.content).success
    assert remote.retrieve_agent_profile_ids(BOB).content == []


def store(lms: Lms, path: str, content: bytes, **parameters: str) -> None:
    """Store a new profile as another client of the same system."""
    saved = lms.send(
        "PUT",
        path,
        params=parameters,
        data=content,
        headers={"If-None-Match": "*", "Content-Type": "application/octet-stream"},
    )
    assert saved.status_code == 204, saved.text


def test_it_asks_about_the_hub_and_learns_of_a_version_it_does_not_know(remote: RemoteLRS) -> None:
    # It reads the answer, finds a version newer than itself in it and says so.
    with pytest.raises(ValueError, match=r"2\.0\.0"):
        remote.about()
