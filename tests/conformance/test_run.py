"""What `make conformance` reads from the suite's output."""

import json
from typing import Any

from tests.conformance.run import main, node, result

LOG: dict[str, Any] = {
    "log": {
        "title": "console",
        "status": "failed",
        "tests": [
            {"title": "Statement Resource", "status": "passed", "tests": []},
            {
                "title": "Agents Resource",
                "status": "failed",
                "tests": [{"title": "answers HEAD", "status": "failed", "error": "expected 200\n  got 500"}],
            },
        ],
    }
}


def _output(**summary: object) -> str:
    early, late = json.dumps({"total": 3, "passed": 1, "failed": 0}), json.dumps(summary)
    return f"Starting tests\n{early}\n{late}\nTests completed in 3 seconds\nClosed\n"


def test_it_counts_by_the_last_summary() -> None:
    found = result("1.0.3", _output(total=3, passed=3, failed=0), None)
    assert (found.total, found.passed, found.failed, found.good) == (3, 3, 0, True)


def test_it_names_what_failed_and_why() -> None:
    found = result("2.0.0", _output(total=3, passed=2, failed=1), LOG)
    assert not found.good
    assert found.titles == ("console › Agents Resource › answers HEAD: expected 200 got 500",)


def test_a_suite_that_ended_early_is_no_success() -> None:
    assert not result("1.0.3", _output(total=1365, passed=900, failed=0), None).good
    assert not result("1.0.3", "Error: cannot find module\n", None).good


def test_it_refuses_a_folder_without_the_suite() -> None:
    assert main([""]) == 2
    assert main(["/nowhere"]) == 2


def test_node_is_there_from_the_path_or_the_wheel() -> None:
    assert node().endswith("node")
