"""What happens when something is lost: a password, a phone, a key, a whole laptop (21 CFR 11.300(c)).

In: whose it was. Out: at once, in one transaction, nothing of the account opens anything any more: sessions,
signing sessions, second factors, the password and OAuth tokens. The owner is told, an alert is raised; a
password reset by two administrators lets the owner back in.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

from compliance.access import alarm, events
from compliance.accounts import notices, sessions
from compliance.models import EventKind, SigningSession


def revoke_all(user: User, *, by: User, why: str, request: HttpRequest | None = None) -> None:
    """Take everything away that opens the account."""
    with transaction.atomic():
        factors, _ = Authenticator.objects.filter(user=user).delete()
        ended = sessions.end(user, why="access taken away")
        SigningSession.objects.filter(user=user, ended__isnull=True).update(
            ended=timezone.now(), ended_why="access taken away"
        )
        tokens = 0
        for model in (get_access_token_model(), get_refresh_token_model(), get_grant_model()):
            tokens += model.objects.filter(user=user).delete()[0]
        user.set_unusable_password()
        user.save(update_fields=["password"])
        events.record(
            EventKind.LOSS,
            request=request,
            user=user,
            what=why,
            by=by.pk,
            factors=factors,
            sessions=ended,
            tokens=tokens,
        )
    alarm.evaluate()
    notices.send(
        user,
        "Access to your account was taken away",
        f"{by.get_username()} reported: {why}\n\nNothing opens your account any more. Two administrators "
        "can let you back in.",
    )
