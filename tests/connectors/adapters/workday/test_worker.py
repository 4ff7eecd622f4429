"""A Worker element as a raw record, and what the default mapping makes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from connectors import mapping
from connectors.adapters import WITHHELD, RawRecord
from connectors.adapters.workday import ADAPTER, earlier, sections, worker_xml
from connectors.errors import Refused
from connectors.mapping import document
from connectors.mapping.paths import parse, read
from connectors.sync import mapped
from connectors.workforce.canonical import Job, Location, Record, Unit, Worker
from tests.connectors.adapters.workday.answers import ANN, BOB_LEFT, EVE_RESCINDED, response

_CHAIN = "Worker_Data.Management_Chain_Data.Worker_Supervisory_Management_Chain_Data[0].Management_Chain_Data"
_COMPILED = mapping.compile(ADAPTER.default_mapping)


def raw_of(*workers: str) -> list[dict[str, Any]]:
    return [each.raw for each in worker_xml.workers(response(*workers))]


def canonical(raw: dict[str, Any]) -> list[Record]:
    return list(_COMPILED.apply("worker", raw))


def the_worker(raw: dict[str, Any]) -> Worker:
    [found] = [each for each in canonical(raw) if isinstance(each, Worker)]
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Worker_Reference.ID.WID", "a1"),
        ("Worker_Reference.ID.Employee_ID", "21001"),
        ("Worker_Reference.@Descriptor", "Ann Lee"),
        ("Worker_Data.Personal_Data.Name_Data.Legal_Name_Data.Name_Detail_Data.First_Name", "Ann"),
        ("Worker_Data.Employment_Data.Worker_Status_Data.Active", "1"),
        ("Worker_Data.Employment_Data.Worker_Job_Data[@Primary_Job=1].Position_Data.Position_ID", "P-00123"),
        ("Worker_Data.Employment_Data.Worker_Status_Data.Termination_Date", None),
        (f"{_CHAIN}[-1].Superior_Organization_Reference.ID.Organization_Reference_ID", "CARE"),
    ],
)
def test_a_raw_record_is_found_under_the_names_workday_gives(path: str, value: str | None) -> None:
    [ann] = raw_of(ANN)
    assert read(parse(path), ann, ann) == value


def test_the_default_mapping_has_no_problem_and_takes_everything_of_a_worker() -> None:
    assert document.problems(ADAPTER.default_mapping) == []
    [ann] = raw_of(ANN)
    found = the_worker(ann)
    assert found.key == "a1"
    assert (found.names[0].formatted, found.names[0].preferred) == ("Ann Lee", "Annie")
    assert {(each.type, each.value) for each in found.identifiers} == {
        ("employee_number", "21001"),
        ("user_name", "alee"),
        ("email", "ann.lee@hospital.example"),
    }
    [engaged] = found.relationships
    assert (engaged.worker_type, engaged.hire_kind, engaged.legal_employer) == (
        "employee", "rehire", "Hospital Inc.",
    )  # fmt: skip
    assert (engaged.hire_date, engaged.original_hire_date) == (date(2023, 1, 9), date(2019, 6, 3))
    [assigned] = engaged.assignments
    assert (assigned.status, assigned.title, assigned.job, assigned.unit, assigned.location) == (
        "leave", "Charge Nurse", "RN2", "ICU", "L1",
    )  # fmt: skip
    assert (assigned.manager, assigned.position, assigned.valid_from) == ("b2", "P-00123", date(2024, 2, 1))
    assert assigned.full_time_equivalent == Decimal("0.80")
    assert assigned.regulatory_classes == ("HIPAA", "BLS")


def test_units_jobs_and_sites_are_told_with_the_worker() -> None:
    [ann] = raw_of(ANN)
    told = canonical(ann)
    units = {each.key: (each.name, each.parent, each.kind) for each in told if isinstance(each, Unit)}
    assert units == {
        "CARE": ("Care", "", "department"),
        "ICU": ("Intensive care", "CARE", "department"),
        "COMP-1": ("Hospital Inc.", "", "company"),
    }
    assert [each for each in told if isinstance(each, Job)] == [
        Job(key="RN2", title="Registered Nurse II", family="Nursing")
    ]
    assert [each for each in told if isinstance(each, Location)] == [
        Location(key="L1", name="Boston Campus", country="US", city="Boston")
    ]


def test_what_is_read_as_of_another_day_tells_of_the_worker_only() -> None:
    [ann] = raw_of(ANN)
    told = canonical({**ann, "As_Of_Effective_Date": "2026-06-01"})
    assert [type(each) for each in told] == [Worker]


def test_earlier_times_of_a_position_are_told_with_what_was_so_then() -> None:
    [read_] = worker_xml.workers(response(ANN))
    [before] = worker_xml.workers(
        response(
            ANN.replace("2024-02-01", "2023-06-01")
            .replace(">ICU<", ">ER<")
            .replace('"WID">b2<', '"WID">c3<')
            .replace("<ns1:On_Leave>1<", "<ns1:On_Leave>0<")
        )
    )
    asked = []

    def as_of(day: date) -> worker_xml.Read | None:
        asked.append(day)
        return before if day >= date(2023, 6, 1) else None

    found = earlier.with_earlier(read_, date(2023, 9, 1), as_of)
    assert asked == [date(2024, 1, 31)]
    [engaged] = the_worker(found.raw).relationships
    told = [
        (str(each.valid_from), str(each.valid_to), each.unit, each.manager, each.status)
        for each in engaged.assignments
    ]
    assert told == [
        ("2024-02-01", "None", "ICU", "b2", "leave"),
        ("2023-06-01", "2024-01-31", "ER", "c3", "active"),
    ]
    # Nothing was entered about the time before the position: nobody is asked.
    assert earlier.with_earlier(read_, date(2024, 2, 1), as_of) is read_
    assert not earlier.has_earlier(read_)
    assert len(asked) == 1


def test_a_contingent_worker_who_left_has_an_end_and_no_assignment() -> None:
    [bob] = raw_of(BOB_LEFT)
    found = the_worker(bob)
    [engaged] = found.relationships
    assert (engaged.worker_type, engaged.end_date, engaged.assignments) == (
        "contractor", date(2026, 1, 16), (),
    )  # fmt: skip
    assert [each.value for each in found.identifiers] == ["C77"]


def test_a_hire_that_was_taken_back_is_told_apart() -> None:
    [eve, bob] = worker_xml.workers(response(EVE_RESCINDED, BOB_LEFT))
    assert (eve.wid, eve.taken_back, bob.taken_back) == ("e5", True, False)
    assert "Transaction_Log_Entry_Data" not in eve.raw.get("Worker_Data", {})


def test_a_worker_without_a_wid_is_broken_and_one_with_a_wrong_date_is_refused_where_it_is() -> None:
    [nameless] = worker_xml.workers(response("<ns1:Worker><ns1:Worker_Data/></ns1:Worker>"))
    assert nameless.broken == "Worker 1 of the page has no WID."
    [ann] = raw_of(ANN.replace("2023-01-09", "2023-02-30"))
    with pytest.raises(Refused) as refused:
        canonical(ann)
    assert refused.value.field == "/Worker_Data/Employment_Data/Worker_Status_Data/Hire_Date"
    assert refused.value.rule == "mapping.date"


def test_an_address_used_for_several_things_is_taken_by_the_first() -> None:
    more = (
        '<ns1:Usage_Data ns1:Public="0"><ns1:Type_Data><ns1:Type_Reference><ns1:ID '
        'ns1:type="Communication_Usage_Type_ID">HOME</ns1:ID></ns1:Type_Reference></ns1:Type_Data>'
        "</ns1:Usage_Data></ns1:Email_Address_Data>"
    )
    [ann] = raw_of(ANN.replace("</ns1:Email_Address_Data>", more))
    assert ("email", "ann.lee@hospital.example") in {
        (each.type, each.value) for each in the_worker(ann).identifiers
    }


def without(*names: str) -> str:
    element = response(ANN)
    for name in names:
        for each in element.findall(f".//{{*}}{name}"):
            parent = each.getparent()
            assert parent is not None
            parent.remove(each)
    [worker] = element.iterfind(".//{*}Worker")
    return etree.tostring(worker).decode()


def test_a_section_nobody_shows_is_withheld_and_one_that_somebody_lacks_is_not() -> None:
    lacks_chain = without("Management_Chain_Data")
    [alone] = sections.withheld(raw_of(lacks_chain))
    assert alone == ["Worker_Data.Management_Chain_Data"]
    assert sections.withheld(raw_of(lacks_chain, ANN)) == [[], []]
    # Whoever is at work is in an organization: one who is not shows a missing right, whatever others have.
    [missing, none] = sections.withheld(raw_of(without("Organization_Data"), ANN))
    assert (missing, none) == (["Worker_Data.Organization_Data"], [])


def test_what_is_withheld_is_held_and_not_blank() -> None:
    [ann] = raw_of(without("Organization_Data", "Management_Chain_Data", "Contact_Data"))
    [missing] = sections.withheld([ann])
    made = mapped.of(RawRecord("worker", "a1", {**ann, WITHHELD: missing}), _COMPILED)
    [found] = [each for each in made.records if isinstance(each, Worker)]
    assert set(found.held) == {
        "assignment.manager",
        "assignment.unit",
        "identifiers.email",
        "relationship.legal_employer",
    }
    assert not [each for each in made.records if isinstance(each, Unit)]


def test_without_dates_a_worker_is_left_as_known() -> None:
    [ann] = raw_of(without("Employment_Data"))
    [missing] = sections.withheld([ann])
    made = mapped.of(RawRecord("worker", "a1", {**ann, WITHHELD: missing}), _COMPILED)
    assert (made.refused, [each for each in made.records if isinstance(each, Worker)]) == (None, [])
