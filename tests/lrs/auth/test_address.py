"""Where a request came from."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from lrs.auth.address import address_in, address_of

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.7", PROXY),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        (2, "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", PROXY),
        (1, "", PROXY),
        (1, "198.51.100.7,", PROXY),
        (1, None, PROXY),
    ],
)
def test_it_believes_what_the_proxies_appended(
    settings: Settings, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.HUB_BEHIND_PROXY, settings.HUB_PROXIES = proxies > 0, proxies
    environment = {"REMOTE_ADDR": PROXY} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    assert address_in(environment) == address


@given(st.text())
def test_without_a_proxy_no_header_can_lie(forged: str) -> None:
    assert address_in({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": forged}) == PROXY


def test_the_sign_in_throttle_asks_here(settings: Settings) -> None:
    name = f"{address_of.__module__}.{address_of.__name__}"
    assert name == settings.AXES_CLIENT_IP_CALLABLE
    assert address_of(RequestFactory(REMOTE_ADDR="192.0.2.4").get("/")) == "192.0.2.4"
