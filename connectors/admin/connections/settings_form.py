"""A form made of an adapter's JSON Schema, and the settings it gives back.

In: the schema, settings that are kept, and what was sent. Out: `Field`s to show, each with its own errors;
the settings as JSON values, valid by jsonschema where no field has an error. A field left empty is left out,
so that the adapter's default holds. Never a secret: those are in the vault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import orjson

_BLOCK = re.compile(r"-----BEGIN [\s\S]*?-----END [^\n]*")
_SCALARS = ("string", "integer", "number", "boolean")


@dataclass(slots=True)
class Field:
    """One setting as a form shows it."""

    name: str
    title: str
    description: str
    #: text, number, check, choice, lines or json
    kind: str
    required: bool
    #: What the field holds, as text; for a check, "on" or nothing.
    text: str = ""
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    errors: list[str] = field(default_factory=list)
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def step(self) -> str:
        """The step of a number."""
        return "1" if self.schema.get("type") == "integer" else "any"


@dataclass(slots=True)
class SettingsForm:
    """The fields, the values and what is wrong beside single fields."""

    fields: list[Field]
    values: dict[str, Any]
    errors: list[str] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """Whether the settings can be kept."""
        return not self.errors and not any(each.errors for each in self.fields)


def shown(schema: Mapping[str, Any], kept: Mapping[str, Any]) -> SettingsForm:
    """Return the form as it is first seen; what was kept and is not valid says so."""
    form = SettingsForm(_fields(schema), dict(kept))
    for each in form.fields:
        value = kept.get(each.name, None if kept else each.schema.get("default"))
        each.text = _text(value, each.kind)
    if kept:
        _check(schema, form)
    return form


def sent(schema: Mapping[str, Any], posted: Mapping[str, str]) -> SettingsForm:
    """Return the form with what was sent, its values and errors."""
    form = SettingsForm(_fields(schema), {})
    for each in form.fields:
        each.text = posted.get(f"setting-{each.name}", "").replace("\0", "").replace("\r\n", "\n")
        try:
            value = _value(each)
        except ValueError as error:
            each.errors.append(str(error))
            continue
        if value is not None:
            form.values[each.name] = value
    _check(schema, form)
    return form


def problems(schema: Mapping[str, Any], kept: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with settings, in sentences."""
    form = shown(schema, kept) if kept else sent(schema, {})
    return [*form.errors, *(f"{each.title}: {said}" for each in form.fields for said in each.errors)]


def _fields(schema: Mapping[str, Any]) -> list[Field]:
    required = set(schema.get("required", ()))
    return [
        _field(name, about, required=name in required) for name, about in schema.get("properties", {}).items()
    ]


def _field(name: str, about: Mapping[str, Any], *, required: bool) -> Field:
    kind, choices = _kind(about), _choices(about)
    title = about.get("title") or name.replace("_", " ").capitalize()
    default = _text(about["default"], kind) if "default" in about else ""
    return Field(
        name, title, about.get("description", ""), kind, required, "", default, choices, schema=about
    )


def _kind(about: Mapping[str, Any]) -> str:
    if _choices(about):
        return "choice"
    kind = about.get("type", "string")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "string")
    if kind == "boolean":
        return "check"
    if kind in ("integer", "number"):
        return "number"
    if kind == "array" and about.get("items", {}).get("type", "string") in _SCALARS:
        return "lines"
    return "text" if kind == "string" else "json"


def _choices(about: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if "enum" in about:
        return tuple((_text(each, "text"), _text(each, "text")) for each in about["enum"])
    several = about.get("oneOf") or about.get("anyOf") or ()
    if several and all("const" in each for each in several):
        return tuple(
            (_text(each["const"], "text"), each.get("title") or _text(each["const"], "text"))
            for each in several
        )
    return ()


def _text(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "check":
        return "on" if value is True else ""
    if kind == "lines" and isinstance(value, list):
        return "\n".join(str(each) for each in value)
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _value(each: Field) -> Any:
    """Return a field's JSON value; None where it is left out. Raises ValueError with a sentence."""
    if each.kind == "check":
        return bool(each.text)
    # One character may be a tab or a blank: what stands between the fields of a file.
    text = each.text if each.schema.get("maxLength") == 1 else each.text.strip()
    if text == "":
        return None
    if each.kind == "choice":
        by_text = {_text(known, "text"): known for known in _consts(each.schema)}
        return by_text.get(text, text)
    if each.kind == "number":
        return _number(text, whole=each.schema.get("type") == "integer")
    if each.kind == "lines":
        found = _BLOCK.findall(text) or [line.strip() for line in text.split("\n") if line.strip()]
        return [_item(one, each.schema.get("items", {}).get("type", "string")) for one in found]
    if each.kind == "json":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ValueError(f"This is no JSON: {error}.") from error
    return text


def _consts(about: Mapping[str, Any]) -> list[Any]:
    several = about.get("enum")
    return (
        list(several)
        if several
        else [one["const"] for one in (about.get("oneOf") or about.get("anyOf") or ())]
    )


def _number(text: str, *, whole: bool) -> int | float:
    try:
        return int(text) if whole else float(text)
    except ValueError as error:
        raise ValueError("This must be a whole number." if whole else "This must be a number.") from error


def _item(text: str, kind: str) -> Any:
    return _number(text, whole=kind == "integer") if kind in ("integer", "number") else text


def _check(schema: Mapping[str, Any], form: SettingsForm) -> None:
    by_name = {each.name: each for each in form.fields}
    for error in jsonschema.Draft202012Validator(schema).iter_errors(form.values):
        for name, said in _said(error):
            place = by_name.get(name)
            if place is None:
                form.errors.append(f"{name}: {said}" if name else said)
            elif said not in place.errors and (not place.errors or error.validator != "required"):
                place.errors.append(said)


def _said(error: jsonschema.ValidationError) -> list[tuple[str, str]]:
    """Return (field, sentence) for an error; no field where it is about the whole."""
    path = list(error.absolute_path)
    name = str(path[0]) if path else ""
    wanted: Any = error.validator_value
    given: Any = error.instance
    if error.validator == "required" and not path:
        return [(each, "This must be filled in.") for each in wanted if each not in given]
    if error.validator == "additionalProperties" and not path:
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        return [(each, "This setting is not known.") for each in given if each not in known]
    where = f"Line {int(path[1]) + 1}: " if len(path) > 1 and isinstance(path[1], int) else ""
    return [(name, where + _sentence(error, wanted))]


def _sentence(error: jsonschema.ValidationError, wanted: Any) -> str:
    sentences = {
        "minimum": f"This must be at least {wanted}.",
        "maximum": f"This must be at most {wanted}.",
        "exclusiveMinimum": f"This must be more than {wanted}.",
        "minLength": "This must be filled in." if wanted == 1 else f"This needs {wanted} characters or more.",
        "maxLength": f"This may have {wanted} character{'' if wanted == 1 else 's'} at most.",
        "pattern": "This does not have the form it must have.",
        "format": f"This is no {wanted}.",
        "enum": f"This must be one of {', '.join(map(str, wanted))}." if isinstance(wanted, list) else "",
        "minItems": "There must be more of these.",
        "maxItems": f"There may be {wanted} of these at most.",
        "type": f"This must be of the type {wanted}.",
        "oneOf": "This is none of what it may be.",
        "anyOf": "This is none of what it may be.",
        "uniqueItems": "Each may be here once only.",
    }
    return sentences.get(str(error.validator)) or error.message[:200]
