"""How a signer shows to be who they say: all components first, one after that, all of them again after
a break."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from compliance import signing
from compliance.access import grants
from compliance.access.roles import SIGNS
from compliance.accounts import devices, loss, passwords, resets, sessions
from compliance.models import (
    AccessEvent,
    Account,
    AccountabilityPolicy,
    CertificationLetter,
    Device,
    EventKind,
    IdentityVerification,
    Signature,
    SigningSession,
)
from compliance.signing import Given, SigningError, readiness
from connectors.models import Alert
from tests.compliance.signing.people import PASSWORD, Desk, Procedures, make_ready, person, warden
from tests.connectors.people import new_store


def refused(rule: str, call: Callable[[], object]) -> None:
    """Have a call refused by this rule, and nothing signed by it."""
    before = Signature.objects.count()
    with pytest.raises(SigningError) as caught:
        call()
    assert caught.value.rule == rule, caught.value
    assert Signature.objects.count() == before


@pytest.fixture
def paul(records: Procedures) -> Desk:
    """Paul at his desk, who may approve procedures 1 to 5."""
    records.texts |= {str(number): f"Procedure {number}" for number in range(3, 6)}
    records.register()
    return Desk(person("Paul", "approval"))


def code_for(user: User, *, ahead: int = 0) -> str:
    """Return the code the user's authenticator shows."""
    from allauth.mfa.utils import decrypt

    secret = decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
    counter = int(time.time()) // 30 + ahead
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def enrol(user: User) -> None:
    """Enrol an authenticator."""
    totp.TOTP.activate(user, totp.generate_totp_secret())


def test_11_200_the_first_signature_takes_user_name_and_password_later_ones_the_password(
    paul: Desk, records: Procedures
) -> None:
    refused("components", lambda: paul.sign(records, every=False))
    refused("components", lambda: paul.sign(records, given=Given(user_name=paul.user.username)))
    first = paul.sign(records)
    assert (first.first_of_session, first.components) == (True, ["user name", "password"])
    refused("components", lambda: paul.sign(records, "2", given=Given()))
    second = paul.sign(records, "2", every=False)
    assert (second.first_of_session, second.components) == (False, ["password"])
    assert second.session_id == first.session_id


def test_11_200_somebody_elses_components_sign_nothing(paul: Desk, records: Procedures) -> None:
    ines = person("Ines", "approval")
    refused("components", lambda: paul.sign(records, given=Given(user_name=ines.username, password=PASSWORD)))
    refused(
        "components", lambda: paul.sign(records, given=Given(user_name=paul.user.username, password="guess"))
    )


def test_11_200_a_second_factor_that_is_enrolled_is_due_and_is_enough_later(
    paul: Desk, records: Procedures
) -> None:
    user = paul.user
    request = paul.request()  # before there is a factor to be shown at the sign-in
    enrol(user)
    signer = signing.signer_of(request)

    def sign(key: str, given: Given) -> Signature:
        return signing.sign(
            signer, kind=records.kind, record_key=key, shown_hash=records.shown(key).digest,
            meaning="approval", given=given,
        )  # fmt: skip

    both = Given(user_name=user.username, password=PASSWORD)
    refused("components", lambda: sign("1", both))
    refused("components", lambda: sign("1", replace(both, code="000000")))
    code = code_for(user)
    assert sign("1", replace(both, code=code)).components == ["user name", "password", "totp"]
    refused("components", lambda: sign("2", Given(code=code)))
    assert sign("2", Given(code=code_for(user, ahead=1))).components == ["totp"]


@override_settings(COMPLIANCE_SIGNING_SECOND_FACTOR="always")
def test_signing_may_demand_a_second_factor(paul: Desk, records: Procedures) -> None:
    refused("second-factor", lambda: paul.sign(records))


def test_11_200_after_a_pause_all_components_are_due_again(paul: Desk, records: Procedures) -> None:
    paul.sign(records)
    SigningSession.objects.filter(user=paul.user).update(last_signed=timezone.now() - timedelta(seconds=599))
    paul.sign(records, "2", every=False)
    SigningSession.objects.filter(user=paul.user).update(last_signed=timezone.now() - timedelta(seconds=601))
    refused("components", lambda: paul.sign(records, "3", every=False))
    assert paul.sign(records, "3").first_of_session


def test_11_200_a_series_does_not_go_on_for_ever(paul: Desk, records: Procedures) -> None:
    paul.sign(records)
    SigningSession.objects.filter(user=paul.user).update(started=timezone.now() - timedelta(hours=5))
    refused("components", lambda: paul.sign(records, "2", every=False))


def test_11_200_after_signing_out_all_components_are_due_again(paul: Desk, records: Procedures) -> None:
    paul.sign(records)
    paul.client.post("/accounts/logout/")
    assert SigningSession.objects.get(user=paul.user).ended_why == "signed out"
    paul.sign_in()
    refused("components", lambda: paul.sign(records, "2", every=False))


