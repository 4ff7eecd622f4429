"""Handing out, rotating and revoking credentials."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from lrs.auth.access import SCOPES
from lrs.auth.issue import Issued, checked_scopes, issue, issue_application, revoke, rotate
from lrs.errors import BadRequest
from lrs.models import Credential, CredentialSecret, Source, Store

from .conftest import unique


def test_it_creates_store_and_source_where_they_are_new(db: None) -> None:
    academy, berlin = unique("Academy"), unique("Moodle Berlin")
    issued = issue(store=academy, source=berlin, scopes=["statements/write"], kind="moodle", label="web")
    source = Source.objects.get(name=berlin)
    assert (source.store.name, source.kind) == (academy, "moodle")
    assert issued.credential.source == source
    assert (issued.credential.label, issued.credential.scopes) == ("web", ["statements/write"])


def test_it_uses_store_and_source_that_are_there(db: None) -> None:
    berlin = unique("Moodle Berlin")
    first = issue(source=berlin, scopes=["all"], kind="moodle")
    another = issue(source=berlin, scopes=["state"], kind="scorm")
    assert another.credential.source == first.credential.source
    assert Source.objects.get(name=berlin).kind == "moodle"
    assert another.key != first.key


def test_it_keeps_sources_of_the_same_name_apart_in_two_stores(db: None) -> None:
    before = Store.objects.count()
    one = issue(store=unique("North"), source="Moodle", scopes=["all"])
    two = issue(store=unique("South"), source="Moodle", scopes=["all"])
    assert one.credential.source_id != two.credential.source_id
    assert Store.objects.count() == before + 2


def test_it_keeps_no_secret_in_the_database(moodle: Issued) -> None:
    kept = bytes(CredentialSecret.objects.get(credential=moodle.credential).keyed_hash)
    assert len(kept) == 32
    assert moodle.secret.encode() not in kept
    assert moodle.secret not in str(Credential.objects.values().get(pk=moodle.credential.pk))


def test_its_representation_hides_the_secret(moodle: Issued) -> None:
    assert moodle.secret not in repr(moodle)
    assert moodle.secret not in str(moodle)
    assert moodle.key in repr(moodle)


def test_it_logs_no_secret(db: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        issued = issue(source="Moodle Berlin", scopes=["all"])
        fresh = rotate(issued.credential, overlap=timedelta(hours=1))
    assert issued.secret not in caplog.text
    assert fresh not in caplog.text


def test_its_secrets_have_256_bits_and_its_keys_fit_and_differ(db: None) -> None:
    issued = [issue(source="Moodle Berlin", scopes=["all"]) for _ in range(20)]
    assert all(len(each.secret) == 43 for each in issued)
    assert all(len(each.key) <= 64 and ":" not in each.key for each in issued)
    assert len({each.secret for each in issued} | {each.key for each in issued}) == 40


@pytest.mark.parametrize("scopes", [[], ["everything"], ["all", "statement/write"], [""]])
def test_it_refuses_scopes_that_are_none(db: None, scopes: list[str]) -> None:
    before = Source.objects.count()
    with pytest.raises(BadRequest) as refusal:
        issue(source=unique("Moodle Berlin"), scopes=scopes)
    assert refusal.value.rule == "credential.scope"
    assert Source.objects.count() == before


@given(st.lists(st.sampled_from(sorted(SCOPES)), min_size=1))
def test_it_keeps_each_scope_once_whatever_the_order(scopes: list[str]) -> None:
    kept = checked_scopes(scopes)
    assert set(kept) == set(scopes)
    assert kept == checked_scopes(reversed(scopes))
    assert len(kept) == len(set(kept))


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "Moodle\0Berlin"])
def test_it_refuses_names_that_are_none(db: None, name: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        issue(source=name, scopes=["all"])
    assert refusal.value.rule == "credential.name"


def test_it_refuses_an_unknown_kind_of_source(db: None) -> None:
    with pytest.raises(BadRequest, match="no kind of source"):
        issue(source="Moodle Berlin", scopes=["all"], kind="blackboard")


def test_it_refuses_a_credential_that_would_have_expired(db: None) -> None:
    with pytest.raises(BadRequest) as refusal:
        issue(source="Moodle Berlin", scopes=["all"], expires=timezone.now() - timedelta(seconds=1))
    assert refusal.value.rule == "credential.expires"


def test_it_refuses_a_credential_for_an_inactive_source(moodle: Issued) -> None:
    Source.objects.filter(pk=moodle.credential.source_id).update(active=False)
    before = Credential.objects.count()
    with pytest.raises(BadRequest) as refusal:
        issue(source="Moodle Berlin", scopes=["all"])
    assert refusal.value.rule == "credential.source-inactive"
    assert Credential.objects.count() == before


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=91)])
def test_it_refuses_an_overlap_out_of_range(moodle: Issued, overlap: timedelta) -> None:
    with pytest.raises(BadRequest) as refusal:
        rotate(moodle.credential, overlap=overlap)
    assert refusal.value.rule == "credential.overlap"


def test_a_second_rotation_shortens_what_the_first_left_but_never_lengthens_it(moodle: Issued) -> None:
    now = timezone.now()
    rotate(moodle.credential, overlap=timedelta(days=7), now=now)
    rotate(moodle.credential, overlap=timedelta(days=1), now=now)
    ends = list(
        moodle.credential.secrets.filter(expires__isnull=False)
        .order_by("expires")
        .values_list("expires", flat=True)
    )
    assert ends == [now + timedelta(days=1)] * 2
    rotate(moodle.credential, overlap=timedelta(days=30), now=now)
    ends = list(
        moodle.credential.secrets.filter(expires__isnull=False)
        .order_by("expires")
        .values_list("expires", flat=True)
    )
    assert ends == [now + timedelta(days=1)] * 2 + [now + timedelta(days=30)]


def test_rotation_sweeps_out_secrets_that_have_ended(moodle: Issued) -> None:
    now = timezone.now()
    rotate(moodle.credential, overlap=timedelta(0), now=now)
    rotate(moodle.credential, overlap=timedelta(0), now=now)
    assert moodle.credential.secrets.count() == 1


def test_it_rotates_neither_a_revoked_credential_nor_an_application(moodle: Issued) -> None:
    revoke(moodle.credential)
    with pytest.raises(BadRequest) as revoked:
        rotate(moodle.credential, overlap=timedelta(0))
    application = issue_application(source="Player", scopes=["all"])
    with pytest.raises(BadRequest) as oauth:
        rotate(application.credential, overlap=timedelta(0))
    assert (revoked.value.rule, oauth.value.rule) == ("credential.revoked", "credential.application")


def test_revoking_twice_keeps_the_first_time(moodle: Issued) -> None:
    first = timezone.now() - timedelta(hours=1)
    revoke(moodle.credential, now=first)
    revoke(moodle.credential)
    moodle.credential.refresh_from_db()
    assert moodle.credential.revoked == first


def test_an_application_keeps_its_secret_as_a_keyed_hash(db: None) -> None:
    issued = issue_application(source="Player", scopes=["statements/write"])
    application = issued.credential.application
    assert application is not None
    application.refresh_from_db()
    assert application.client_id == issued.key == issued.credential.key
    assert application.client_secret.startswith("lrs_keyed$")
    assert issued.secret not in application.client_secret


def test_a_public_application_has_no_secret(db: None) -> None:
    issued = issue_application(
        source="Player", scopes=["all"], public=True, redirect_uris=["https://player.example.org/back"]
    )
    assert issued.secret == ""


@pytest.mark.parametrize(
    "uri", ["http://player.example.org/back", "player://back here", "/back", "https://", "https://[::1/back"]
)
def test_it_refuses_redirects_that_would_leak_codes(db: None, uri: str) -> None:
    before = Credential.objects.count()
    with pytest.raises(BadRequest):
        issue_application(source="Player", scopes=["all"], redirect_uris=[uri])
    assert Credential.objects.count() == before


def test_it_allows_http_to_the_users_own_machine(db: None) -> None:
    issued = issue_application(source="Player", scopes=["all"], redirect_uris=["http://127.0.0.1:8400/back"])
    assert issued.credential.application is not None


def test_a_public_application_cannot_act_for_itself(db: None) -> None:
    with pytest.raises(BadRequest) as refusal:
        issue_application(source="Player", scopes=["all"], public=True)
    assert refusal.value.rule == "credential.public-application"
