"""The schema documents: sound, self-contained, in step with `lrs.wire`, and read alike by both validators."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.validation import explain, schema
from lrs.wire import durations, identifiers, iri, language
from lrs.wire.version import Version

SAMPLES = [
    found
    for path in sorted((Path(__file__).parents[2] / "samples").glob("*.json"))
    if isinstance(found := json.loads(path.read_text()), dict)
]
#: What a mutation puts somewhere: values that are right in one place and wrong in most.
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        1.0,
        0.5,
        1.5,
        -1e308,
        1e308,
        2**63,
        2**64 - 1,
        "",
        "x",
        "en",
        "a\0b",
        "\n",
    ),
    *(
        [],
        {},
        [{}],
        ["x"],
        {"en": "x"},
        {"x": 1},
        "Agent",
        "Group",
        "Activity",
        "StatementRef",
        "SubStatement",
    ),
    *(
        "choice",
        "contextAgent",
        "contextGroup",
        "1.0.0",
        "2.0.0",
        "PT1S",
        "PT1S\n",
        "text/plain",
        "text/plain\n",
    ),
    *(
        "http://example.com",
        "http://example.com\n",
        "http://example.com/ä\u2028",
        "mailto:a@b.c",
        "mailto:a@b.c\n",
    ),
    *("aa97b177-9383-4934-8543-0f91a7a02836", "ab" * 32, "ab" * 20, "2024-02-29T10:30:00Z", "😀", "\ufffe:x"),
    {"mbox": "mailto:ann@example.com"},
    {"objectType": "Group", "member": [{"mbox": "mailto:ann@example.com"}]},
    {"objectType": "Group", "mbox": "mailto:ann@example.com"},
    {"objectType": "StatementRef", "id": "aa97b177-9383-4934-8543-0f91a7a02836"},
    {"id": "http://example.com"},
]
PROPERTIES = sorted({
    name for version in Version for part in schema.document(version)["$defs"].values()
    for name in part.get("properties", ())
} | {"x", "en", "http://example.com/x"})  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) below `value`."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        pairs = here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ()
        for key, inner in pairs:
            found.append((here, key))
            waiting.append(inner)
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A sample with up to three things put in, taken out or moved about."""
    statement = copy.deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 3))):
        all_places = places(statement)
        if not all_places:
            break
        holder, key = draw(st.sampled_from(all_places))
        action = draw(st.sampled_from(["replace", "remove", "add", "move", "text"]))
        if action == "remove":
            del holder[key]
        elif action == "add" and isinstance(holder[key], dict):
            holder[key][draw(st.sampled_from(PROPERTIES))] = copy.deepcopy(draw(st.sampled_from(VALUES)))
        elif action == "move":
            other, name = draw(st.sampled_from(all_places))
            holder[key] = copy.deepcopy(other[name])
        elif action == "text":
            holder[key] = draw(
                st.text(max_size=12) | st.sampled_from(["http://", "mailto:", "P"]).flatmap(_continued)
            )
        else:
            holder[key] = copy.deepcopy(draw(st.sampled_from(VALUES)))
    return statement


def _continued(start: str) -> st.SearchStrategy[str]:
    return st.text(max_size=8).map(lambda rest: start + rest)


@settings(max_examples=600, deadline=None)
@given(mutated() | st.sampled_from(VALUES), st.sampled_from(Version))
def test_both_validators_come_to_the_same_verdict_and_a_refusal_is_explained(
    value: Any, version: Version
) -> None:
    verdict = schema.quick(version, "statement").is_valid(value)
    found = list(explain.faults(value, schema.explaining(version, "statement")))
    assert verdict == (not found)
    assert verdict == schema.quick(version, "statements").is_valid([value])
    for fault in found:
        assert fault.message.endswith((".", ")."))
        assert len(fault.rule.split(".")) == 2


def parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


@pytest.mark.parametrize("version", Version)
def test_a_document_is_a_sound_schema_without_loose_ends(version: Version) -> None:
    document = schema.document(version)
    jsonschema.Draft202012Validator.check_schema(document)
    references = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}
    defined = {f"#/$defs/{name}" for name in document["$defs"]}
    assert references <= defined
    # `actor` and `activity` are also entered from outside.
    assert defined - references <= {"#/$defs/actor", "#/$defs/activity"}


@pytest.mark.parametrize("version", Version)
def test_no_object_of_a_statement_is_open_to_any_property(version: Version) -> None:
    """XAPI-00010."""
    for part in parts(schema.document(version)):
        if part.get("type") == "object" and "properties" in part and "x-rule" in part and "if" not in part:
            assert part["additionalProperties"] is False


@pytest.mark.parametrize("version", Version)
def test_the_patterns_are_those_of_the_wire(version: Version) -> None:
    patterns = {
        name: part["pattern"] for name, part in schema.document(version)["$defs"].items() if "pattern" in part
    }
    assert {
        "iri": iri.PATTERN,
        "uuid": identifiers.UUID_PATTERN,
        "mbox": identifiers.MBOX_PATTERN,
        "mbox_sha1sum": identifiers.SHA1_PATTERN,
        "language_tag": language.PATTERN,
        "duration": durations.PATTERN,
    }.items() <= patterns.items()


def test_version_2_adds_to_version_1_and_takes_nothing_away() -> None:
    first, second = (schema.document(version)["$defs"] for version in Version)
    assert second.keys() - first.keys() == {"context_agent", "context_group"}
    assert {name for name in first if first[name] != second[name]} == {"context", "statement"}
