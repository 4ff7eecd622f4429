"""Settings of a Workday connection: what the schema asks for, and what they come to."""

from __future__ import annotations

from datetime import date
from typing import Any

import jsonschema
import pytest

from connectors.adapters.workday import ADAPTER
from connectors.adapters.workday.options import Options, options
from connectors.errors import CannotConnect
from simulators import workday
from tests.connectors.adapters.workday.tenant import noon

_SOAP = workday.settings("https://wd5.example.com/")
_RAAS = workday.report_settings("https://wd5.example.com")


def problems(settings: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(ADAPTER.settings_schema)
    return [error.message for error in validator.iter_errors(settings)]


def test_every_setting_has_a_title_and_a_place_in_the_options() -> None:
    jsonschema.Draft202012Validator.check_schema(ADAPTER.settings_schema)
    properties = ADAPTER.settings_schema["properties"]
    assert all(each["title"] for each in properties.values())
    assert set(properties) == set(Options.__dataclass_fields__)
    for name, each in properties.items():
        if "default" in each and name != "interface":
            usual = getattr(Options(interface="soap", url="", tenant=""), name)
            assert each["default"] == (list(usual) if isinstance(usual, tuple) else usual)


def test_what_the_simulator_is_set_up_with_is_what_the_schema_asks_for() -> None:
    assert problems(_SOAP) == problems(_RAAS) == []
    assert problems({**_RAAS, "sign_in": "oauth"}) == ["'client_id' is a required property"]
    assert problems({**_SOAP, "count": 1000}) == ["1000 is greater than the maximum of 999"]
    assert problems({name: value for name, value in _SOAP.items() if name != "username"})


def test_addresses_come_of_host_and_tenant_unless_they_are_given() -> None:
    soap, raas = options(_SOAP), options(_RAAS)
    assert soap.soap_address == "https://wd5.example.com/ccx/service/northwind/Human_Resources/v43.0"
    assert soap.account == "ISU_LRS_Hub@northwind"
    base = "https://wd5.example.com/ccx"
    assert raas.report_address == f"{base}/service/customreport2/northwind/ISU_LRS_Hub/LRS_Workers"
    assert raas.token_address == f"{base}/oauth2/northwind/token"
    assert options({**_RAAS, "report": "https://x.example/r"}).report_address == "https://x.example/r"


def test_today_is_decided_where_the_tenant_is() -> None:
    evening = noon("2026-03-05").replace(hour=23)
    assert options({**_SOAP, "time_zone": "Europe/Berlin"}).day(evening) == date(2026, 3, 6)
    assert options(_SOAP).day(evening) == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": ""}, "where Workday is"),
        ({"tenant": "a/b"}, "letters, digits"),
        ({"time_zone": "Berlin"}, "no time zone Berlin"),
        ({"username": ""}, "no integration system user"),
        ({"interface": "raas"}, "name no report"),
        ({"colour": "red"}, "colour, which is not known"),
    ],
)
def test_settings_nothing_can_be_done_with_are_told_in_a_sentence(changed: dict[str, str], said: str) -> None:
    with pytest.raises(CannotConnect, match=said):
        options({**_SOAP, **changed})