def test_11_200_another_device_is_another_session(paul: Desk, records: Procedures) -> None:
    paul.sign(records)
    laptop = Desk(paul.user, agent="Safari")
    refused("components", lambda: laptop.sign(records, "2", every=False))
    assert laptop.sign(records, "2").first_of_session
    assert not paul.sign(records, "3", every=False).first_of_session


def test_11_200_a_session_cookie_carried_to_another_device_is_worth_nothing(paul: Desk) -> None:
    thief: Any = type(paul.client)(headers={"User-Agent": "Thief"})
    thief.cookies["sessionid"] = paul.client.cookies["sessionid"].value
    assert thief.get("/accounts/").status_code == 302
    assert AccessEvent.objects.filter(user=paul.user, kind="session_ended", what="another device").exists()
    assert paul.client.get("/accounts/").status_code == 302


def test_11_200_single_sign_on_alone_never_signs(paul: Desk, records: Procedures) -> None:
    """Signed in by somebody else's word, without a password here."""
    ines = person("Ines", "approval")
    ines.set_unusable_password()
    ines.save()
    client = Desk.__new__(Desk)
    client.user, client.client = ines, type(paul.client)()
    client.client.force_login(ines, backend="django.contrib.auth.backends.ModelBackend")
    refused("components", lambda: client.sign(records, given=Given()))
    refused("components", lambda: client.sign(records))


@pytest.mark.parametrize("mark", ["impersonator", "hijack_history", "_impersonate"])
def test_11_200_nobody_signs_while_acting_as_somebody_else(
    paul: Desk, records: Procedures, mark: str
) -> None:
    session = paul.client.session
    session[mark] = [1]
    session.save()
    refused_with = paul.client.get(f"/audit/sign/{records.kind}/1/")
    assert refused_with.status_code == 403
    with pytest.raises(SigningError, match="acting as somebody else"):
        paul.sign(records)
    sent = {"shown_hash": records.shown("1").digest, "meaning": "approval", "password": PASSWORD}
    sent["user_name"] = paul.user.username
    assert paul.client.post(f"/audit/sign/{records.kind}/1/", sent).status_code == 403
    assert not Signature.objects.filter(kind=records.kind).exists()


def test_11_100_c_signing_is_off_until_the_letter_to_fda_is_recorded(paul: Desk, records: Procedures) -> None:
    CertificationLetter.objects.filter(withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())
    refused("letter", lambda: paul.sign(records))
    assert "11.100(c)" in paul.client.get("/audit/sign/").content.decode()
    CertificationLetter.objects.create(
        organization="Meridian Health", signed_by="The director", sent_on=timezone.now().date(),
        reference="ESG 2", recorded_by=warden(),
    )  # fmt: skip
    assert paul.sign(records).position


def test_11_10_j_the_accountability_policy_is_acknowledged_first_and_again_when_it_changes(
    paul: Desk, records: Procedures
) -> None:
    paul.sign(records)
    newer = AccountabilityPolicy.objects.create(
        version=f"2-{paul.user.pk}", title="Accountability", text=f"Stricter for {paul.user}.",
        effective_on=timezone.now().date(), written_by=warden(),
    )  # fmt: skip
    refused("policy", lambda: paul.sign(records, "2", every=False))
    page = paul.client.get("/audit/sign/policy/").content.decode()
    assert f"Stricter for {paul.user}." in page
    assert paul.client.post("/audit/sign/policy/", {"text_hash": "0" * 64}).status_code == 409
    sent = {"text_hash": readiness.text_hash(newer)}
    assert paul.client.post("/audit/sign/policy/", sent).status_code == 302
    paul.sign(records, "2", every=False)


def test_11_100_b_identity_is_verified_by_somebody_else_first(records: Procedures) -> None:
    records.register()
    ines = person("Ines", "approval")
    IdentityVerification.objects.filter(user=ines).update(
        revoked_at=timezone.now(), revoked_by=warden(), revoked_why="the document was false"
    )
    desk = Desk(ines)
    refused("identity", lambda: desk.sign(records))
    with pytest.raises(readiness.NotVerified, match="own identity"):
        readiness.verify_identity(ines, by=ines, method="I know myself")
    readiness.verify_identity(ines, by=warden(), method="passport")
    assert desk.sign(records).position


def test_11_300_b_an_expired_password_signs_nothing(paul: Desk, records: Procedures) -> None:
    request = paul.request()
    Account.objects.filter(user=paul.user).update(password_changed=timezone.now() - timedelta(days=181))
    given = Given(user_name=paul.user.username, password=PASSWORD)
    refused(
        "password",
        lambda: signing.sign(
            signing.signer_of(request), kind=records.kind, record_key="1",
            shown_hash=records.shown("1").digest, meaning="approval", given=given,
        ),
    )  # fmt: skip


def test_11_10_i_overdue_staff_lose_the_privilege_to_sign(paul: Desk, records: Procedures) -> None:
    def overdue(user: User) -> readiness.Hindrance | None:
        if user.pk != paul.user.pk:
            return None
        return readiness.Hindrance("training", "Your training in signing is overdue.")

    readiness.also_asks(overdue)
    try:
        refused("training", lambda: paul.sign(records))
    finally:
        readiness.no_longer_asks(overdue)
    assert paul.sign(records).position


