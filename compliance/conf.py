"""The only reader of `settings.COMPLIANCE_*`: one typed function each, default in its docstring.

Each setting has a heading in docs/operator/settings.md.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings


def same_within() -> timedelta:
    """`COMPLIANCE_SAME_COMPLETION_HOURS`: reports of one course version within so many hours are one
    completion, unless the course says otherwise; 24."""
    return timedelta(hours=int(getattr(settings, "COMPLIANCE_SAME_COMPLETION_HOURS", 24)))


def records_signed() -> bool:
    """`COMPLIANCE_RECORDS_SIGNED`: whether training told by hand becomes a statement only under an electronic
    signature; no."""
    return bool(getattr(settings, "COMPLIANCE_RECORDS_SIGNED", False))


def approvals_signed() -> bool:
    """`COMPLIANCE_APPROVALS_SIGNED`: whether course equivalences and reviews of the audit trail take an
    electronic signature, as requirements, waivers and sign-offs always do; no."""
    return bool(getattr(settings, "COMPLIANCE_APPROVALS_SIGNED", False))


def seal_keys() -> list[str]:
    """`COMPLIANCE_SEAL_KEYS`: what signatures are sealed with, newest first; default SECRET_KEY and its
    fallbacks."""
    own = list(getattr(settings, "COMPLIANCE_SEAL_KEYS", ()))
    return own or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def signing_idle_seconds() -> int:
    """`COMPLIANCE_SIGNING_IDLE_SECONDS`: pause after which a signature takes all components again; 600."""
    return int(getattr(settings, "COMPLIANCE_SIGNING_IDLE_SECONDS", 600))


def signing_seconds() -> int:
    """`COMPLIANCE_SIGNING_SECONDS`: how long a series of signatures may last at all; 14400."""
    return int(getattr(settings, "COMPLIANCE_SIGNING_SECONDS", 14_400))


def signing_second_factor() -> str:
    """`COMPLIANCE_SIGNING_SECOND_FACTOR`: "enrolled" asks those who have one, "always" refuses the others;
    enrolled."""
    return str(getattr(settings, "COMPLIANCE_SIGNING_SECOND_FACTOR", "enrolled"))


def password_days() -> int:
    """`COMPLIANCE_PASSWORD_DAYS`: age at which a password has to be changed; 180, 0 never."""
    return int(getattr(settings, "COMPLIANCE_PASSWORD_DAYS", 180))


def password_history() -> int:
    """`COMPLIANCE_PASSWORD_HISTORY`: so many passwords of before are not taken again; 12."""
    return int(getattr(settings, "COMPLIANCE_PASSWORD_HISTORY", 12))


def account_lock_failures() -> int:
    """`COMPLIANCE_ACCOUNT_LOCK_FAILURES`: failures within an hour, from whatever addresses, that lock an
    account; 20, 0 never."""
    return int(getattr(settings, "COMPLIANCE_ACCOUNT_LOCK_FAILURES", 20))


def account_lock_seconds() -> int:
    """`COMPLIANCE_ACCOUNT_LOCK_SECONDS`: for how long; 900."""
    return int(getattr(settings, "COMPLIANCE_ACCOUNT_LOCK_SECONDS", 900))


def inactive_days() -> int:
    """`COMPLIANCE_INACTIVE_DAYS`: days without a sign-in after which an account is disabled; 90, 0 never."""
    return int(getattr(settings, "COMPLIANCE_INACTIVE_DAYS", 90))


def session_idle_seconds() -> int:
    """`COMPLIANCE_SESSION_IDLE_SECONDS`: pause after which a sign-in ends; 1800."""
    return int(getattr(settings, "COMPLIANCE_SESSION_IDLE_SECONDS", 1_800))


def session_seconds() -> int:
    """`SESSION_COOKIE_AGE`: how long a sign-in lasts at most, whatever is done; 28800."""
    return int(settings.SESSION_COOKIE_AGE)


def device_check() -> str:
    """`COMPLIANCE_DEVICE_CHECK`: where only registered devices are let in: "off", "sign" or "all"; off."""
    return str(getattr(settings, "COMPLIANCE_DEVICE_CHECK", "off"))


def device_test_days() -> int:
    """`COMPLIANCE_DEVICE_TEST_DAYS`: age of a device's last test after which it counts no more; 365."""
    return int(getattr(settings, "COMPLIANCE_DEVICE_TEST_DAYS", 365))


def purpose_required() -> bool:
    """`COMPLIANCE_PURPOSE_REQUIRED`: whether who looks at people's records has to say why first; False."""
    return bool(getattr(settings, "COMPLIANCE_PURPOSE_REQUIRED", False))


def report_days() -> int:
    """`COMPLIANCE_REPORT_DAYS`: days for which the files of reports are kept; 7."""
    return int(getattr(settings, "COMPLIANCE_REPORT_DAYS", 7))


def released_report_days() -> int:
    """`COMPLIANCE_RELEASED_REPORT_DAYS`: days for which the files of released reports are kept; 2557 (seven
    years)."""
    return int(getattr(settings, "COMPLIANCE_RELEASED_REPORT_DAYS", 2557))
