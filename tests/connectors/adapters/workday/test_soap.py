"""Get_Workers on the wire: what is sent, what is answered, and what a refusal means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
import zeep
from lxml import etree
from zeep.wsse.username import UsernameToken

from connectors.adapters.workday import faults, soap
from connectors.adapters.workday.options import options
from connectors.adapters.workday.soap import Service
from connectors.errors import CannotConnect, NotAuthorized, SourceChanged, Throttled
from simulators import workday
from simulators.workday import Workday
from tests.connectors.adapters.workday.tenant import noon

_XSD = "{http://www.w3.org/2001/XMLSchema}schema"
_ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"


def service(server: Workday, password: str = workday.PASSWORD, **settings: Any) -> Service:
    return Service(options({**workday.settings(server.url), **settings}), password)


def asked(page: int = 1, count: int = 10, **criteria: Any) -> dict[str, Any]:
    """Return a request for everybody, or for what `criteria` say of the transaction log."""
    log = [{"Transaction_Date_Range_Data": criteria}] if criteria else []
    return {
        "Request_Criteria": {"Transaction_Log_Criteria_Data": log, "Exclude_Inactive_Workers": False},
        "Response_Filter": {"As_Of_Effective_Date": date(2026, 3, 5), "Page": page, "Count": count},
        "Response_Group": {"Include_Reference": True, "Include_Transaction_Log_Data": bool(criteria)},
    }


def body(message: bytes) -> etree._Element:
    found = etree.fromstring(message).find(f"{_ENVELOPE}Body")
    assert found is not None
    return found[0]


def test_requests_and_answers_are_as_the_service_description_says(meridian: Workday) -> None:
    [described] = etree.parse(str(soap.DESCRIPTION)).getroot().iterfind(f".//{_XSD}")
    schema = etree.XMLSchema(described)
    since: dict[str, Any] = {
        "Updated_From": datetime(2026, 3, 1, tzinfo=UTC),
        "Updated_Through": meridian.now(),
    }
    with service(meridian) as workers:
        for each in (asked(), asked(**since)):
            answer = workers.get_workers(each)
            assert answer.findall(".//{*}Worker")
            schema.assertValid(answer)
            schema.assertValid(body(meridian.log[-1].request.body))


def test_another_client_of_the_same_description_reads_the_workers(meridian: Workday) -> None:
    client = zeep.Client(  # type: ignore[no-untyped-call]  # zeep has no types
        str(soap.DESCRIPTION),
        wsse=UsernameToken(f"{workday.USER}@{workday.TENANT}", workday.PASSWORD),  # type: ignore[no-untyped-call]  # as above
    )
    bound = client.create_service(  # type: ignore[no-untyped-call]  # as above
        "{urn:com.workday/bsvc/Human_Resources}Human_ResourcesBinding",
        options(workday.settings(meridian.url)).soap_address,
    )
    answer = bound.Get_Workers(**asked())
    assert int(answer.Response_Results.Total_Results) == 4
    names = {each.Worker_Descriptor for each in answer.Response_Data.Worker}
    assert names == {"Ann Lee", "Bob Lee", "Dee Lee", "Fay Lee"}


def test_the_password_goes_into_the_envelope_and_nowhere_else(meridian: Workday) -> None:
    with service(meridian) as workers:
        workers.get_workers(asked())
    [logged] = meridian.log
    envelope = etree.fromstring(logged.request.body)
    assert envelope.findtext(".//{*}UsernameToken/{*}Username") == "ISU_LRS_Hub@northwind"
    assert envelope.findtext(".//{*}UsernameToken/{*}Password") == workday.PASSWORD
    assert workday.PASSWORD not in f"{logged.request.target} {dict(logged.request.headers)}"


def test_rows_move_while_people_type_unless_the_entry_moment_is_held(
    meridian: Workday, clock: list[datetime]
) -> None:
    held = asked()
    held["Response_Filter"]["As_Of_Entry_DateTime"] = noon("2026-01-01")
    totals = []
    with service(meridian) as workers:
        for clock[0] in (noon("2026-01-01"), noon("2026-03-05")):
            answers = [workers.get_workers(each) for each in (asked(), held)]
            totals.append([each.findtext(".//{*}Total_Results") for each in answers])
    # The system is filled on 2 January.
    assert totals == [["0", "0"], ["4", "0"]]


def test_a_wrong_password_is_refused_at_the_first_try_and_not_told(meridian: Workday) -> None:
    with service(meridian, "S3cret-but-wrong") as workers, pytest.raises(NotAuthorized) as refused:
        workers.get_workers(asked())
    assert "invalid username or password" in refused.value.reason
    assert "S3cret" not in f"{refused.value.reason} {refused.value.suggestion} {refused.value!r}"
    assert len(meridian.log) == 1


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (asked(page=0), "Page must be 1 or greater (/wd:Get_Workers_Request/Response_Filter/Page)"),
        (asked(count=1000), "Count must be between 1 and 999"),
        (asked(Updated_From=datetime(2026, 3, 1, tzinfo=UTC)), "must be given together"),
        (asked(Effective_Through=datetime(2026, 3, 1, tzinfo=UTC)), "must be given together"),
    ],
)
def test_what_workday_does_not_accept_is_told_with_its_place(
    meridian: Workday, request_: Mapping[str, Any], said: str
) -> None:
    with service(meridian) as workers, pytest.raises(SourceChanged) as refused:
        workers.get_workers(request_)
    assert said in refused.value.reason


def test_an_answer_that_is_cut_off_is_worth_another_try(meridian: Workday) -> None:
    meridian.faults.malform()
    with service(meridian) as workers:
        with pytest.raises(CannotConnect, match="no XML, or ends too early"):
            workers.get_workers(asked())
        assert workers.get_workers(asked()).findall(".//{*}Worker")


def test_a_long_pause_is_left_to_the_engine(meridian: Workday) -> None:
    meridian.faults.throttle(retry_after=900)
    with service(meridian) as workers, pytest.raises(Throttled) as paused:
        workers.get_workers(asked())
    assert paused.value.retry_after == 900


def test_a_short_pause_is_made_here(meridian: Workday) -> None:
    meridian.faults.throttle(retry_after=0)
    with service(meridian) as workers:
        assert workers.get_workers(asked()).findall(".//{*}Worker")
    assert [each.status for each in meridian.log] == [429, 200]


def test_a_server_in_trouble_without_a_fault_cannot_be_connected_to(meridian: Workday) -> None:
    meridian.faults.fail()
    with service(meridian) as workers, pytest.raises(CannotConnect, match="in trouble"):
        workers.get_workers(asked())


@pytest.mark.parametrize(
    ("code", "said", "error"),
    [
        ("Server.processingFault", "An internal error occurred", CannotConnect),
        ("Client.validationError", "Invalid ID value", SourceChanged),
        ("Client.authenticationError", "", NotAuthorized),
        ("Server", "The task submitted is not authorized.", NotAuthorized),
    ],
)
def test_each_kind_of_fault_has_its_meaning(code: str, said: str, error: type[Exception]) -> None:
    fault = etree.fromstring(
        f"<Fault><faultcode>SOAP-ENV:{code}</faultcode><faultstring>{said}</faultstring></Fault>"
    )
    assert type(faults.meaning(fault, "workday.example")) is error


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    ],
)
def test_an_answer_with_a_document_type_is_not_read(document: str) -> None:
    with pytest.raises((SourceChanged, CannotConnect)):
        soap.parsed(document.encode(), "workday.example")


def test_a_private_address_must_be_allowed(meridian: Workday) -> None:
    from connectors.errors import Forbidden

    with service(meridian, allow_private=False) as workers, pytest.raises(Forbidden):
        workers.get_workers(asked())
    assert meridian.log == []
