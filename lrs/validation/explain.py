"""From a schema's verdict to a sentence: what is wrong, where, and which rule says so.

In: a value that does not fit its schema, and the reference validator. Out: one `Fault` for each thing that is
wrong. Never the schema's own words (`anyOf`, `if`): they say nothing to whoever has to correct a statement.

The id of a rule is the `x-rule` of the schema that was broken (or, for a plain value, the name of its
property) and a word for how. Where a rule has a number among the conformance requirements, the message ends
with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import jsonschema
import orjson
from jsonschema.protocols import Validator

from lrs.validation.semantics import Fault
from lrs.wire.strict_json import pointer_of

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")

#: What a value must be, by `x-rule`, and the requirement that says so.
_FORMS = {
    "iri": ("an absolute IRI, with a scheme and without blanks", "XAPI-00011"),
    "uuid": ("a UUID in its standard form, 8-4-4-4-12 hexadecimal digits", "XAPI-00029"),
    "mbox": ("mailto: and an e-mail address", "XAPI-00038"),
    "mbox-sha1sum": ("the SHA-1 of a mailto IRI, 40 hexadecimal digits", "XAPI-00039"),
    "language-tag": ("a language tag after RFC 5646, such as de or en-GB", "XAPI-00121"),
    "duration": ("an ISO 8601 duration, such as PT1H30M", "XAPI-00124"),
    "media-type": ("a media type, such as text/plain", "XAPI-00105"),
    "sha2": ("a SHA-2 in hexadecimal digits", "XAPI-00103"),
    "version": ("a version served for this request", "XAPI-00101"),
    "account-name": ("a string without the character NUL", "XAPI-00043"),
    "interaction-component-id": ("a string without the character NUL", "XAPI-00058"),
}

#: Requirements by the first half of a rule, where no form has its own.
_REQUIREMENTS = {
    "statement": "XAPI-00010",
    "agent": "XAPI-00034",
    "account": "XAPI-00041",
    "member": "XAPI-00036",
    "verb": "XAPI-00044",
    "language-map": "XAPI-00121",
    "language-map-value": "XAPI-00121",
    "extensions": "XAPI-00120",
    "activity": "XAPI-00047",
    "definition": "XAPI-00048",
    "interaction-type": "XAPI-00049",
    "interaction-component": "XAPI-00063",
    "interaction-components": "XAPI-00063",
    "correct-responses-pattern": "XAPI-00050",
    "statement-ref": "XAPI-00072",
    "score": "XAPI-00079",
    "score-scaled": "XAPI-00083",
    "success": "XAPI-00074",
    "completion": "XAPI-00075",
    "response": "XAPI-00076",
    "context-activities": "XAPI-00093",
    "attachment": "XAPI-00010",
    "attachments": "XAPI-00025",
    "attachment-length": "XAPI-00102",
    "authority": "XAPI-00024",
    "object-type": "XAPI-00046",
    "sub-statement-object-type": "XAPI-00071",
    "sub-statement": "XAPI-00066",
    "agent-object-type": "XAPI-00031",
    "group-object-type": "XAPI-00031",
    "revision": "XAPI-00089",
    "platform": "XAPI-00090",
    "name": "XAPI-00033",
}
_REQUIRED_PROPERTIES = {"actor": "XAPI-00003", "verb": "XAPI-00004", "object": "XAPI-00005"}
_FORBIDDEN_IN_SUB_STATEMENTS = {
    "id": "XAPI-00070",
    "stored": "XAPI-00069",
    "version": "XAPI-00068",
    "authority": "XAPI-00067",
}
_TYPE_NAMES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}


def faults(value: Any, validator: Validator) -> Iterator[Fault]:
    """Yield each fault of `value` once, in the order of the value."""
    errors = sorted(validator.iter_errors(value), key=lambda error: [*map(_sortable, error.absolute_path)])
    for _, group in groupby(errors, key=lambda error: [*error.absolute_path]):
        found: list[Fault] = []
        for error in _without_noise(list(group)):
            found.extend(fault for fault in _explain(error) if fault not in found)
        yield from found


def _without_noise(errors: list[jsonschema.ValidationError]) -> list[jsonschema.ValidationError]:
    """A string in place of a group has no identifier and no member either: that goes without saying."""
    return [error for error in errors if error.validator == "type"][:1] or errors


def _sortable(step: str | int) -> str:
    return f"{step:09d}" if isinstance(step, int) else step


def text_of(value: object) -> str:
    """Return `value` as it stood in the JSON, for a rejection to repeat."""
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _explain(error: jsonschema.ValidationError) -> Iterator[Fault]:
    path = list(error.absolute_path)
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    subject = schema.get("x-rule") or _name_of(path)
    pointer = pointer_of(path)
    value: Any = error.instance
    keyword = str(error.validator)
    if _is_object_without_type(value, path, subject):
        yield _fault(
            "object.object-type-missing",
            "An object that is not an activity must say its objectType",
            pointer,
            value,
            "XAPI-00065",
        )
    elif "propertyNames" in error.absolute_schema_path:
        yield _key_fault(subject, pointer, value)
    elif value is None:
        yield _fault("value.null", "null may only stand inside extensions", pointer, value, "XAPI-00001")
    elif keyword == "required":
        yield from _missing(error, subject, pointer)
    elif keyword == "additionalProperties":
        yield from _unknown(error, subject, pointer)
    else:
        yield _value_fault(error, keyword, subject, pointer)


def _value_fault(error: jsonschema.ValidationError, keyword: str, subject: str, pointer: str) -> Fault:
    value: Any = error.instance
    demand: Any = error.validator_value
    requirement = _REQUIREMENTS.get(subject, "XAPI-00006")
    if keyword == "type":
        names = [_TYPE_NAMES[name] for name in (demand if isinstance(demand, list) else [demand])]
        return _fault(f"{subject}.type", f"This must be {' or '.join(names)}", pointer, value, requirement)
    if keyword == "pattern":
        form, requirement = _FORMS[subject]
        return _fault(f"{subject}.form", f"This must be {form}", pointer, value, requirement)
    if keyword in {"enum", "const"}:
        choices = demand if isinstance(demand, list) else [demand]
        return _fault(f"{subject}.value", f"This must be {' or '.join(choices)}", pointer, value, requirement)
    if keyword in {"minimum", "maximum"}:
        word = "less" if keyword == "minimum" else "more"
        return _fault(
            f"{subject}.range", f"This must not be {word} than {demand}", pointer, value, requirement
        )
    if keyword == "oneOf":
        found = [name for name in IDENTIFIERS if name in value]
        return _fault(
            "actor.one-identifier",
            f"There must be exactly one of {', '.join(IDENTIFIERS)}; here is {' and '.join(found) or 'none'}",
            pointer,
            value,
            "XAPI-00037" if subject == "group" else "XAPI-00034",
        )
    if keyword in {"minItems", "maxItems"}:
        return _count_fault(subject, pointer, value)
    if keyword == "dependentRequired":
        return _fault(
            "definition.interaction-type-missing",
            "An activity with parts of an interaction needs an interactionType",
            pointer,
            value,
            "XAPI-00064",
        )
    if keyword == "not":
        return _fault(
            "authority.identified-group",
            "An authority that is a group must be an anonymous group of two agents",
            pointer,
            value,
            "XAPI-00098",
        )
    return _fault(
        f"{subject}.{_kebab(keyword)}",
        "This is not as the specification wants it",
        pointer,
        value,
        requirement,
    )


def _count_fault(subject: str, pointer: str, value: object) -> Fault:
    if subject == "authority-member":
        return _fault(
            "authority.member-count",
            "An authority that is a group has two members",
            pointer,
            value,
            "XAPI-00098",
        )
    if subject == "anonymous-group":
        return _fault(
            "group.member-missing", "A group without identifier needs a member", pointer, value, "XAPI-00037"
        )
    return _fault(f"{subject}.count", "There must be at least one element", pointer, value, "")


def _missing(error: jsonschema.ValidationError, subject: str, pointer: str) -> Iterator[Fault]:
    demand: Any = error.validator_value
    value: Any = error.instance
    for name in demand:
        if name in value:
            continue
        if subject == "anonymous-group":
            yield _fault(
                "group.member-missing",
                "A group without identifier needs members",
                pointer,
                value,
                "XAPI-00037",
            )
        else:
            requirement = _REQUIRED_PROPERTIES.get(name) or _REQUIREMENTS.get(subject, "")
            yield _fault(f"{subject}.missing-property", f"{name} is missing", pointer, value, requirement)


def _unknown(error: jsonschema.ValidationError, subject: str, pointer: str) -> Iterator[Fault]:
    """Data 2.2; XAPI-00008, XAPI-00010."""
    known: dict[str, Any] = error.schema["properties"] if isinstance(error.schema, dict) else {}
    value: Any = error.instance
    for name in value:
        if name in known:
            continue
        requirement = _FORBIDDEN_IN_SUB_STATEMENTS.get(name) if subject == "sub-statement" else None
        meant = [other for other in known if other.lower() == name.lower()]
        yield _fault(
            f"{subject}.unknown-property",
            f"There is no such property here; {meant[0]} is written so"
            if meant
            else "There is no such property here",
            pointer + pointer_of([name]),
            name,
            requirement or ("XAPI-00008" if meant else "XAPI-00010"),
        )


def _key_fault(subject: str, pointer: str, key: str) -> Fault:
    form, requirement = _FORMS[subject]
    if subject == "iri":
        requirement = "XAPI-00118"
    return _fault(f"{subject}.form", f"The key must be {form}", pointer + pointer_of([key]), key, requirement)


def _is_object_without_type(value: object, path: list[Any], subject: str) -> bool:
    """Whether an agent, group or sub-statement stands where only an activity needs no objectType."""
    return (
        subject == "activity"
        and path[-1:] == ["object"]
        and isinstance(value, dict)
        and "objectType" not in value
        and any(name in value for name in (*IDENTIFIERS, "member", "actor", "verb"))
    )


def _fault(rule: str, message: str, pointer: str, value: object, requirement: str) -> Fault:
    return Fault(rule, f"{message} ({requirement})." if requirement else f"{message}.", pointer, value)


def _name_of(path: list[Any]) -> str:
    names = [step for step in path if isinstance(step, str)]
    return _kebab(names[-1]) if names else "value"


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
