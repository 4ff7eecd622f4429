"""HTTP Basic: which key and secret are let in, and what that costs."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, DjangoDbBlocker, Settings

from lrs.auth import basic, last_used
from lrs.auth.basic import authenticate, key_and_secret
from lrs.auth.issue import Issued, issue, revoke, rotate
from lrs.auth.remembered import Remembered
from lrs.errors import Unauthenticated
from lrs.models import Credential, CredentialSecret, Source, Store

from .conftest import Clock, Header


def refused(header: str, **options: Any) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        authenticate(header, **options)
    return refusal.value.rule


def let_in(header: str, **options: Any) -> bool:
    return authenticate(header, **options).credential_id > 0


def test_it_lets_the_right_secret_in(moodle: Issued, basic_header: Header) -> None:
    access = authenticate(basic_header(moodle.key, moodle.secret))
    assert access.credential_id == moodle.credential.pk
    assert access.source_id == moodle.credential.source_id
    assert access.store_id == moodle.credential.source.store_id
    assert access.scopes == {"all"}
    assert access.may_void


def test_the_scheme_is_read_in_any_case(moodle: Issued, basic_header: Header) -> None:
    header = basic_header(moodle.key, moodle.secret)
    assert authenticate("bAsIc" + header[5:]).credential_id == moodle.credential.pk


def test_it_refuses_every_other_secret_in_the_same_words(moodle: Issued, basic_header: Header) -> None:
    other = issue(source="Moodle Hamburg", scopes=["all"])
    wrong = [
        basic_header(moodle.key, moodle.secret[:-1]),
        basic_header(moodle.key, moodle.secret + "x"),
        basic_header(moodle.key, ""),
        basic_header(moodle.key, other.secret),
        basic_header("lrs-nobody", moodle.secret),
        basic_header("", ""),
        basic_header(moodle.key.upper(), moodle.secret),
        basic_header(moodle.key + "\0", moodle.secret),
        basic_header("Zoë", "ключ"),
    ]
    messages = set()
    for header in wrong:
        with pytest.raises(Unauthenticated) as refusal:
            authenticate(header)
        messages.add((refusal.value.rule, refusal.value.message))
    assert messages == {("credential.unknown", "The key or the secret is not valid.")}


def test_a_hash_copied_to_another_credential_opens_nothing(moodle: Issued, basic_header: Header) -> None:
    other = issue(source="Moodle Hamburg", scopes=["all"])
    CredentialSecret.objects.filter(credential=other.credential).update(
        keyed_hash=CredentialSecret.objects.get(credential=moodle.credential).keyed_hash
    )
    assert refused(basic_header(other.key, moodle.secret)) == "credential.unknown"
    assert let_in(basic_header(moodle.key, moodle.secret))


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic bm9jb2xvbg==",
        "Basic /////w==",
        "Digest username=ann",
        "Bearer token",
        "Basic " + "QUFB" * 1000,
        "Basic a\u00e4",
    ],
)
def test_it_refuses_what_is_no_basic_header(header: str) -> None:
    assert refused(header, remembered=Remembered()) == "credential.malformed"


@given(st.text(max_size=200))
def test_no_header_at_all_makes_it_fail_otherwise(rest: str) -> None:
    failure: Unauthenticated | None = None
    try:
        key_and_secret("Basic " + rest)
    except Unauthenticated as refusal:
        failure = refusal
    if failure is not None:
        assert failure.rule == "credential.malformed"
        assert failure.__cause__ is None
        assert failure.__suppress_context__ or failure.__context__ is None


def test_its_refusals_never_repeat_the_secret(moodle: Issued, basic_header: Header) -> None:
    header = basic_header(moodle.key, "hunter2-hunter2")
    with pytest.raises(Unauthenticated) as refusal:
        authenticate(header)
    told = repr(vars(refusal.value)) + str(refusal.value) + repr(refusal.value.args)
    assert "hunter2" not in told
    assert header[6:] not in told


def test_only_who_knows_the_secret_hears_that_the_credential_ended(
    moodle: Issued, basic_header: Header
) -> None:
    revoke(moodle.credential)
    assert refused(basic_header(moodle.key, moodle.secret)) == "credential.revoked"
    assert refused(basic_header(moodle.key, "guess")) == "credential.unknown"


def test_it_refuses_from_the_moment_of_expiry_on(moodle: Issued, basic_header: Header, clock: Clock) -> None:
    Credential.objects.update(expires=clock.now + timedelta(seconds=10))
    header = basic_header(moodle.key, moodle.secret)
    assert let_in(header, remembered=Remembered(clock=clock), now=clock.now)
    clock.advance(seconds=10)
    assert refused(header, remembered=Remembered(clock=clock), now=clock.now) == "credential.expired"


def test_what_it_remembers_ends_with_the_credential(
    moodle: Issued, basic_header: Header, clock: Clock
) -> None:
    Credential.objects.update(expires=clock.now + timedelta(seconds=2))
    header, remembered = basic_header(moodle.key, moodle.secret), Remembered(clock=clock)
    authenticate(header, remembered=remembered, now=clock.now)
    clock.advance(seconds=1.9)
    assert let_in(header, remembered=remembered, now=clock.now)
    clock.advance(seconds=0.2)
    assert refused(header, remembered=remembered, now=clock.now) == "credential.expired"


def test_it_refuses_credentials_of_an_inactive_source(moodle: Issued, basic_header: Header) -> None:
    Source.objects.update(active=False)
    assert refused(basic_header(moodle.key, moodle.secret)) == "credential.source-inactive"


def test_revocation_elsewhere_takes_effect_within_five_seconds(
    moodle: Issued, basic_header: Header, clock: Clock
) -> None:
    header, remembered = basic_header(moodle.key, moodle.secret), Remembered(clock=clock)
    authenticate(header, remembered=remembered, now=clock.now)
    # Another process revokes it: nothing here is told.
    Credential.objects.update(revoked=clock.now)
    clock.advance(seconds=4.9)
    assert let_in(header, remembered=remembered, now=clock.now)
    clock.advance(seconds=0.2)
    assert refused(header, remembered=remembered, now=clock.now) == "credential.revoked"


def test_revocation_in_this_process_takes_effect_at_once(
    moodle: Issued, basic_header: Header, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    header = basic_header(moodle.key, moodle.secret)
    authenticate(header)
    with django_capture_on_commit_callbacks(execute=True):
        revoke(moodle.credential)
    assert refused(header) == "credential.revoked"


def test_the_time_it_remembers_can_be_shortened_but_not_lengthened(
    moodle: Issued, basic_header: Header, clock: Clock, settings: Settings
) -> None:
    header = basic_header(moodle.key, moodle.secret)
    for seconds, trusted in [(1, 1.0), (600, 5.0)]:
        settings.LRS_CREDENTIAL_SECONDS = seconds
        remembered = Remembered(clock=clock)
        authenticate(header, remembered=remembered, now=clock.now)
        clock.advance(seconds=trusted - 0.1)
        assert remembered.get(header)
        clock.advance(seconds=0.2)
        assert remembered.get(header) is None


def test_both_secrets_work_while_one_is_rotated_out(
    moodle: Issued, basic_header: Header, clock: Clock
) -> None:
    fresh = rotate(moodle.credential, overlap=timedelta(hours=1), now=clock.now)
    old, new = basic_header(moodle.key, moodle.secret), basic_header(moodle.key, fresh)
    clock.advance(minutes=59, seconds=58)
    remembered = Remembered(clock=clock)
    assert let_in(old, remembered=remembered, now=clock.now)
    assert let_in(new, remembered=remembered, now=clock.now)
    clock.advance(seconds=3)
    assert refused(old, remembered=remembered, now=clock.now) == "credential.unknown"
    assert let_in(new, remembered=remembered, now=clock.now)


def test_a_rotation_without_overlap_ends_the_old_secret(moodle: Issued, basic_header: Header) -> None:
    fresh = rotate(moodle.credential, overlap=timedelta(0))
    assert refused(basic_header(moodle.key, moodle.secret)) == "credential.unknown"
    assert let_in(basic_header(moodle.key, fresh))


def test_a_known_caller_costs_no_query(
    moodle: Issued, basic_header: Header, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    header = basic_header(moodle.key, moodle.secret)
    authenticate(header)
    with django_assert_num_queries(0):
        authenticate(header)


def test_a_wrong_secret_is_never_remembered(moodle: Issued, basic_header: Header) -> None:
    remembered = Remembered()
    assert refused(basic_header(moodle.key, "guess"), remembered=remembered) == "credential.unknown"
    assert len(remembered) == 0


def test_an_unknown_key_costs_what_a_wrong_secret_costs(
    moodle: Issued, basic_header: Header, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in hashes, comparisons and queries: time itself is too noisy to compare."""

    def cost(header: str) -> tuple[int, int, int]:
        counts = {"hash": 0, "compare": 0}
        digest, compare = hmac.digest, hmac.compare_digest

        def counted_digest(*arguments: Any) -> bytes:
            counts["hash"] += 1
            return digest(*arguments)

        def counted_compare(one: bytes, other: bytes) -> bool:
            counts["compare"] += 1
            return compare(one, other)

        monkeypatch.setattr(hmac, "digest", counted_digest)
        monkeypatch.setattr(basic, "compare_digest", counted_compare)
        queries = 0

        def counted_query(execute: Any, *arguments: Any) -> Any:
            nonlocal queries
            queries += 1
            return execute(*arguments)

        with connection.execute_wrapper(counted_query):
            refused(header)
        monkeypatch.undo()
        return counts["hash"], counts["compare"], queries

    wrong = cost(basic_header(moodle.key, "guess"))
    unknown = cost(basic_header("lrs-nobody-knows-this-key", "guess"))
    assert wrong == unknown
    assert wrong[1] >= 1


