"""The version of a request."""

from __future__ import annotations

import pytest

from lrs.errors import BadRequest
from lrs.wire.version import Version, header_value, negotiate


@pytest.mark.parametrize("header", ["1.0", "1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.9", " 1.0.3 "])
def test_it_takes_every_1_0_as_1_0_3(header: str) -> None:
    assert negotiate(header) is Version.V1


@pytest.mark.parametrize("header", ["2.0", "2.0.0", "2.0.1"])
def test_it_takes_every_2_0_as_2_0_0(header: str) -> None:
    assert negotiate(header) is Version.V2


@pytest.mark.parametrize(
    "header",
    ["0.9", "0.95", "1", "1.1", "1.1.0", "1.0.", "1.0.x", "1.0.3.1", "2", "2.1.0", "3.0.0", "BAD", "1.0.³"],
)
def test_it_refuses_a_version_that_is_not_served(header: str) -> None:
    """XAPI-00331."""
    with pytest.raises(BadRequest) as caught:
        negotiate(header)
    assert (caught.value.rule, caught.value.value) == ("version.unknown", header)


@pytest.mark.parametrize("header", [None, "", "  "])
def test_it_refuses_a_request_without_version(header: str | None) -> None:
    with pytest.raises(BadRequest) as caught:
        negotiate(header)
    assert caught.value.rule == "version.missing"


def test_it_answers_with_the_latest_patch_version() -> None:
    """XAPI-00333."""
    assert [header_value(version) for version in Version] == ["1.0.3", "2.0.0"]
