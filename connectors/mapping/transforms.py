"""The named transformations a rule may list; a document can say these and nothing else.

In: one transformation of a document, as its schema allows. Out: a function of (value, element, root). A
value that is not there passes every transformation but those that can make one: default, conditional and
concatenate. A value that cannot be taken raises Fault with what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from connectors.mapping import paths, patterns
from connectors.mapping.fault import Fault, Wrong, nearest, shown
from connectors.mapping.targets import to_boolean, to_text

Step = Callable[[Any, Any, Any], Any]
#: Makes a rule of a document into a function of (element, root), and tells what it reads.
RuleMaker = Callable[[Any], "Made"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LIST_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Made:
    """A function made of a piece of a document, with what it reads."""

    step: Step
    #: Whether it wants to see a value that is not there.
    blank: bool = False
    reads: tuple[paths.Path, ...] = ()
    #: Values it knows, where any other is refused or falls to a default.
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a transformation may refer to."""

    tables: Mapping[str, Mapping[str, Any]]
    rule: RuleMaker = field(repr=False)


def make(spec: Mapping[str, Any], around: Surroundings) -> Made:
    """Return the function of one transformation."""
    return _MAKERS[spec["do"]](spec, around)


def _simple(change: Callable[[str], Any]) -> Callable[[Mapping[str, Any], Surroundings], Made]:
    def step(value: Any, _: Any, __: Any) -> Any:
        if type(value) is str:
            return change(value)
        return [step(e, None, None) for e in value] if isinstance(value, list) else change(to_text(value))

    return lambda _, __: Made(step)


def _value_map(spec: Mapping[str, Any], _: Surroundings) -> Made:
    return _looked_up(spec["map"], spec, "value map")


def _lookup(spec: Mapping[str, Any], around: Surroundings) -> Made:
    table = around.tables.get(spec["table"])
    if table is None:
        near = nearest(spec["table"], list(around.tables))
        raise Wrong(f"There is no table “{spec['table']}”." + (f" Is it “{near}”?" if near else ""))
    return _looked_up(table, spec, f"table “{spec['table']}”")


def _looked_up(table: Mapping[str, Any], spec: Mapping[str, Any], what: str) -> Made:
    otherwise = spec.get("otherwise", "refuse")
    fold = bool(spec.get("ignore_case"))
    known = {key.casefold(): value for key, value in table.items()} if fold else dict(table)

    def one(value: Any) -> Any:
        text = value if type(value) is str else paths.as_text(value)
        if text is None:
            raise Fault("mapping.type", "Only single values can be looked up.", value=value)
        found = known.get(text.strip().casefold() if fold else text.strip(), known)
        if found is not known:
            return found
        if not text.strip():
            return None
        if otherwise != "refuse":
            return otherwise
        near = nearest(text, list(table))
        raise Fault(
            "mapping.value_map" if "map" in spec else "mapping.lookup",
            f"{shown(text)} is not in the {what}.",
            value=text,
            suggestion=f"Treat it as “{near}”, or add it to the {what}."
            if near
            else f"Add it to the {what}.",
        )

    def step(value: Any, _: Any, __: Any) -> Any:
        return [one(each) for each in value] if isinstance(value, list) else one(value)

    return Made(step, known=frozenset(table))


def _default(spec: Mapping[str, Any], _: Surroundings) -> Made:
    constant = spec["value"]
    return Made(lambda value, _, __: constant if _is_blank(value) else value, blank=True)


def _concatenate(spec: Mapping[str, Any], _: Surroundings) -> Made:
    separator = spec.get("separator", " ")
    parsed = tuple(paths.parse(each) for each in spec["with"])
    readers = [paths.reader(each) for each in parsed]

    def step(value: Any, element: Any, root: Any) -> Any:
        found = [value, *(read(element, root) for read in readers)]
        texts = [to_text(each) for part in found for each in paths.listed(part)]
        return separator.join(each for each in texts if each) or None

    return Made(step, blank=True, reads=parsed)