def test_its_limits_are_the_credentials_own_or_the_hubs(
    moodle: Issued, basic_header: Header, settings: Settings
) -> None:
    settings.LRS_BODY_BYTES, settings.LRS_REQUESTS_PER_MINUTE = 5000, 70
    header = basic_header(moodle.key, moodle.secret)
    access = authenticate(header, remembered=Remembered())
    assert (access.body_bytes, access.requests_per_minute) == (5000, 70)
    Credential.objects.update(body_bytes=2000, requests_per_minute=0)
    access = authenticate(header, remembered=Remembered())
    assert (access.body_bytes, access.requests_per_minute) == (2000, 0)


def test_the_authority_is_an_account_named_by_the_key(moodle: Issued, basic_header: Header) -> None:
    with override_settings(HUB_PUBLIC_URL="https://lrs.example.org"):
        access = authenticate(basic_header(moodle.key, moodle.secret))
    assert access.authority == {
        "objectType": "Agent",
        "name": "Moodle Berlin",
        "account": {"homePage": "https://lrs.example.org/xapi/", "name": moodle.key},
    }


def test_the_authority_is_the_credentials_own_where_one_is_set(moodle: Issued, basic_header: Header) -> None:
    Credential.objects.update(authority={"mbox": "mailto:lms@example.org", "name": "Academy"})
    access = authenticate(basic_header(moodle.key, moodle.secret))
    assert access.authority == {"objectType": "Agent", "mbox": "mailto:lms@example.org", "name": "Academy"}


