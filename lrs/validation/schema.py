"""The JSON Schema documents of a statement, compiled.

In: a version, and what is to be checked (`statement`, `statements`, `actor`, `activity`). Out: a
jsonschema-rs validator for a quick verdict, or a jsonschema validator for reasons. Never a document from
elsewhere: the two under `schemas/` are the only ones, each complete in itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import jsonschema
import jsonschema_rs
from jsonschema.protocols import Validator as SlowValidator

from lrs.wire.version import Version

Subject = Literal["statement", "statements", "actor", "activity"]

_FOLDER = Path(__file__).parent / "schemas"


@cache
def document(version: Version, subject: Subject = "statement") -> dict[str, Any]:
    """Return the schema document of `version` for `subject`."""
    schema: dict[str, Any] = json.loads((_FOLDER / f"statement_v{int(version)}.json").read_bytes())
    del schema["$ref"]
    if subject == "statements":
        return {**schema, "type": "array", "items": {"$ref": "#/$defs/statement"}}
    return {**schema, "$ref": f"#/$defs/{subject}"}


@cache
def quick(version: Version, subject: Subject) -> jsonschema_rs.Draft202012Validator:
    """Return the compiled validator: microseconds a statement, yes or no."""
    return jsonschema_rs.Draft202012Validator(document(version, subject))


@cache
def explaining(version: Version, subject: Subject) -> SlowValidator:
    """Return the reference validator: a millisecond a statement, every fault with its place."""
    validator: SlowValidator = _REFERENCE(document(version, subject))
    return validator


def _pattern(
    _validator: object, pattern: str, instance: object, _schema: object
) -> Iterator[jsonschema.ValidationError]:
    """Match the whole string: Python's `$` also matches before a line feed at the end, Rust's does not."""
    if isinstance(instance, str) and not _compiled(pattern).fullmatch(instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.removeprefix("^").removesuffix("$"))


_REFERENCE = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
    jsonschema.Draft202012Validator, {"pattern": _pattern}
)
