"""Sign-ins from beginning to end: idle and absolute time-outs, one device, several at once.

In: requests of people signed in. Out: `AccountSession` rows, and the reason why a sign-in is over. Neither a
session key nor a cookie is kept, only digests. Ending somebody's sessions bites at their next request.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from compliance import conf
from compliance.access.events import address_in
from compliance.accounts import devices
from compliance.models import AccountSession

#: Seconds within which being seen again is not written down again.
_COARSE = 30


def browser_digest(session_key: str) -> str:
    """Return what a browser session is kept as."""
    return sha256(session_key.encode()).hexdigest()


def begin(request: HttpRequest, user: User) -> AccountSession:
    """Note that somebody signed in."""
    if not request.session.session_key:
        request.session.create()
    key = request.session.session_key or ""
    told = bool(request.COOKIES.get(devices.COOKIE))
    found, _ = AccountSession.objects.update_or_create(
        browser=browser_digest(key),
        defaults={
            "user": user,
            # A sign-in that went another way than through our pages tells its device at its first request.
            "device": devices.digest(request) if told else "",
            "address": address_in(request),
            "user_agent": request.headers.get("User-Agent", "").replace("\0", "")[:300],
            "started": timezone.now(),
            "last_seen": timezone.now(),
            "ended": None,
            "ended_why": "",
        },
    )
    return found


def why_over(request: HttpRequest, user: User) -> str:
    """Return why the sign-in of a request is over; empty where it goes on. Notes that it was seen."""
    key = request.session.session_key or ""
    session = AccountSession.objects.filter(browser=browser_digest(key), user=user).first()
    if session is None:
        session = begin(request, user)
    now, here = timezone.now(), devices.digest(request)
    if session.ended is not None:
        return session.ended_why or "ended"
    if now - session.last_seen > timedelta(seconds=conf.session_idle_seconds()):
        return _end(session, "idle for too long")
    if now - session.started > timedelta(seconds=conf.session_seconds()):
        return _end(session, "signed in for too long")
    if session.device and session.device != here:
        return _end(session, "another device")
    if not session.device or now - session.last_seen > timedelta(seconds=_COARSE):
        AccountSession.objects.filter(pk=session.pk, ended__isnull=True).update(last_seen=now, device=here)
    return ""


def end(user: User, *, why: str, browser: str = "", but: str = "") -> int:
    """End the open sessions of somebody, or one of them, or all `but` one; return how many."""
    running = AccountSession.objects.filter(user=user, ended__isnull=True)
    if browser:
        running = running.filter(browser=browser)
    if but:
        running = running.exclude(browser=but)
    return running.update(ended=timezone.now(), ended_why=why[:100])


def others(session: AccountSession) -> list[AccountSession]:
    """Return the sessions of the same person that go on meanwhile on other devices."""
    since = timezone.now() - timedelta(seconds=conf.session_idle_seconds())
    running = AccountSession.objects.filter(
        user=session.user_id, ended__isnull=True, last_seen__gt=since
    ).exclude(pk=session.pk)
    return [each for each in running if not each.device or each.device != session.device]


def _end(session: AccountSession, why: str) -> str:
    AccountSession.objects.filter(pk=session.pk, ended__isnull=True).update(
        ended=timezone.now(), ended_why=why
    )
    return why
