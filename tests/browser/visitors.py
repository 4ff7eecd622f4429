"""Two who use the administration: one in Chromium, and one who reads the HTML and sends the forms by hand.

Both go to the same live hub and do the same things, so that each test is one text for both. Only the first
sees layout and runs scripts; the second works everywhere and proves that no page needs scripts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests

WIDE, NARROW = 1280, 390
_VOID = frozenset({"input", "br", "img", "link", "meta", "hr", "source", "wbr"})


class Visitor(Protocol):
    """What a test may do."""

    def open(self, path: str) -> None:
        """Go to a page."""

    def fill(self, name: str, value: str) -> None:
        """Put text into the field of this name, or choose it there."""

    def press(self, text: str) -> None:
        """Press the button that says so."""

    def follow(self, text: str) -> None:
        """Follow the first link of the page's content that says so."""

    def words(self) -> str:
        """Return the text of the page."""

    def shown(self, element: str) -> str:
        """Return the text of the element with this id."""

    def path(self) -> str:
        """Return where it is now."""

    def resize(self, width: int) -> None:
        """Make the window as wide as this; a page is best opened after it."""

    def is_sound(self) -> None:
        """Fail where the page is not as it should be: an error, a script that ran, a line that is cut off."""


class ChromiumVisitor:
    """A browser window, light or dark."""

    def __init__(self, page: Any, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.troubles: list[str] = []
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        page.on("response", self._response)

    def open(self, path: str) -> None:
        self.page.goto(urljoin(self.origin, path))

    def fill(self, name: str, value: str) -> None:
        field_ = self.page.locator(f'[name="{name}"]:visible').first
        if field_.evaluate("field => field.tagName") == "SELECT":
            field_.select_option(value)
        else:
            field_.fill(value)

    def press(self, text: str) -> None:
        with self.page.expect_navigation():
            buttons = self.page.locator("button:not([type=button]):visible")
            # An icon of the theme may follow the word.
            buttons.filter(has_text=re.compile(rf"^\s*{re.escape(text)}")).first.click()

    def follow(self, text: str) -> None:
        link = self.page.locator("#content a", has_text=text).first
        # A link may lead to another window; the test stays in this one.
        link.evaluate("link => link.removeAttribute('target')")
        with self.page.expect_navigation():
            link.click()

    def words(self) -> str:
        return " ".join(str(self.page.inner_text("body")).split())

    def shown(self, element: str) -> str:
        return str(self.page.inner_text(f"#{element}"))

    def path(self) -> str:
        return urlsplit(str(self.page.url)).path

    def is_sound(self) -> None:
        # The theme's own lists measure their width once, when they are opened.
        now = self.page.viewport_size["width"]
        for width in (now,) if self.page.locator("#changelist").count() else (NARROW, now):
            self.resize(width)
            needed = self.page.evaluate("document.documentElement.scrollWidth")
            assert needed <= width, f"{self.path()} needs {needed} pixels of {width}"
        assert self.troubles == []

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})

    def _dialog(self, dialog: Any) -> None:
        self.troubles.append(f"a script asked: {dialog.message}")
        dialog.dismiss()

    def _response(self, response: Any) -> None:
        # Pages that refuse a form say 400; everything they are made of must be there.
        if response.status >= 400 and not response.request.is_navigation_request():
            self.troubles.append(f"{response.status} {response.url}")
        if response.status >= 500:
            self.troubles.append(f"{response.status} {response.url}")


@dataclass
class Form:
    """A form of a page, with what it would send."""

    action: str = ""
    method: str = "get"
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    #: What each button says, its name and its value: only the one that is pressed is sent.
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    #: Where buttons send the form that say so themselves, and how.
    elsewhere: dict[str, tuple[str, str]] = field(default_factory=dict)

    def button(self, text: str) -> tuple[str, str, str] | None:
        """Return the button that says so."""
        return next((each for each in self.buttons if each[0].startswith(text)), None)


