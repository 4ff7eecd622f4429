"""Statements: the samples pass, and each broken rule is refused once, at its place, under its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lrs.errors import BadRequest, Rejection, StatementsRejected
from lrs.validation.statements import MOST_REJECTIONS, check_activity, check_agent, check_batch
from lrs.wire.version import Version

Sample = Callable[..., dict[str, Any]]

FOLDER = Path(__file__).parents[2] / "samples"
SAMPLES = sorted(path.stem for path in FOLDER.glob("*.json"))
IRI = "https://w3id.org/xapi/x"
ANN = {"mbox": "mailto:ann@example.com"}
BOB = {"mbox": "mailto:bob@example.com"}
GROUP = {"objectType": "Group", "member": [ANN, BOB]}
TWO_IDENTIFIERS = {**ANN, "openid": "https://ann.example"}
LANGUAGE = {"en": "x"}
ATTACHMENT = {
    "usageType": IRI,
    "display": LANGUAGE,
    "contentType": "text/plain",
    "length": 3,
    "sha2": "ab" * 32,
}


def rejections(
    statements: list[Any], version: Version = Version.V1, *, single: bool = True
) -> list[Rejection]:
    with pytest.raises(StatementsRejected) as caught:
        check_batch(statements, version, single=single)
    return list(caught.value.rejections)


@pytest.mark.parametrize("name", SAMPLES)
def test_it_takes_every_sample(name: str) -> None:
    found = json.loads((FOLDER / f"{name}.json").read_text())
    statements = found if isinstance(found, list) else [found]
    check_batch(statements, Version.V2)
    if not name.endswith("_v2"):
        check_batch(statements, Version.V1)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("completed_course", {"/verb/display": {}}),
        ("completed_course", {"/context": {}, "/result": {}}),
        ("completed_course", {"/object/definition": {}}),
        ("completed_course", {"/object/definition/extensions": {IRI: None, "urn:x:y": {"a": None}}}),
        ("completed_course", {"/result/response": "a\0b", "/actor/name": "a\0b"}),
        ("completed_course", {"/result/score": {"min": -1, "raw": -1, "max": 0, "scaled": -1}}),
        ("completed_course", {"/result/score": {"raw": 1e308}}),
        ("completed_course", {"/version": "1.0"}),
        ("completed_course", {"/version": "1.0.9"}),
        ("completed_course", {"/authority": {"objectType": "Group", "member": [ANN, BOB]}}),
        ("completed_course", {"/id": "AA97B177-9383-4934-8543-0F91A7A02836"}),
        ("completed_course", {"/attachments": []}),
        ("completed_course", {"/attachments": [ATTACHMENT, ATTACHMENT]}),
        ("completed_course", {"/attachments": [{**ATTACHMENT, "sha2": "ab" * 64}]}),
        ("completed_course", {"/actor": {"objectType": "Group", **ANN}}),
        ("completed_course", {"/context/contextActivities/parent": []}),
        ("completed_course", {"/timestamp": "2999-01-01T00:00:00Z"}),
        ("answered_choice", {"/object/definition/correctResponsesPattern": []}),
        ("answered_choice", {"/object/definition/choices": []}),
    ],
)
def test_it_takes(sample: Sample, name: str, changes: dict[str, Any]) -> None:
    for version in Version:
        check_batch([sample(name, changes)], version, single=True)


#: sample, pointer, value, rule, pointer of the rejection where it is another.
BROKEN: list[tuple[str, str, Any, str, str | None]] = [
    # Data 2.2: the wrong type, null, a wrong case, an unknown property.
    ("completed_course", "/speed", 9, "statement.unknown-property", None),
    ("completed_course", "/Actor", ANN, "statement.unknown-property", None),
    ("completed_course", "/result/score/Scaled", 1, "score.unknown-property", None),
    ("completed_course", "/context/a~1b", 1, "context.unknown-property", None),
    ("completed_course", "/verb/display", None, "value.null", None),
    ("completed_course", "/result", None, "value.null", None),
    ("completed_course", "/object/definition/name/en", None, "value.null", None),
    ("completed_course", "/actor", "Ann", "actor.type", None),
    ("completed_course", "/verb", [], "verb.type", None),
    ("completed_course", "/object", "x", "object.type", None),
    # Data 2.4.1 and 4.4: identifiers.
    ("completed_course", "/id", 42, "uuid.type", None),
    ("completed_course", "/id", "", "uuid.form", None),
    ("completed_course", "/id", "AA97B177-9383-4934-8543-0F91A7A028368", "uuid.form", None),
    ("completed_course", "/id", "aa97b177-9383-4934-8543-0f91a7a02836\n", "uuid.form", None),
    ("completed_course", "/context/registration", "x", "uuid.form", None),
    ("voided", "/object/id", "x", "uuid.form", None),
    # Data 2.4.2: actors.
    ("completed_course", "/actor/objectType", "agent", "agent-object-type.value", None),
    ("completed_course", "/actor/objectType", "Activity", "agent-object-type.value", None),
    ("completed_course", "/actor/name", 1, "name.type", None),
    ("completed_course", "/actor", {"name": "Ann"}, "actor.one-identifier", None),
    ("completed_course", "/actor", {}, "actor.one-identifier", None),
    ("completed_course", "/actor", TWO_IDENTIFIERS, "actor.one-identifier", None),
    ("completed_course", "/actor/member", [ANN], "agent.unknown-property", None),
    ("completed_course", "/actor", {"mbox": "ann@example.com"}, "mbox.form", "/actor/mbox"),
    ("completed_course", "/actor", {"mbox": ""}, "mbox.form", "/actor/mbox"),
    ("completed_course", "/actor", {"mbox_sha1sum": "x"}, "mbox-sha1sum.form", "/actor/mbox_sha1sum"),
    ("completed_course", "/actor", {"openid": "ann"}, "iri.form", "/actor/openid"),
    ("completed_course", "/actor/account", "x", "account.type", None),
    ("completed_course", "/actor/account/homePage", "moodle", "iri.form", None),
    ("completed_course", "/actor/account/name", "a\0b", "account-name.form", None),
    ("completed_course", "/actor/account/name", 1, "account-name.type", None),
    ("completed_course", "/actor/account/id", 1, "account.unknown-property", None),
    ("group_attended", "/actor/member", [], "group.member-missing", None),
    ("group_attended", "/actor/member", {}, "member.type", None),
    (
        "group_attended",
        "/actor/member/1",
        {"objectType": "Group", **ANN},
        "agent-object-type.value",
        "/actor/member/1/objectType",
    ),
    ("group_attended", "/actor/member/2", TWO_IDENTIFIERS, "actor.one-identifier", None),
    (
        "group_attended",
        "/actor/member/0/mbox",
        "mailto:ann@example.com",
        "actor.one-identifier",
        "/actor/member/0",
    ),
    ("group_attended", "/context/team/openid", IRI, "actor.one-identifier", "/context/team"),
    ("group_attended", "/context/team", ANN, "group.missing-property", None),
    ("group_attended", "/context/team/objectType", "Agent", "group-object-type.value", None),
    ("group_attended", "/context/instructor", "Bob", "actor.type", None),
    # Data 2.4.3: verbs.
    ("completed_course", "/verb/id", "completed", "iri.form", None),
    ("completed_course", "/verb/id", "http://example.com/a\0b", "iri.form", None),
    ("completed_course", "/verb/display", "completed", "language-map.type", None),
    ("completed_course", "/verb/display/a12345678", "x", "language-tag.form", None),
    ("completed_course", "/verb/display/en", 1, "language-map-value.type", None),
    # Data 2.4.4: objects.
    ("completed_course", "/object/objectType", "activity", "object-type.value", None),
    ("completed_course", "/object/id", "example.com/1", "iri.form", None),
    ("completed_course", "/object", ANN, "object.object-type-missing", None),
    ("completed_course", "/object/definition", "x", "definition.type", None),
    ("completed_course", "/object/definition/type", "course", "iri.form", None),
    ("completed_course", "/object/definition/moreInfo", "page", "iri.form", None),
    (
        "completed_course",
        "/object/definition/extensions",
        {"x": 1},
        "iri.form",
        "/object/definition/extensions/x",
    ),
    ("completed_course", "/object/definition/extensions", "x", "extensions.type", None),
    ("completed_course", "/object/definition/name/en_GB", "x", "language-tag.form", None),
    ("completed_course", "/object/definition/title", LANGUAGE, "definition.unknown-property", None),
    (
        "completed_course",
        "/object/definition/scale",
        [],
        "definition.interaction-type-missing",
        "/object/definition",
    ),
    ("answered_choice", "/object/definition/interactionType", "Choice", "interaction-type.value", None),
    (
        "answered_choice",
        "/object/definition/correctResponsesPattern",
        "a",
        "correct-responses-pattern.type",
        None,
    ),
    (
        "answered_choice",
        "/object/definition/correctResponsesPattern/0",
        1,
        "correct-responses-pattern.type",
        None,
    ),
    ("answered_choice", "/object/definition/choices/0", "x", "interaction-component.type", None),
    ("answered_choice", "/object/definition/choices/0", {}, "interaction-component.missing-property", None),
    ("answered_choice", "/object/definition/choices/0/id", "a\0", "interaction-component-id.form", None),
    ("answered_choice", "/object/definition/choices/1/id", "brakes", "interaction.component-id", None),
    ("answered_choice", "/object/definition/scale", [], "interaction.component-list", None),
    (
        "answered_choice",
        "/object/definition/interactionType",
        "numeric",
        "interaction.component-list",
        "/object/definition/choices",
    ),
    ("rated_likert", "/object/definition/scale/1/id", "poor", "interaction.component-id", None),
    ("performed_steps", "/object/definition/choices", [], "interaction.component-list", None),
    ("voided", "/object", {"objectType": "Activity", "id": IRI}, "voiding.object", "/object/objectType"),
    ("voided", "/object/definition", {}, "statement-ref.unknown-property", None),
    # Data 2.4.4.3: sub-statements.
    (
        "planned_sub_statement",
        "/object/id",
        "aa97b177-9383-4934-8543-0f91a7a02836",
        "sub-statement.unknown-property",
        None,
    ),
    (
        "planned_sub_statement",
        "/object/stored",
        "2024-02-29T10:30:00Z",
        "sub-statement.unknown-property",
        None,
    ),
    ("planned_sub_statement", "/object/version", "1.0.0", "sub-statement.unknown-property", None),
    ("planned_sub_statement", "/object/authority", ANN, "sub-statement.unknown-property", None),
    (
        "planned_sub_statement",
        "/object/object/objectType",
        "SubStatement",
        "sub-statement-object-type.value",
        None,
    ),
    ("planned_sub_statement", "/object/verb/id", "x", "iri.form", None),
    ("planned_sub_statement", "/object/timestamp", "soon", "timestamp.form", None),
    (
        "planned_sub_statement",
        "/object/result",
        {"score": {"min": 2, "max": 1}},
        "score.min-max",
        "/object/result/score/min",
    ),
    (
        "planned_sub_statement",
        "/object/object",
        {"objectType": "Agent", **ANN},
        "context.platform",
        "/object/context/platform",
    ),
    # Data 2.4.5: results.
    ("completed_course", "/result/score", 1, "score.type", None),
    ("completed_course", "/result/score/scaled", 1.01, "score-scaled.range", None),
    ("completed_course", "/result/score/scaled", -1.01, "score-scaled.range", None),
    ("completed_course", "/result/score/scaled", "1", "score-scaled.type", None),
    ("completed_course", "/result/score/scaled", True, "score-scaled.type", None),
    ("completed_course", "/result/score/raw", -1, "score.raw", None),
    ("completed_course", "/result/score/raw", 51, "score.raw", None),
    ("completed_course", "/result/score/max", 0, "score.min-max", "/result/score/min"),
    ("completed_course", "/result/success", "true", "success.type", None),
    ("completed_course", "/result/completion", 1, "completion.type", None),
    ("completed_course", "/result/response", 1, "response.type", None),
    ("completed_course", "/result/duration", "P4W1D", "duration.form", None),
    ("completed_course", "/result/duration", 60, "duration.type", None),
    ("completed_course", "/result/extensions", [], "extensions.type", None),
    # Data 2.4.6: contexts.
    ("mentored_person", "/context/revision", "1", "context.revision", None),
    ("mentored_person", "/context/platform", "Moodle", "context.platform", None),
    ("commented_on_statement", "/context/platform", "Moodle", "context.platform", None),
    ("completed_course", "/context/revision", 1, "revision.type", None),
    ("completed_course", "/context/language", "de_DE", "language-tag.form", None),
    ("completed_course", "/context/language", "", "language-tag.form", None),
    (
        "completed_course",
        "/context/statement",
        {"id": "aa97b177-9383-4934-8543-0f91a7a02836"},
        "statement-ref.missing-property",
        None,
    ),
    ("completed_course", "/context/contextActivities", "x", "context-activities.type", None),
    (
        "completed_course",
        "/context/contextActivities/parents",
        [],
        "context-activities.unknown-property",
        None,
    ),
    ("completed_course", "/context/contextActivities/parent", "x", "context-activities.type", None),
    (
        "completed_course",
        "/context/contextActivities/parent",
        {"id": "x"},
        "iri.form",
        "/context/contextActivities/parent/id",
    ),
    ("completed_course", "/context/contextActivities/category/0/id", "x", "iri.form", None),
    (
        "completed_course",
        "/context/contextActivities/category/0",
        {"objectType": "Agent", "id": IRI},
        "activity-object-type.value",
        "/context/contextActivities/category/0/objectType",
    ),
    (
        "completed_course",
        "/context/contextActivities/category/0/definition",
        {"interactionType": "other", "steps": []},
        "interaction.component-list",
        "/context/contextActivities/category/0/definition/steps",
    ),
    (
        "completed_course",
        "/context/contextActivities/other",
        {"id": IRI, "definition": {"interactionType": "other", "steps": []}},
        "interaction.component-list",
        "/context/contextActivities/other/definition/steps",
    ),
    # Data 2.4.7 to 2.4.10.
    ("completed_course", "/timestamp", 1709202600, "timestamp.type", None),
    ("completed_course", "/timestamp", "2024-02-30T00:00:00Z", "timestamp.form", None),
    ("completed_course", "/timestamp", "2008-09-15T15:53:00.601-00:00", "timestamp.form", None),
    ("completed_course", "/stored", "now", "timestamp.form", None),
    ("completed_course", "/authority", {}, "actor.one-identifier", None),
    (
        "completed_course",
        "/authority",
        {**GROUP, "member": [ANN]},
        "authority.member-count",
        "/authority/member",
    ),
    (
        "completed_course",
        "/authority",
        {**GROUP, "member": [ANN, BOB, ANN]},
        "authority.member-count",
        "/authority/member",
    ),
    ("completed_course", "/authority", {**GROUP, **ANN}, "authority.identified-group", None),
    ("completed_course", "/authority", {"objectType": "Group"}, "group.member-missing", None),
    ("completed_course", "/version", "0.9.9", "version.form", None),
    ("completed_course", "/version", "1.1.0", "version.form", None),
    ("completed_course", "/version", 1, "version.type", None),
    # Data 2.4.11: attachments.
    ("earned_certificate", "/attachments", {}, "attachments.type", None),
    ("earned_certificate", "/attachments/0", "x", "attachment.type", None),
    ("earned_certificate", "/attachments/0/usageType", "x", "iri.form", None),
    ("earned_certificate", "/attachments/0/display", "x", "language-map.type", None),
    ("earned_certificate", "/attachments/0/contentType", "pdf", "media-type.form", None),
    ("earned_certificate", "/attachments/0/length", "3", "attachment-length.type", None),
    ("earned_certificate", "/attachments/0/length", 1.5, "attachment-length.type", None),
    ("earned_certificate", "/attachments/0/length", -1, "attachment-length.range", None),
    ("earned_certificate", "/attachments/0/sha2", "x" * 64, "sha2.form", None),
    ("earned_certificate", "/attachments/0/sha2", 1, "sha2.type", None),
    ("earned_certificate", "/attachments/0/fileUrl", "x", "iri.form", None),
    ("earned_certificate", "/attachments/0/name", "x", "attachment.unknown-property", None),
    (
        "completed_course",
        "/attachments",
        [ATTACHMENT, {**ATTACHMENT, "length": 4}],
        "attachment.duplicate",
        "/attachments/1/length",
    ),
]
MISSING = [
    ("completed_course", "/actor", "statement.missing-property"),
    ("completed_course", "/verb", "statement.missing-property"),
    ("completed_course", "/object", "statement.missing-property"),
    ("completed_course", "/verb/id", "verb.missing-property"),
    ("completed_course", "/object/id", "activity.missing-property"),
    ("completed_course", "/actor/account", "actor.one-identifier"),
    ("completed_course", "/actor/account/name", "account.missing-property"),
    ("completed_course", "/actor/account/homePage", "account.missing-property"),
    ("group_attended", "/actor/member", "group.member-missing"),
    ("planned_sub_statement", "/object/actor", "sub-statement.missing-property"),
    ("planned_sub_statement", "/object/verb", "sub-statement.missing-property"),
    ("planned_sub_statement", "/object/object", "sub-statement.missing-property"),
    ("planned_sub_statement", "/object/objectType", "object.object-type-missing"),
    ("mentored_person", "/object/objectType", "object.object-type-missing"),
    ("voided", "/object/id", "statement-ref.missing-property"),
    ("answered_choice", "/object/definition/interactionType", "definition.interaction-type-missing"),
    *[
        ("earned_certificate", f"/attachments/0/{name}", "attachment.missing-property")
        for name in ("usageType", "display", "contentType", "length", "sha2")
    ],
]

BROKEN_IN_V2: list[tuple[str, Any, str, str | None]] = [
    ("/context/contextAgents", {}, "context-agents.type", None),
    ("/context/contextAgents/0", ANN, "context-agent.missing-property", None),
    ("/context/contextAgents/0/objectType", "contextGroup", "context-agent-object-type.value", None),
    ("/context/contextAgents/0/agent", {}, "actor.one-identifier", None),
    (
        "/context/contextAgents/0/agent",
        GROUP,
        "agent-object-type.value",
        "/context/contextAgents/0/agent/objectType",
    ),
    ("/context/contextAgents/0/relevantTypes", [], "relevant-types.count", None),
    ("/context/contextAgents/0/relevantTypes/0", "x", "iri.form", None),
    ("/context/contextAgents/0/relevantTypes", "x", "relevant-types.type", None),
    ("/context/contextGroups", "x", "context-groups.type", None),
    ("/context/contextGroups/0/objectType", "Group", "context-group-object-type.value", None),
    ("/context/contextGroups/0/group", ANN, "group.missing-property", None),
    ("/context/contextGroups/0/relevantTypes", [], "relevant-types.count", None),
    ("/context/contextGroups/0/agent", ANN, "context-group.unknown-property", None),
    ("/version", "2.1.0", "version.form", None),
]


@pytest.mark.parametrize(
    ("name", "pointer", "value", "rule", "place"), BROKEN, ids=[f"{row[3]}-{row[1]}" for row in BROKEN]
)
def test_it_refuses_a_broken_rule_once_and_at_its_place(
    sample: Sample, name: str, pointer: str, value: Any, rule: str, place: str | None
) -> None:
    statement = sample(name, {pointer: value})
    for version in Version:
        found = [(one.rule, one.pointer) for one in rejections([statement], version)]
        assert found == [(rule, place or pointer)]


@pytest.mark.parametrize(("name", "pointer", "rule"), MISSING)
def test_it_refuses_what_lacks_a_property(sample: Sample, name: str, pointer: str, rule: str) -> None:
    (found,) = rejections([sample(name, without=pointer)])
    assert (found.rule, found.pointer) == (rule, pointer.rsplit("/", 1)[0])


@pytest.mark.parametrize(("pointer", "value", "rule", "place"), BROKEN_IN_V2)
def test_it_refuses_broken_rules_of_version_2(
    sample: Sample, pointer: str, value: Any, rule: str, place: str | None
) -> None:
    found = rejections([sample("virtual_classroom_v2", {pointer: value})], Version.V2)
    assert (rule, place or pointer) in [(one.rule, one.pointer) for one in found]


def test_version_1_has_no_context_agents_and_no_version_2(sample: Sample) -> None:
    found = {(one.rule, one.pointer) for one in rejections([sample("virtual_classroom_v2")])}
    assert found == {
        ("context.unknown-property", "/context/contextAgents"),
        ("context.unknown-property", "/context/contextGroups"),
        ("version.form", "/version"),
    }


def test_it_lists_every_fault_of_a_statement(sample: Sample) -> None:
    statement = sample("completed_course", {"/verb/id": "x", "/result/success": "yes", "/speed": 1})
    assert {one.pointer for one in rejections([statement])} == {"/verb/id", "/result/success", "/speed"}


def test_a_rejection_is_fit_to_be_read_by_a_human(sample: Sample) -> None:
    (found,) = rejections([sample("completed_course", {"/verb/id": "completed"})])
    assert found == Rejection(
        rule="iri.form",
        message="This must be an absolute IRI, with a scheme and without blanks (XAPI-00011).",
        pointer="/verb/id",
        value="completed",
    )
    (found,) = rejections([sample("completed_course", {"/auTHORity": ANN})])
    assert "authority is written so (XAPI-00008)" in found.message
    (found,) = rejections([sample("completed_course", {"/actor": TWO_IDENTIFIERS})])
    assert "here is mbox and openid" in found.message
    assert json.loads(found.value) == TWO_IDENTIFIERS


def test_a_long_value_is_shortened(sample: Sample) -> None:
    (found,) = rejections([sample("completed_course", {"/verb/id": "x" * 10_000})])
    assert len(found.value) == 120


@pytest.mark.parametrize("thing", [None, 1, "x", [], [[]], True])
def test_it_refuses_what_is_no_statement(thing: Any) -> None:
    (found,) = rejections([thing])
    assert (found.pointer, found.rule) == ("", "value.null" if thing is None else "statement.type")


def test_it_takes_an_empty_batch() -> None:
    check_batch([], Version.V1)


def test_it_names_the_statement_of_the_batch(sample: Sample) -> None:
    good, wrong_form = sample("completed_course"), sample("completed_course", {"/verb/id": "x"})
    wrong_meaning = sample("completed_course", {"/timestamp": "x"})
    found = rejections([good, wrong_form, good, wrong_meaning], single=False)
    assert [(one.index, one.rule) for one in found] == [(1, "iri.form"), (3, "timestamp.form")]
    assert [one.index for one in rejections([good, wrong_meaning], single=False)] == [1]
    assert [one.index for one in rejections([wrong_form], single=True)] == [None]


@pytest.mark.parametrize("broken", [{}, {"/verb/id": "x"}])
def test_it_refuses_the_same_id_twice_in_one_batch(sample: Sample, broken: dict[str, Any]) -> None:
    first = sample("answered_choice", broken)
    second = sample("answered_choice", {"/id": first["id"].upper()})
    found = rejections([first, sample("voided"), second], single=False)
    assert [(one.rule, one.index, one.pointer) for one in found if one.rule != "iri.form"] == [
        ("batch.duplicate-id", 2, "/id")
    ]


@pytest.mark.parametrize("change", [{"/verb/id": "x"}, {"/timestamp": "x"}])
def test_it_lists_a_bounded_number_of_rejections(sample: Sample, change: dict[str, Any]) -> None:
    found = rejections([sample("completed_course", change)] * 10_000, single=False)
    assert [one.index for one in found] == list(range(MOST_REJECTIONS))


@pytest.mark.parametrize(
    "value", [ANN, {"objectType": "Agent", **ANN}, {**GROUP, **ANN}, {"objectType": "Group", **ANN}]
)
def test_an_agent_or_identified_group_can_be_looked_up(value: Any) -> None:
    for version in Version:
        check_agent(value, version)


@pytest.mark.parametrize(
    ("value", "rule", "pointer"),
    [
        (GROUP, "actor.anonymous-group", ""),
        ({}, "actor.one-identifier", ""),
        ({"mbox": "ann"}, "mbox.form", "/mbox"),
        ({"objectType": "Person", **ANN}, "agent-object-type.value", "/objectType"),
        (TWO_IDENTIFIERS, "actor.one-identifier", ""),
        ([], "actor.type", ""),
        (None, "value.null", ""),
    ],
)
def test_other_things_cannot_be_looked_up(value: Any, rule: str, pointer: str) -> None:
    for version in Version:
        with pytest.raises(BadRequest) as caught:
            check_agent(value, version)
        assert (caught.value.rule, caught.value.pointer) == (rule, pointer)


def test_it_checks_an_activity_alone(sample: Sample) -> None:
    activity = sample("answered_choice")["object"]
    check_activity(activity, Version.V1)
    with pytest.raises(BadRequest) as caught:
        check_activity({**activity, "id": "x"}, Version.V1)
    assert (caught.value.rule, caught.value.pointer) == ("iri.form", "/id")
    activity["definition"]["choices"].append({"id": "horn"})
    with pytest.raises(BadRequest) as caught:
        check_activity(activity, Version.V2)
    assert (caught.value.rule, caught.value.pointer) == (
        "interaction.component-id",
        "/definition/choices/3/id",
    )
