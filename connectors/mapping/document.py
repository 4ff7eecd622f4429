"""Mapping documents: what is wrong with one, in sentences that point at the place.

In: any JSON value. Out: its parts (connectors.mapping.parts) and problems: first those JSON Schema sees
(schema.json beside this file), then those it cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import orjson

from connectors.mapping import parts
from connectors.mapping.fault import Problem, nearest
from connectors.mapping.parts import Part
from connectors.mapping.transforms import NAMES

FORMAT = 1
#: Problems told at once.
PROBLEMS_MOST = 50
#: Bytes of a document at most, where one is brought by hand.
BYTES_MOST = 1024 * 1024


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of mapping documents."""
    loaded: dict[str, Any] = orjson.loads(Path(__file__).with_name("schema.json").read_bytes())
    return loaded


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def read(document: Any) -> tuple[Mapping[str, tuple[Part, ...]], list[Problem]]:
    """Return the parts of each raw kind, and what is wrong; no parts where the schema is not met."""
    problems = [_problem(error) for error in _errors(document)]
    if problems:
        return {}, problems
    return parts.tree(document)


def problems(document: Any) -> list[Problem]:
    """Return what is wrong with a document; nothing where it can be used."""
    return read(document)[1]


def _errors(document: Any) -> list[jsonschema.ValidationError]:
    found: list[jsonschema.ValidationError] = []
    for error in _validator().iter_errors(document):
        found.append(error)
        if len(found) >= PROBLEMS_MOST:
            break
    return sorted(found, key=lambda error: [str(each) for each in error.absolute_path])


def _problem(error: jsonschema.ValidationError) -> Problem:
    pointer = "".join(f"/{parts.escaped(str(each))}" for each in error.absolute_path)
    return Problem(pointer, _sentence(error))


def _sentence(error: jsonschema.ValidationError) -> str:
    value: Any = error.instance
    wanted: Any = error.validator_value
    about: Any = error.schema
    if error.validator == "required":
        missing = [name for name in wanted if name not in value]
        return f"“{', '.join(missing)}” is missing."
    if error.validator == "additionalProperties":
        known = list(about.get("properties", {}))
        unknown = [name for name in value if name not in known]
        near = nearest(unknown[0], known) if unknown else ""
        return f"“{', '.join(unknown)}” is not known here." + (f" Is it “{near}”?" if near else "")
    if error.validator == "enum" and list(wanted) == list(NAMES):
        near = nearest(str(value), list(NAMES))
        return f"There is no transformation “{value}”." + (f" Is it “{near}”?" if near else "")
    if error.validator in ("enum", "const"):
        known = wanted if error.validator == "enum" else [wanted]
        return f"“{value}” must be {', '.join(map(str, known))}."
    if error.validator == "type":
        return f"This must be of the type {wanted}."
    if error.validator in ("oneOf", "anyOf"):
        return str(about.get("description", "This has none of the forms it may have."))
    return error.message[:200]
