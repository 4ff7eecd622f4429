"""Somebody who uses the hub's pages: in a window of Chromium, or, where there is none, by reading the HTML.

In: where the hub answers. Out: visitors who open pages, fill forms, press buttons and download files. The
second sort needs nothing that is not installed with the hub, and takes no pictures.
"""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin

import httpx

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell")
_SIZE = {"width": 1280, "height": 900}
_WAIT = 120.0


class Visitor(Protocol):
    """What somebody does with pages."""

    def open(self, path: str) -> None:
        """Go to a page."""

    def has(self, name: str) -> bool:
        """Whether the page has a field of this name."""

    def fill(self, name: str, value: str) -> None:
        """Put text into a field, or choose it there."""

    def press(self, text: str) -> None:
        """Press the button that begins so."""

    def words(self) -> str:
        """Return the text of the page."""

    def download(self) -> bytes:
        """Return the file behind the link that says Download."""

    def picture(self, path: Path) -> None:
        """Keep what the page looks like."""


@contextmanager
def visitors(origin: str) -> Iterator[tuple[Callable[[], Visitor], str]]:
    """Give what opens a window, and what sort of window that is."""
    with ExitStack() as stack:
        browser = _chromium(stack)
        if browser is None:
            yield lambda: Plain(origin), "without a browser: no Chromium, or playwright is not installed"
        else:
            yield (
                lambda: Window(browser.new_context(viewport=_SIZE, accept_downloads=True), origin),
                f"headless Chromium {browser.version}",
            )


def _chromium(stack: ExitStack) -> Any:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    try:
        sync_api = importlib.import_module("playwright.sync_api")
    except ImportError:
        return None
    # playwright keeps an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    playwright = stack.enter_context(sync_api.sync_playwright())
    try:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    except sync_api.Error:
        return None
    stack.callback(browser.close)
    return browser


class Window:
    """A window of Chromium, with cookies of its own."""

    def __init__(self, context: Any, origin: str) -> None:
        context.set_default_timeout(_WAIT * 1000)
        self._page = context.new_page()
        self._origin = origin

    def open(self, path: str) -> None:
        self._page.goto(urljoin(self._origin, path))

    def has(self, name: str) -> bool:
        return bool(self._page.locator(f'[name="{name}"]:visible').count())

    def fill(self, name: str, value: str) -> None:
        field = self._page.locator(f'[name="{name}"]:visible').first
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)

    def press(self, text: str) -> None:
        buttons = self._page.locator("button:not([type=button]):visible")
        with self._page.expect_navigation():
            buttons.filter(has_text=text).first.click()

    def words(self) -> str:
        return " ".join(str(self._page.inner_text("body")).split())

    def download(self) -> bytes:
        link = self._page.locator("a", has_text="Download").first
        # What is made in the background is waited for: its page looks again by itself.
        with self._page.expect_download() as download:
            link.click()
        return Path(download.value.path()).read_bytes()

    def picture(self, path: Path) -> None:
        self._page.screenshot(path=str(path))


class Plain:
    """Somebody who reads HTML and sends the forms by hand."""

    def __init__(self, origin: str) -> None:
        self._http = httpx.Client(base_url=origin, follow_redirects=True, timeout=_WAIT, trust_env=False)
        self._read = _Page("")
        self._address = origin
        self._filled: dict[str, str] = {}

    def open(self, path: str) -> None:
        self._take(self._http.get(path))

    def has(self, name: str) -> bool:
        return any(name in form["names"] for form in self._read.forms)

    def fill(self, name: str, value: str) -> None:
        if not self.has(name):
            raise LookupError(f"{self._address} has no field {name}.")
        self._filled[name] = value

    def press(self, text: str) -> None:
        form, button = next(
            (form, button)
            for form in self._read.forms
            for button in form["buttons"]
            if button["text"].startswith(text)
        )
        mine = {name: value for name, value in self._filled.items() if name in form["names"]}
        values = {**form["values"], **mine}
        if button.get("name"):
            values[button["name"]] = button.get("value", "")
        address = urljoin(self._address, button.get("formaction") or form.get("action") or "")
        if (button.get("formmethod") or form.get("method", "get")).lower() == "post":
            self._take(self._http.post(address, data=values, headers={"Referer": self._address}))
        else:
            self._take(self._http.get(address.partition("?")[0], params=values))

    def words(self) -> str:
        return " ".join("".join(self._read.text).split())

    def download(self) -> bytes:
        address = next(href for text, href in self._read.links if "Download" in text)
        return self._http.get(urljoin(self._address, address)).raise_for_status().content

    def picture(self, path: Path) -> None:
        pass  # Who has no browser sees no pictures.

    def _take(self, answer: httpx.Response) -> None:
        if answer.status_code >= 500:
            answer.raise_for_status()
        self._address, self._read, self._filled = str(answer.url), _Page(answer.text), {}


class _Page(HTMLParser):
    """Forms, links and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[dict[str, Any]] = []
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._inside: list[tuple[str, dict[str, str], int]] = []
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({**given, "names": set(), "values": {}, "buttons": []})
        form = self.forms[-1] if self.forms else None
        name = given.get("name", "")
        if form is not None and tag in ("input", "select", "textarea") and name:
            form["names"].add(name)
            if tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
                form["values"][name] = given.get("value", "")
            self._select = name if tag == "select" else self._select
        if form is not None and tag == "option" and "selected" in given:
            form["values"][self._select] = given.get("value", "")
        if tag in ("a", "button"):
            self._inside.append((tag, given, len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1][0] == tag:
            _, given, start = self._inside.pop()
            text = " ".join("".join(self.text[start:]).split())
            if tag == "a":
                self.links.append((text, given.get("href", "")))
            elif self.forms and given.get("type", "submit") == "submit":
                self.forms[-1]["buttons"].append({**given, "text": text})

    def handle_data(self, data: str) -> None:
        self.text.append(data)