def test_secrets_survive_a_new_secret_key_while_the_old_one_is_a_fallback(
    moodle: Issued, basic_header: Header, settings: Settings
) -> None:
    header, old = basic_header(moodle.key, moodle.secret), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [old]
    assert let_in(header, remembered=Remembered())
    # Used once, the hash is kept under the new key: the old one can go.
    settings.SECRET_KEY_FALLBACKS = []
    assert let_in(header, remembered=Remembered())


def test_secrets_die_with_a_secret_key_that_is_simply_replaced(
    moodle: Issued, basic_header: Header, settings: Settings
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, []
    assert refused(basic_header(moodle.key, moodle.secret)) == "credential.unknown"


def test_a_pepper_can_be_brought_in_later_and_replaced(
    moodle: Issued, basic_header: Header, settings: Settings
) -> None:
    header = basic_header(moodle.key, moodle.secret)
    settings.LRS_SECRET_PEPPER = "p" * 40
    assert let_in(header, remembered=Remembered())
    settings.SECRET_KEY = "quite another secret key, and the pepper carries on"
    assert let_in(header, remembered=Remembered())
    settings.LRS_SECRET_PEPPER, settings.LRS_SECRET_PEPPER_FALLBACKS = "q" * 40, ["p" * 40]
    assert let_in(header, remembered=Remembered())
    settings.LRS_SECRET_PEPPER_FALLBACKS = []
    assert let_in(header, remembered=Remembered())


def test_last_used_is_written_once_a_minute(moodle: Issued, basic_header: Header, clock: Clock) -> None:
    header = basic_header(moodle.key, moodle.secret)

    def use() -> Any:
        authenticate(header, remembered=Remembered(), now=clock.now)
        return Credential.objects.get(pk=moodle.credential.pk).last_used

    first = use()
    assert first == clock.now
    clock.advance(seconds=59)
    assert use() == first
    clock.advance(seconds=1)
    assert use() == clock.now > first


def test_a_process_that_read_an_old_time_does_not_write_again(moodle: Issued, clock: Clock) -> None:
    assert last_used.note(moodle.credential.pk, noted=None, now=clock.now)
    clock.advance(seconds=30)
    assert not last_used.note(moodle.credential.pk, noted=None, now=clock.now)


def test_a_refused_caller_is_not_noted_as_use(moodle: Issued, basic_header: Header) -> None:
    revoke(moodle.credential)
    refused(basic_header(moodle.key, moodle.secret))
    assert Credential.objects.get(pk=moodle.credential.pk).last_used is None


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Issued]:
    """A credential other connections see."""
    with django_db_blocker.unblock():
        issued = issue(store="Concurrency", source="Moodle Berlin", scopes=["all"])
        yield issued
        Credential.objects.filter(source__store__name="Concurrency").delete()
        Source.objects.filter(store__name="Concurrency").delete()
        Store.objects.filter(name="Concurrency").delete()
        connection.close()


