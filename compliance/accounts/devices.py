"""Devices: what tells one browser from another, and which are registered (21 CFR 11.10(h), 11.300(c), (e)).

In: a request. Out: a digest that stays the same on one device, and the registered `Device` the request comes
from, if any. A device whose last test is too old, or that was revoked, is none.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from compliance import conf
from compliance.access.events import address_in
from compliance.models import Device
from lrs.auth.keyed_hash import keyed_hash

#: A cookie every browser gets at its first sign-in, and one only registered browsers get.
COOKIE, TOKEN_COOKIE = "hub_device", "hub_device_token"
_YEARS = 5 * 365 * 86_400


def digest(request: HttpRequest) -> str:
    """Return what tells this device: SHA-256 of its cookie and of what the browser calls itself."""
    told = f"{request.COOKIES.get(COOKIE, '')}\0{request.headers.get('User-Agent', '')}"
    return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def recognise(request: HttpRequest) -> bool:
    """Make sure that the request tells its device; return whether its browser still has to be told, too."""
    if request.COOKIES.get(COOKIE):
        return False
    request.COOKIES[COOKIE] = secrets.token_urlsafe(24)
    return True


def mark(request: HttpRequest, response: HttpResponseBase) -> None:
    """Leave in a browser what its request was told by."""
    _set(request, response, COOKIE, request.COOKIES[COOKIE])


def register(
    *, name: str, by: User, network: str = "", kiosk: bool = False, tested_on: date | None = None
) -> tuple[Device, str]:
    """Register a device; return it and the token its browser has to keep (empty for a network)."""
    token = "" if network else secrets.token_urlsafe(32)
    if network:
        network = str(ip_network(network, strict=False))
    device = Device.objects.create(
        name=name,
        token_hash=_hashed(token) if token else "",
        network=network,
        kiosk=kiosk,
        registered_by=by,
        tested_on=tested_on or timezone.now().date(),
    )
    return device, token


def hand_over(request: HttpRequest, response: HttpResponseBase, token: str) -> None:
    """Leave a token in the browser that is being registered."""
    _set(request, response, TOKEN_COOKIE, token)


def registered(request: HttpRequest) -> Device | None:
    """Return the device a request comes from, where it is registered, in force and tested in time."""
    oldest = timezone.now().date() - timedelta(days=conf.device_test_days())
    standing = Device.objects.filter(revoked_at__isnull=True, tested_on__gte=oldest)
    token = request.COOKIES.get(TOKEN_COOKIE, "")
    found = standing.filter(token_hash=_hashed(token)).first() if token else None
    if found is not None:
        return found
    try:
        here = ip_address(address_in(request).partition("%")[0])
    except ValueError:
        return None
    return next((each for each in standing.exclude(network="") if here in ip_network(each.network)), None)


def may_come_in(request: HttpRequest) -> bool:
    """Whether the website is open to this device."""
    return conf.device_check() != "all" or registered(request) is not None


def may_sign(request: HttpRequest) -> bool:
    """Whether signatures are taken from this device."""
    return conf.device_check() == "off" or registered(request) is not None


def _hashed(token: str) -> str:
    return keyed_hash("compliance.device", token).hex()


def _set(request: HttpRequest, response: HttpResponseBase, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_YEARS, secure=request.is_secure(), httponly=True, samesite="Lax"
    )
