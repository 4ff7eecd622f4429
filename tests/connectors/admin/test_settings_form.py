"""A form made of a JSON Schema: fields of every kind, values as JSON, faults at their fields."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.admin.connections import settings_form

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["address"],
    "properties": {
        "address": {"title": "Address", "type": "string", "pattern": "^https://"},
        "version": {"oneOf": [{"const": 1, "title": "The old one"}, {"const": 2, "title": "The new one"}]},
        "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "ports": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        "strict": {"type": "boolean", "default": True},
        "delimiter": {"type": "string", "maxLength": 1},
        "note": {"type": ["string", "null"], "maxLength": 5},
    },
    "additionalProperties": False,
}


def sent(**values: str) -> settings_form.SettingsForm:
    return settings_form.sent(SCHEMA, {f"setting-{name}": value for name, value in values.items()})


def faults(form: settings_form.SettingsForm) -> dict[str, list[str]]:
    return {each.name: each.errors for each in form.fields if each.errors}


def test_values_of_every_kind_become_json() -> None:
    form = sent(
        address=" https://hr.example ",
        version="2",
        share="0.5",
        ports="80\r\n\r\n443",
        fields='{"a": "b"}',
        strict="on",
        delimiter="\t",
        note="ok",
    )
    assert form.valid
    assert form.values == {
        "address": "https://hr.example",
        "version": 2,
        "share": 0.5,
        "ports": [80, 443],
        "fields": {"a": "b"},
        "strict": True,
        "delimiter": "\t",
        "note": "ok",
    }


def test_what_is_left_empty_is_left_out_but_a_check_is_an_answer() -> None:
    assert sent(address="https://hr.example", share="", note=" ").values == {
        "address": "https://hr.example",
        "strict": False,
    }


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({}, "address", "This must be filled in."),
        ({"address": "http://hr"}, "address", "This does not have the form it must have."),
        ({"version": "3"}, "version", "This is none of what it may be."),
        ({"share": "0"}, "share", "This must be more than 0."),
        ({"share": "half"}, "share", "This must be a number."),
        ({"ports": "80"}, "ports", "There must be more of these."),
        ({"ports": "80\nhttp"}, "ports", "This must be a whole number."),
        ({"fields": "{"}, "fields", "This is no JSON"),
        ({"fields": "[]"}, "fields", "This must be of the type object."),
        ({"note": "too long"}, "note", "This may have 5 characters at most."),
    ],
)
def test_a_fault_is_told_at_its_field(values: dict[str, str], field: str, said: str) -> None:
    found = faults(sent(**({"address": "https://hr.example"} if values else {}) | values))
    assert list(found) == [field]
    assert found[field][0].startswith(said)


def test_what_was_kept_is_shown_and_a_first_look_shows_defaults() -> None:
    kept = settings_form.shown(SCHEMA, {"address": "https://hr.example", "version": 1, "ports": [80, 443]})
    texts = {each.name: each.text for each in kept.fields}
    assert (texts["version"], texts["ports"], texts["strict"]) == ("1", "80\n443", "")
    first = settings_form.shown(SCHEMA, {})
    assert {each.name: each.text for each in first.fields}["strict"] == "on"
    assert faults(first) == {}


def test_settings_an_adapter_no_longer_knows_are_a_problem() -> None:
    kept = {"address": "https://hr.example", "old": True}
    assert settings_form.problems(SCHEMA, kept) == ["old: This setting is not known."]
    assert settings_form.problems(SCHEMA, {}) == ["Address: This must be filled in."]


def test_a_choice_has_the_titles_of_the_schema() -> None:
    version = next(each for each in settings_form.shown(SCHEMA, {}).fields if each.name == "version")
    assert version.choices == (("1", "The old one"), ("2", "The new one"))
