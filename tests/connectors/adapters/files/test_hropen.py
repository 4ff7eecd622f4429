"""HR Open JSON and HR-XML documents, from the file to canonical records by their default mappings."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors import mapping
from connectors.adapters import hropen, hrxml
from connectors.workforce.canonical import Ended, Unit, Worker
from tests.connectors.adapters.files.incoming import Incoming

ANN: dict[str, Any] = {
    "RefId": "u",
    "workerId": {"value": "0021001", "schemeId": "hr"},
    "name": {"formattedName": "Ann Lee", "given": "Ann", "family": "Lee"},
    "communication": {"email": [{"address": "Ann.Lee@meridian.example"}]},
    "employment": {
        "hireDate": "2020-08-29",
        "status": "Leave",
        "workerType": "Contractor",
        "position": {
            "title": "Nurse",
            "organization": {"id": {"value": "ICU"}, "name": "Intensive care"},
            "location": {"id": {"value": "OSLO"}, "address": {"countryCode": "no"}},
            "jobCategories": [{"code": "RN2", "name": "Registered nurse"}],
            "manager": {"workerId": {"value": "0000007"}},
        },
    },
}


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_hr_open_worker_becomes_canonical(tmp_path: Path, wrapped: bool) -> None:
    incoming = Incoming(tmp_path, hropen.ADAPTER)
    content = {"workers": [{"worker": ANN} if wrapped else ANN]}
    incoming.announce("workers.json", json.dumps(content).encode(), 1)
    [record] = incoming.run()
    assert record.key == "0021001"
    *others, told = mapping.compile(hropen.ADAPTER.default_mapping).apply(record.kind, record.raw)
    assert isinstance(told, Worker)
    assert told.names[0].formatted == "Ann Lee"
    assert {each.value for each in told.identifiers} == {"0021001", "ann.lee@meridian.example"}
    [engaged] = told.relationships
    assert (engaged.worker_type, engaged.hire_date) == ("contractor", date(2020, 8, 29))
    [assigned] = engaged.assignments
    assert (assigned.status, assigned.unit, assigned.job, assigned.location, assigned.manager) == (
        "leave",
        "ICU",
        "RN2",
        "OSLO",
        "0000007",
    )
    assert Unit(key="ICU", name="Intensive care") in others


DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<SyncIndicativeData xmlns="http://www.hr-xml.org/3" xmlns:oa="http://www.openapplications.org/oagis/9"
    releaseID="3.0">
  <oa:ApplicationArea><oa:CreationDateTime>2026-01-19T02:00:00Z</oa:CreationDateTime></oa:ApplicationArea>
  <DataArea>
    <oa:Sync><oa:ActionCriteria><oa:ActionExpression actionCode="{action}"/></oa:ActionCriteria></oa:Sync>
    <IndicativeData>
      <IndicativePersonDossier>
        <IndicativePerson>
          <PersonID schemeID="p">P-1</PersonID>
          <PersonName><FormattedName>Zoë Müller</FormattedName><oa:GivenName>Zoë</oa:GivenName>
            <FamilyName>Müller</FamilyName></PersonName>
          <Communication><ChannelCode>Telephone</ChannelCode></Communication>
          <Communication><ChannelCode>Email</ChannelCode><oa:URI>Zoe@meridian.example</oa:URI></Communication>
        </IndicativePerson>
        <IndicativeEmployee><EmployeeID schemeID="hr">0021002</EmployeeID></IndicativeEmployee>
        <IndicativeEmployment><EmploymentLifecycle>
          <Hire><HireDate>2021-04-01</HireDate><OriginalHireDate>2015-01-01</OriginalHireDate>
            <HireTypeCode>Rehire</HireTypeCode></Hire>
          {ended}
        </EmploymentLifecycle></IndicativeEmployment>
        <IndicativeDeployment validFrom="2024-05-01">
          <ResourceRelationshipCode>Employee</ResourceRelationshipCode>
          <DeploymentOrganization>
            <OrganizationIdentifiers><OrganizationID>MERIDIAN</OrganizationID></OrganizationIdentifiers>
            <OrganizationIdentifiers><OrganizationID>ICU</OrganizationID>
              <OrganizationName>Intensive care</OrganizationName></OrganizationIdentifiers>
          </DeploymentOrganization>
          <WorkLocation><LocationID>OSLO</LocationID></WorkLocation>
          <Job><JobID>RN2</JobID><JobTitle>Nurse</JobTitle></Job>
          <FullTimeEquivalentRatio>0.8</FullTimeEquivalentRatio>
          <WageHourLawCoverageCode>Non-Exempt</WageHourLawCoverageCode>
        </IndicativeDeployment>
      </IndicativePersonDossier>
    </IndicativeData>
  </DataArea>
</SyncIndicativeData>"""


@pytest.mark.parametrize("action", ["Add", "Change", "Replace"])
def test_an_hr_xml_worker_becomes_canonical(tmp_path: Path, action: str) -> None:
    incoming = Incoming(tmp_path, hrxml.ADAPTER)
    incoming.announce("sync.xml", DOCUMENT.format(action=action, ended="").encode(), 1)
    [record] = incoming.run()
    assert (record.kind, record.key) == ("worker", "0021002")
    unit, job, location, told = mapping.compile(hrxml.ADAPTER.default_mapping).apply("worker", record.raw)
    assert unit == Unit(key="ICU", name="Intensive care", parent="MERIDIAN")
    assert (job.key, location.key) == ("RN2", "OSLO")
    assert isinstance(told, Worker)
    assert (told.names[0].formatted, told.names[0].given) == ("Zoë Müller", "Zoë")
    assert {each.value for each in told.identifiers} == {"0021002", "zoe@meridian.example"}
    [engaged] = told.relationships
    assert (engaged.hire_kind, engaged.original_hire_date) == ("rehire", date(2015, 1, 1))
    [assigned] = engaged.assignments
    assert assigned.valid_from == date(2024, 5, 1)
    assert assigned.full_time_equivalent == Decimal("0.80")
    assert (assigned.status, assigned.unit, assigned.regulatory_classes) == ("active", "ICU", ("Non-Exempt",))


def test_a_deleting_action_ends_the_worker(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path, hrxml.ADAPTER)
    ended = "<Termination><TerminationDate>2026-01-18</TerminationDate></Termination>"
    incoming.announce("sync.xml", DOCUMENT.format(action="Delete", ended=ended).encode(), 1, full=False)
    [record] = incoming.run(full=False)
    assert mapping.compile(hrxml.ADAPTER.default_mapping).apply(record.kind, record.raw) == [
        Ended(key="0021002", at=date(2026, 1, 18))
    ]
