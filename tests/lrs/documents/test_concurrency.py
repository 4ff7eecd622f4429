"""Preconditions over HTTP (xAPI 1.0.3, Communication 3.1; 2.0, 4.1.4), and writers that race for real."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from lrs.models import Credential, CredentialSecret, Document, Source, Store
from tests import fixtures
from tests.lrs.documents.lms import ONLY_NEW, RESOURCES, Lms, each_resource, each_version, told

WRONG = '"1111111111111111111111111111111111111111"'


@pytest.fixture
def present(berlin: Lms, path: str, named: Mapping[str, Any]) -> str:
    """A document that is there; returns its ETag."""
    berlin.call("POST", path, {"page": 1}, **named)
    etag: str = berlin.call("GET", path, **named)["ETag"]
    return etag


def page(lms: Lms, path: str, named: Mapping[str, Any]) -> object:
    return json.loads(lms.call("GET", path, **named).content)["page"]


@each_resource
@each_version
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_it_writes_only_what_if_match_names(
    berlin: Lms, present: str, path: str, named: Mapping[str, Any], version: str, method: str
) -> None:
    lms = berlin.speaking(version)
    for wrong in (WRONG, f"W/{present}"):
        refused = lms.call(method, path, {"page": 2}, headers={"If-Match": wrong}, **named)
        assert told(refused) == (412, "document.if-match")
        assert page(lms, path, named) == 1
    listed = f"{WRONG}, {present}"
    assert lms.call(method, path, {"page": 2}, headers={"If-Match": listed}, **named).status_code == 204
    if method == "DELETE":
        assert lms.call("GET", path, **named).status_code == 404
    else:
        assert page(lms, path, named) == 2


@each_resource
@each_version
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize("if_match", [WRONG, "*"])
def test_it_refuses_if_match_where_there_is_none(
    berlin: Lms, path: str, named: Mapping[str, Any], version: str, method: str, if_match: str
) -> None:
    lms = berlin.speaking(version)
    assert told(lms.call(method, path, {}, headers={"If-Match": if_match}, **named)) == (
        412,
        "document.if-match",
    )
    assert lms.call("GET", path, **named).status_code == 404


@each_resource
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_it_takes_if_match_star_for_any_document(
    berlin: Lms, present: str, path: str, named: Mapping[str, Any], method: str
) -> None:
    assert berlin.call(method, path, {"page": 2}, headers={"If-Match": "*"}, **named).status_code == 204
    assert page(berlin, path, named) == 2


@each_resource
@each_version
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_it_stores_once_with_if_none_match_star(
    berlin: Lms, path: str, named: Mapping[str, Any], version: str, method: str
) -> None:
    lms = berlin.speaking(version)
    only_new = {"If-None-Match": "*"}
    assert lms.call(method, path, {"page": 1}, headers=only_new, **named).status_code == 204
    refused = lms.call(method, path, {"page": 2}, headers=only_new, **named)
    assert told(refused) == (412, "document.if-none-match")
    assert page(lms, path, named) == 1


@each_resource
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_it_leaves_alone_what_if_none_match_lists(
    berlin: Lms, present: str, path: str, named: Mapping[str, Any], method: str
) -> None:
    refused = berlin.call(method, path, {"page": 2}, headers={"If-None-Match": f"W/{present}"}, **named)
    assert told(refused) == (412, "document.if-none-match")
    assert page(berlin, path, named) == 1
    assert (
        berlin.call(method, path, {"page": 2}, headers={"If-None-Match": WRONG}, **named).status_code == 204
    )


@pytest.mark.parametrize(
    ("path", "version", "new", "again"),
    [
        ("activities/state", "1.0.3", 204, 204),
        ("activities/state", "2.0.0", 204, 409),
        ("activities/profile", "1.0.3", 400, 409),
        ("activities/profile", "2.0.0", 204, 409),
        ("agents/profile", "1.0.3", 400, 409),
        ("agents/profile", "2.0.0", 204, 409),
    ],
)
def test_it_lets_put_go_without_precondition_where_the_version_does(
    berlin: Lms, path: str, version: str, new: int, again: int
) -> None:
    lms, named = berlin.speaking(version), dict(RESOURCES)[path]
    first = lms.call("PUT", path, {"page": 1}, **named)
    assert first.status_code == new
    if new == 400:
        assert told(first) == (400, "document.precondition-missing")
        assert lms.call("GET", path, **named).status_code == 404
        lms.create(path, {"page": 1}, **named)
    second = lms.call("PUT", path, {"page": 2}, **named)
    assert second.status_code == again
    assert page(lms, path, named) == (2 if again == 204 else 1)
    if again == 409:
        # Communication 3.1: the answer explains how to go on.
        detail = json.loads(second.content)["detail"]
        assert "current state" in detail
        assert "If-Match" in detail


@each_resource
@each_version
def test_it_lets_post_and_delete_go_without_precondition(
    berlin: Lms, present: str, path: str, named: Mapping[str, Any], version: str
) -> None:
    lms = berlin.speaking(version)
    assert lms.call("POST", path, {"page": 2}, **named).status_code == 204
    assert page(lms, path, named) == 2
    assert lms.call("DELETE", path, **named).status_code == 204


@each_resource
def test_it_does_not_send_what_the_client_has(
    berlin: Lms, present: str, path: str, named: Mapping[str, Any]
) -> None:
    known = berlin.call("GET", path, headers={"If-None-Match": f"{WRONG}, W/{present}"}, **named)
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", present)
    assert berlin.call("GET", path, headers={"If-None-Match": WRONG}, **named).status_code == 200
    assert told(berlin.call("GET", path, headers={"If-Match": WRONG}, **named)) == (412, "document.if-match")


@each_resource
def test_it_refuses_a_precondition_it_cannot_read(
    berlin: Lms, present: str, path: str, named: Mapping[str, Any]
) -> None:
    refused = berlin.call("PUT", path, {"page": 2}, headers={"If-Match": '"open'}, **named)
    assert told(refused) == (400, "header.if-match")
    assert page(berlin, path, named) == 1


# From here on: real threads, real transactions.


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Lms]:
    """An LMS whose rows other connections see; they are removed again."""
    with django_db_blocker.unblock():
        lms = Lms("Moodle Berlin", store="races")
        yield lms
        Document.objects.filter(store__name="races").delete()
        CredentialSecret.objects.filter(credential__source__store__name="races").delete()
        Credential.objects.filter(source__store__name="races").delete()
        Source.objects.filter(store__name="races").delete()
        Store.objects.filter(name="races").delete()


def at_once(count: int, action: Callable[[int], int]) -> list[int]:
    """Call `action` with 0, 1, … in threads that start together; return what each returned."""
    return fixtures.at_once([partial(action, number) for number in range(count)])


@each_resource
def test_of_writers_with_the_same_if_match_exactly_one_wins(
    committed: Lms, path: str, named: Mapping[str, Any]
) -> None:
    committed.call("POST", path, {"page": -1}, **named)
    for _ in range(5):
        etag = committed.call("GET", path, **named)["ETag"]

        def put(number: int, etag: str = etag) -> int:
            # A body of its own each round, or the tag would still match.
            body = {"page": number, "after": etag}
            status: int = committed.call("PUT", path, body, headers={"If-Match": etag}, **named).status_code
            return status

        statuses = at_once(8, put)
        assert sorted(statuses) == [204] + [412] * 7
        assert page(committed, path, named) == statuses.index(204)


@pytest.mark.parametrize(("version", "headers"), [("1.0.3", ONLY_NEW), ("2.0.0", ONLY_NEW), ("2.0.0", {})])
def test_of_writers_creating_a_profile_exactly_one_wins(
    committed: Lms, version: str, headers: dict[str, str]
) -> None:
    lms = committed.speaking(version)
    path, named = RESOURCES[1]
    for profile in range(5):
        name = {**named, "profileId": f"round {profile}"}

        def put(number: int, name: Mapping[str, Any] = name) -> int:
            status: int = lms.call("PUT", path, {"page": number}, headers=headers, **name).status_code
            return status

        statuses = at_once(8, put)
        assert sorted(statuses) == [204] + [412 if headers else 409] * 7
        assert page(lms, path, name) == statuses.index(204)


@each_resource
def test_merges_at_once_lose_nothing(committed: Lms, path: str, named: Mapping[str, Any]) -> None:
    """The document is new at the start, so that some of the writers race to create it."""

    def post(number: int) -> int:
        for step in range(4):
            response = committed.call("POST", path, {f"{number}/{step}": step}, **named)
            assert response.status_code == 204, response.content
        return 0

    at_once(8, post)
    merged = json.loads(committed.call("GET", path, **named).content)
    assert merged == {f"{number}/{step}": step for number in range(8) for step in range(4)}


def test_merges_and_deletes_at_once_never_fail(committed: Lms) -> None:
    path, named = RESOURCES[0]

    def post_or_delete(number: int) -> int:
        for _ in range(10):
            method = "DELETE" if number % 2 else "POST"
            assert committed.call(method, path, {"n": number}, **named).status_code == 204
        return 0

    at_once(6, post_or_delete)