class _Page(HTMLParser):
    """Forms, links and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.texts: dict[str, str] = {}
        self.text = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self._form: Form | None = None
        self._collected: list[str] = []
        self._starts: list[int] = []
        self.feed(html)
        self.text = " ".join("".join(self._collected).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        if tag == "input" and self._form is not None and given.get("name"):
            self._form.names.add(given["name"])
            ticked = given.get("type") in ("checkbox", "radio")
            if not ticked or "checked" in given:
                self._form.values.append((given["name"], given.get("value", "on" if ticked else "")))
        if tag == "option" and self._form is not None and "selected" in given:
            select = next(inner for name, inner in reversed(self._open) if name == "select")
            self._form.values.append((select.get("name", ""), given.get("value", "")))
        if tag not in _VOID:
            self._open.append((tag, given))
            self._starts.append(len(self._collected))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, given = self._open.pop()
            text = " ".join("".join(self._collected[self._starts.pop() :]).split())
            self._end(name, given, text)
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not any(name in ("script", "style", "title") for name, _ in self._open[-1:]):
            self._collected.append(data)

    def _end(self, tag: str, given: dict[str, str], text: str) -> None:
        if "id" in given:
            self.texts[given["id"]] = text
        if tag == "a" and "href" in given:
            self.links.append((text, given["href"]))
        if self._form is None:
            return
        if tag == "button" and given.get("type", "submit") == "submit":
            self._form.buttons.append((text, given.get("name", ""), given.get("value", "")))
            if "formaction" in given:
                way = given["formaction"], given.get("formmethod", self._form.method).lower()
                self._form.elsewhere[text] = way
        if tag in ("textarea", "select") and given.get("name"):
            self._form.names.add(given["name"])
            if tag == "textarea":
                self._form.values.append((given["name"], text))
        if tag == "form":
            self._form = None


class PlainVisitor:
    """Reads HTML, follows links, sends forms."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.session = requests.Session()
        self.address = origin
        self.html = ""
        self.status = 200
        self.page = _Page("")
        self.filled: dict[str, str] = {}

    def open(self, path: str) -> None:
        self._take(self.session.get(urljoin(self.address, path), timeout=60))

    def fill(self, name: str, value: str) -> None:
        assert any(name in form.names for form in self.page.forms), f"no form has a field {name}"
        self.filled[name] = value

    def press(self, text: str) -> None:
        form = next((form for form in self.page.forms if form.button(text)), None)
        pressed = form.button(text) if form is not None else None
        assert form is not None, f"no button says {text}: {[form.buttons for form in self.page.forms]}"
        assert pressed is not None
        changed = {name: value for name, value in self.filled.items() if name in form.names}
        values = [(name, value) for name, value in form.values if name not in changed] + list(changed.items())
        if pressed[1]:
            values.append(pressed[1:])
        action, method = form.elsewhere.get(pressed[0], (form.action, form.method))
        address = urljoin(self.address, action)
        if method == "post":
            headers = {"Referer": self.address}
            self._take(self.session.post(address, data=values, headers=headers, timeout=60))
        else:
            self._take(self.session.get(address.partition("?")[0], params=values, timeout=60))

    def follow(self, text: str) -> None:
        found = [href for said, href in self.page.links if text in said]
        assert found, f"no link says {text}"
        self.open(found[0])

    def words(self) -> str:
        return self.page.text

    def shown(self, element: str) -> str:
        return self.page.texts[element]

    def path(self) -> str:
        return urlsplit(self.address).path

    def resize(self, width: int) -> None:
        # What reads HTML has no width.
        assert width > 0

    def is_sound(self) -> None:
        assert self.status < 500
        assert '<meta name="viewport"' in self.html
        assert not re.search(r"<script>alert|href=\"javascript:", self.html)

    def _take(self, response: requests.Response) -> None:
        self.address, self.status, self.html = response.url, response.status_code, response.text
        self.page, self.filled = _Page(response.text), {}
