"""Rules in words, as the field mapping document shows them.

In: a rule of a document. Out: sentences without a verb too many. Never HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Entries of a value map that are written out.
_ENTRIES_MOST = 40
_FORMATS = {
    "iso": "ISO 8601",
    "odata": "OData (/Date(…)/)",
    "epoch_ms": "milliseconds since 1970",
    "epoch_s": "seconds since 1970",
}
_LETTERS = {
    "%Y": "YYYY",
    "%y": "YY",
    "%m": "MM",
    "%d": "DD",
    "%b": "Mon",
    "%B": "Month",
    "%H": "hh",
    "%M": "mm",
    "%S": "ss",
    "%z": "+hh:mm",
}


def source(rule: Mapping[str, Any]) -> str:
    """Return where a rule's value comes from."""
    return f"always {quoted(rule['const'])}" if "const" in rule else str(rule.get("from", ""))


def steps(rule: Mapping[str, Any]) -> list[str]:
    """Return what is done to the value, one phrase for each transformation."""
    found = [step(each) for each in rule.get("transform", ())]
    return [*found, "refused if empty"] if rule.get("required") else found


def step(spec: Mapping[str, Any]) -> str:
    """Return one transformation in words."""
    return _PHRASES[spec["do"]](spec)


def quoted(value: Any) -> str:
    """Return a constant as it is read."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value in (None, "") else f"“{value}”"


def _value_map(spec: Mapping[str, Any]) -> str:
    entries = list(spec["map"].items())
    shown = ", ".join(f"{key} → {quoted(value)}" for key, value in entries[:_ENTRIES_MOST])
    more = f" and {len(entries) - _ENTRIES_MOST} more" if len(entries) > _ENTRIES_MOST else ""
    return f"{shown}{more}; {_otherwise(spec)}"


def _lookup(spec: Mapping[str, Any]) -> str:
    return f"looked up in the table {quoted(spec['table'])}; {_otherwise(spec)}"


def _otherwise(spec: Mapping[str, Any]) -> str:
    otherwise = spec.get("otherwise", "refuse")
    rest = "anything else is refused" if otherwise == "refuse" else f"anything else → {quoted(otherwise)}"
    return f"{rest} (case does not matter)" if spec.get("ignore_case") else rest


def _date(spec: Mapping[str, Any]) -> str:
    form = _FORMATS.get(spec["format"])
    if form is None:
        form = spec["format"]
        for directive, letters in _LETTERS.items():
            form = form.replace(directive, letters)
    return f"read as a {'moment' if spec.get('moment') else 'day'} written {form}"


def _concatenate(spec: Mapping[str, Any]) -> str:
    separator = spec.get("separator", " ")
    between = "a blank" if separator == " " else quoted(separator) if separator else "nothing"
    return f"joined with {', '.join(spec['with'])}, {between} between"


def _split(spec: Mapping[str, Any]) -> str:
    if "take" not in spec:
        return f"split at {quoted(spec['separator'])} into several"
    take = spec["take"]
    which = f"piece {take + 1}" if take >= 0 else f"piece {-take} from the end"
    return f"split at {quoted(spec['separator'])}, {which}"


def _conditional(spec: Mapping[str, Any]) -> str:
    said = f"if {_condition(spec['if'])}: {_branch(spec['then'])}"
    return f"{said}, else {_branch(spec['else'])}" if spec.get("else") is not None else said


def _condition(spec: Mapping[str, Any]) -> str:
    subject = spec.get("path", "it")
    if "equals" in spec:
        return f"{subject} is {quoted(spec['equals'])}"
    if "in" in spec:
        return f"{subject} is one of {', '.join(quoted(each) for each in spec['in'])}"
    if "present" in spec:
        return f"{subject} is {'there' if spec['present'] else 'empty'}"
    return f"{subject} fits the pattern {spec['matches']}"


def _branch(branch: Any) -> str:
    if not isinstance(branch, Mapping):
        return quoted(branch)
    return "; ".join([source(branch), *steps(branch)])


def _number(spec: Mapping[str, Any]) -> str:
    said = f"read as a number with “{spec.get('decimal', '.')}” before its decimals"
    return f"{said}, divided by {spec['divide']}" if "divide" in spec else said


def _boolean(spec: Mapping[str, Any]) -> str:
    sides = [
        f"{side} for {', '.join(quoted(each) for each in spec[name])}"
        for name, side in (("true", "yes"), ("false", "no"))
        if spec.get(name)
    ]
    return "; ".join(sides) or "read as yes or no"


def _pad(spec: Mapping[str, Any]) -> str:
    side = "in front" if spec.get("side", "left") == "left" else "behind"
    return f"filled up with {quoted(spec.get('with', '0'))} {side} to {spec['length']} characters"


_PHRASES = {
    "value_map": _value_map,
    "date": _date,
    "concatenate": _concatenate,
    "split": _split,
    "default": lambda spec: f"if empty: {quoted(spec['value'])}",
    "lookup": _lookup,
    "conditional": _conditional,
    "trim": lambda _: "blanks around it removed",
    "lower": lambda _: "in lower case",
    "upper": lambda _: "in upper case",
    "number": _number,
    "boolean": _boolean,
    "pad": _pad,
}