def _split(spec: Mapping[str, Any], _: Surroundings) -> Made:
    separator, take = spec["separator"], spec.get("take")

    def step(value: Any, _: Any, __: Any) -> Any:
        found = [each.strip() for each in to_text(value).split(separator, _LIST_MOST)]
        if take is None:
            return [each for each in found if each]
        return found[take] if -len(found) <= take < len(found) else None

    return Made(step)


def _date(spec: Mapping[str, Any], _: Surroundings) -> Made:
    written, exact = spec["format"], bool(spec.get("moment"))
    read = _READERS.get(written) or _strptime(written)

    @lru_cache(maxsize=4096)
    def parsed(text: str) -> date | datetime:
        try:
            found = read(text)
        except (ValueError, OverflowError) as error:
            raise Fault(
                "mapping.date",
                f"{shown(text)} is no date of the form {written}.",
                value=text,
                suggestion=_form_of(text),
            ) from error
        if not exact:
            return found.date() if isinstance(found, datetime) else found
        if not isinstance(found, datetime) or found.tzinfo is None:
            raise Fault("mapping.date", f"{shown(text)} is a day, not an exact moment.", value=text)
        return found

    def step(value: Any, _: Any, __: Any) -> Any:
        if isinstance(value, date):
            return value
        text = to_text(value)
        return parsed(text) if text else None

    return Made(step)


def _iso(text: str) -> date | datetime:
    return date.fromisoformat(text) if len(text) in (8, 10) else datetime.fromisoformat(text)


def _odata(text: str) -> datetime:
    if not (text.startswith("/Date(") and text.endswith(")/")):
        raise ValueError(text)
    # The offset behind the milliseconds says how to show the moment; it does not change it.
    inner = text[6:-2]
    sign = max(inner.rfind("+"), inner.rfind("-"))
    return _after_epoch(inner[:sign] if sign > 0 else inner)


def _after_epoch(milliseconds: str) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(milliseconds))


def _after_epoch_seconds(seconds: str) -> datetime:
    return _EPOCH + timedelta(seconds=int(seconds))


_READERS: Mapping[str, Callable[[str], date | datetime]] = {
    "iso": _iso,
    "%Y-%m-%d": date.fromisoformat,
    "odata": _odata,
    "epoch_ms": _after_epoch,
    "epoch_s": _after_epoch_seconds,
}


def _strptime(written: str) -> Callable[[str], datetime]:
    if "%d" not in written and "%j" not in written:
        raise Wrong(f"The format “{written}” has no day (%d).")
    for directive in ("%Y", "%m"):
        if directive not in written and "%y" not in written and "%b" not in written and "%B" not in written:
            raise Wrong(f"The format “{written}” lacks {directive}.")
    try:
        datetime.strptime(datetime(2024, 2, 3, tzinfo=UTC).strftime(written), written)  # noqa: DTZ007
    except ValueError as error:
        raise Wrong(f"The format “{written}” cannot be read: {error}.") from error
    # A day has no zone; a format with %z gives an aware moment.
    return lambda text: datetime.strptime(text, written)  # noqa: DTZ007


_FORMS = (
    ("iso", _iso),
    ("odata", _odata),
    *((form, _strptime(form)) for form in ("%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%b-%Y")),
)


def _form_of(text: str) -> str:
    """Return a suggestion of the form a text seems to have."""
    for name, read in _FORMS:
        try:
            read(text)
        except (ValueError, OverflowError):
            continue
        return f"It looks like {name}."
    return "Correct the date in the source."