def test_11_10_g_authority_that_is_revoked_is_gone_in_the_middle_of_a_session(records: Procedures) -> None:
    records.register()
    ines = person("Ines")
    grant = grants.give(
        ines, Group.objects.get(name=SIGNS["approval"]), store_id=new_store().pk, by=warden(), reason="deputy"
    )
    desk = Desk(ines)
    desk.sign(records)
    grants.revoke(grant, by=warden(), why="back from leave")
    refused("authority", lambda: desk.sign(records, "2", every=False))


def test_11_10_h_signatures_come_from_registered_devices_where_that_is_set(
    paul: Desk, records: Procedures
) -> None:
    device, token = devices.register(name=f"Bench {paul.user.pk}", by=warden())
    with override_settings(COMPLIANCE_DEVICE_CHECK="sign"):
        refused_page = paul.client.get(f"/audit/sign/{records.kind}/1/").content.decode()
        assert "registered devices only" in refused_page
        with pytest.raises(SigningError, match="registered devices"):
            paul.sign(records)
        paul.client.cookies[devices.TOKEN_COOKIE] = token
        assert paul.sign(records).position
        Device.objects.filter(pk=device.pk).update(tested_on=timezone.now().date() - timedelta(days=366))
        with pytest.raises(SigningError, match="registered devices"):
            paul.sign(records, "2")
        Device.objects.filter(pk=device.pk).update(tested_on=timezone.now().date(), revoked_at=timezone.now())
        with pytest.raises(SigningError, match="registered devices"):
            paul.sign(records, "2")


def test_on_a_kiosk_every_signature_takes_all_components(paul: Desk, records: Procedures) -> None:
    _, token = devices.register(name=f"Kiosk {paul.user.pk}", by=warden(), kiosk=True)
    paul.client.cookies[devices.TOKEN_COOKIE] = token
    paul.sign(records)
    refused("components", lambda: paul.sign(records, "2", every=False))
    assert paul.sign(records, "2").first_of_session


def test_11_300_d_failures_at_signing_lock_and_raise_the_alarm(paul: Desk, records: Procedures) -> None:
    store = new_store()
    wrong = Given(user_name=paul.user.username, password="guessed")
    for _ in range(5):
        refused("components", lambda: paul.sign(records, given=wrong))
    assert AccessEvent.objects.filter(kind=EventKind.LOCKED, user=paul.user).exists()
    assert AccessEvent.objects.filter(kind=EventKind.REFUSED, user=paul.user).count() >= 5
    assert Alert.objects.get(store=store, kind="security", key=f"locked:{paul.user.username}").cleared is None
    refused("components", lambda: paul.sign(records))
    cache.clear()


def test_11_300_c_after_a_loss_nothing_opens_the_account_any_more(paul: Desk, records: Procedures) -> None:
    paul.sign(records)
    request = paul.request()
    enrol(paul.user)
    loss.revoke_all(paul.user, by=warden(), why="laptop stolen")
    assert not Authenticator.objects.filter(user=paul.user).exists()
    assert SigningSession.objects.get(user=paul.user).ended_why == "access taken away"
    assert paul.client.get("/accounts/").status_code == 302
    given = Given(password=PASSWORD)
    refused(
        "components",
        lambda: signing.sign(
            signing.signer_of(request), kind=records.kind, record_key="2",
            shown_hash=records.shown("2").digest, meaning="approval", given=given,
        ),
    )  # fmt: skip
    assert AccessEvent.objects.filter(kind=EventKind.LOSS, user=paul.user, what="laptop stolen").exists()


def test_a_password_that_was_reset_signs_only_when_its_owner_chose_another(
    paul: Desk, records: Procedures
) -> None:
    one = User.objects.create_superuser(f"one-{paul.user.pk}")
    two = User.objects.create_superuser(f"two-{paul.user.pk}")
    resets.approve(resets.ask(paul.user, by=one, reason="forgotten"), by=two)
    user = User.objects.get(pk=paul.user.pk)
    assert passwords.is_expired(user)
    assert [each.rule for each in readiness.hindrances(user)] == ["password"]
    user.set_password("a quite different sentence")
    user.save()
    assert readiness.hindrances(user) == []


def test_ending_sessions_from_elsewhere_ends_them(paul: Desk) -> None:
    laptop = Desk(paul.user, agent="Safari")
    assert laptop.client.post("/accounts/sessions/end/").status_code == 302
    assert laptop.client.get("/accounts/").status_code == 200
    assert paul.client.get("/accounts/").status_code == 302
    assert sessions.end(paul.user, why="test") == 1


def test_make_ready_is_all_that_is_needed(records: Procedures) -> None:
    ruth = person("Ruth", "review", ready=False)
    assert {each.rule for each in readiness.hindrances(ruth)} >= {"identity"}
    make_ready(ruth)
    assert readiness.hindrances(ruth) == []
