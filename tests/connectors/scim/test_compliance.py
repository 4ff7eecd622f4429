"""The compliance tester of the SCIM libraries finds no error in the live hub."""

from __future__ import annotations

from collections import Counter

import pytest
from scim2_tester import Status, check_server

from connectors.scim import tokens
from tests.connectors.scim.idp import connection
from tests.connectors.scim.peer import Peer
from tests.live import LiveHub


@pytest.mark.live
def test_the_compliance_tester_finds_no_error(live_hub: LiveHub, database: None) -> None:
    client = Peer(f"{live_hub.origin}/scim/v2", tokens.issue(connection("Tester")))
    results = check_server(client)
    wrong = [
        f"{each.title} ({each.resource_type}): {each.reason}"
        for each in results
        if each.status not in (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE)
    ]
    assert wrong == []
    assert Counter(each.status for each in results)[Status.SUCCESS] > 150