def _conditional(spec: Mapping[str, Any], around: Surroundings) -> Made:
    holds, path = _condition(spec["if"])
    read = paths.reader(path) if path is not None else None
    then, otherwise = _branch(spec["then"], around), _branch(spec.get("else"), around)

    def step(value: Any, element: Any, root: Any) -> Any:
        branch = then if holds(value if read is None else read(element, root)) else otherwise
        return value if branch is None else branch.step(value, element, root)

    reads = (path,) if path is not None else ()
    return Made(
        step,
        blank=True,
        reads=(*reads, *(then.reads if then else ()), *(otherwise.reads if otherwise else ())),
    )


def _branch(spec: Any, around: Surroundings) -> Made | None:
    """Return what a branch gives; None: the value as it came (a branch that is left out)."""
    if spec is None:
        return None
    if isinstance(spec, Mapping):
        return around.rule(spec)
    return Made(lambda _, __, ___: spec)


def _condition(spec: Mapping[str, Any]) -> tuple[Callable[[Any], bool], paths.Path | None]:
    path = paths.parse(spec["path"]) if "path" in spec else None
    if "equals" in spec:
        return _one_of([spec["equals"]]), path
    if "in" in spec:
        return _one_of(spec["in"]), path
    if "present" in spec:
        wanted = spec["present"]
        return (lambda value: (not _is_blank(value)) is wanted), path
    test = patterns.fits(spec["matches"], ignore_case=bool(spec.get("ignore_case")))
    return (lambda value: (text := paths.as_text(value)) is not None and test(text)), path


def _one_of(constants: Sequence[Any]) -> Callable[[Any], bool]:
    known = {paths.as_text(each) for each in constants}
    return lambda value: paths.as_text(value) in known


def _number(spec: Mapping[str, Any], _: Surroundings) -> Made:
    point, grouping = spec.get("decimal", "."), spec.get("thousands", "")

    def step(value: Any, _: Any, __: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Decimal(str(value))
        text = to_text(value)
        if not text:
            return None
        try:
            plain = text.replace(grouping, "") if grouping else text
            number = Decimal(plain.replace(point, "."))
        except InvalidOperation as error:
            raise Fault("mapping.number", f"{shown(text)} is no number.", value=text) from error
        if not number.is_finite():
            raise Fault("mapping.number", f"{shown(text)} is no number.", value=text)
        return number / Decimal(str(spec["divide"])) if "divide" in spec else number

    return Made(step)


def _boolean(spec: Mapping[str, Any], _: Surroundings) -> Made:
    true = {str(each).casefold() for each in spec.get("true", ())}
    false = {str(each).casefold() for each in spec.get("false", ())}
    if not true and not false:
        return Made(lambda value, _, __: to_boolean(value))

    def step(value: Any, _: Any, __: Any) -> Any:
        text = to_text(value).casefold()
        if text in true or text in false:
            return text in true
        if true and false:
            raise Fault(
                "mapping.boolean",
                f"{shown(text)} is neither true nor false here.",
                value=value,
                suggestion="Add it to what is true or false.",
            )
        # Only one side is listed: everything else is the other.
        return not true

    return Made(step)


def _pad(spec: Mapping[str, Any], _: Surroundings) -> Made:
    length, fill = spec["length"], spec.get("with", "0")
    left = spec.get("side", "left") == "left"

    def step(value: Any, _: Any, __: Any) -> Any:
        text = to_text(value)
        if not text:
            return None
        return text.rjust(length, fill) if left else text.ljust(length, fill)

    return Made(step)


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", [], ()) or (isinstance(value, str) and not value.strip())


_MAKERS: Mapping[str, Callable[[Mapping[str, Any], Surroundings], Made]] = {
    "value_map": _value_map,
    "date": _date,
    "concatenate": _concatenate,
    "split": _split,
    "default": _default,
    "lookup": _lookup,
    "conditional": _conditional,
    "trim": _simple(str.strip),
    "lower": _simple(str.lower),
    "upper": _simple(str.upper),
    "number": _number,
    "boolean": _boolean,
    "pad": _pad,
}
NAMES = tuple(_MAKERS)
