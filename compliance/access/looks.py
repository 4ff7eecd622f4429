"""What somebody looked at, in words: the disclosure log names routes, people read sentences.

In: the kind of an entry. Out: words. Of a kind nobody knows the kind itself.
"""

from __future__ import annotations

from django.apps import apps

#: What the last word of an address of the administration means.
_VIEWS = {
    "changelist": "list",
    "change": "page",
    "add": "form",
    "as_of": "as of a day",
    "by_hand": "kept by hand",
    "evidence": "file of evidence",
    "json": "as JSON",
    "attachment": "attachment",
    "content": "content",
    "body": "body",
    "gaps": "gaps",
    "forecast": "what falls due",
    "people": "people",
    "person": "one person",
}


def said(kind: str) -> str:
    """Return what was looked at: "Completion: list", "API: gaps", "Report: person, pdf"."""
    where, _, what = kind.partition(":")
    if where in {"api", "compliance-api"}:
        return f"API: {_spaced(what)}"
    if where == "report":
        name, _, output = what.partition(":")
        return f"Report: {_spaced(name)}, {output}" if output else f"Report: {_spaced(name)}"
    if where == "sign":
        return f"To be signed: {_spaced(what)}"
    if where == "admin":
        return _page(what) or kind
    return _spaced(kind)


def _page(name: str) -> str:
    """Return what a page of the administration shows; empty where no such model is."""
    app, _, rest = name.partition("_")
    model, _, view = rest.partition("_")
    try:
        called = str(apps.get_model(app, model)._meta.verbose_name)  # noqa: SLF001  Django's way to ask
    except LookupError:
        return ""
    return f"{called[:1].upper()}{called[1:]}: {_VIEWS.get(view, _spaced(view))}"


def _spaced(name: str) -> str:
    return name.replace("-", " ").replace("_", " ")