def test_of_many_threads_at_once_one_writes_last_used(committed: Issued) -> None:
    barrier, wrote, failures = threading.Barrier(8), [], []
    now = timezone.now()

    def use() -> None:
        try:
            barrier.wait(timeout=10)
            wrote.append(last_used.note(committed.credential.pk, noted=None, now=now))
        except Exception as error:  # noqa: BLE001  told by the main thread
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert wrote.count(True) == 1
    assert Credential.objects.get(pk=committed.credential.pk).last_used == now


def test_a_row_held_by_an_administrator_delays_no_request(committed: Issued, basic_header: Header) -> None:
    answers: list[Any] = []

    def use() -> None:
        try:
            answers.append(
                authenticate(basic_header(committed.key, committed.secret), remembered=Remembered())
            )
        except Exception as error:  # noqa: BLE001  told by the main thread
            answers.append(error)
        finally:
            connections.close_all()

    with transaction.atomic():
        Credential.objects.select_for_update().get(pk=committed.credential.pk)
        thread = threading.Thread(target=use)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()
    assert answers[0].credential_id == committed.credential.pk
    assert Credential.objects.get(pk=committed.credential.pk).last_used is None


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
@given(key=st.text(max_size=80), secret=st.text(max_size=80))
def test_no_guess_is_let_in(moodle: Issued, basic_header: Header, key: str, secret: str) -> None:
    assert refused(basic_header(key.replace(":", ""), secret)) == "credential.unknown"
