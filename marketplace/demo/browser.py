"""A browser without a screen: pages as trees, forms filled in by their fields' names, cookies and redirects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

PATIENCE = 60.0  # seconds for one answer: the machine may be busy
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})


class BrowserFailed(Exception):
    """What the browser met instead of the expected page, in a sentence."""


@dataclass
class Node:
    """An element of a page."""

    tag: str
    attrs: Mapping[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    def every(self, tag: str, **wanted: str) -> Iterator["Node"]:
        """Descendants with this tag and these attributes, in the page's order."""
        for child in self.children:
            if isinstance(child, Node):
                if child.tag == tag and all(child.attrs.get(name) == value for name, value in wanted.items()):
                    yield child
                yield from child.every(tag, **wanted)

    @property
    def text(self) -> str:
        """All words inside, as written in the page's source."""
        return "".join(child.text if isinstance(child, Node) else child for child in self.children)


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows."""

    url: str
    root: Node

    def links(self, part: str) -> tuple[str, ...]:
        """Addresses of links that contain `part`, in the page's order."""
        return tuple(address for link in self.root.every("a") if part in (address := link.attrs.get("href", "")))

    def form(self, *, action: str = "", having: str = "") -> Node | None:
        """The first form that goes to an address ending with `action` and has a field called `having`."""
        for form in self.root.every("form"):
            if self.target(form).endswith(action) and (not having or having in _controls(form)):
                return form
        return None

    def target(self, form: Node) -> str:
        """Where a form of the page goes: to the page itself when it does not say."""
        return urljoin(self.url, form.attrs.get("action", ""))


class Browser:
    """One person's browser on one site."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.headers["Accept-Language"] = "en"

    def open(self, path: str) -> Page:
        """Go to an address of the site, or to a whole address."""
        return self._answer("GET", urljoin(self._url, path))

    def fetch(self, path: str) -> str:
        """The text of something that is no page."""
        return self._send("GET", urljoin(self._url, path)).text

    def submit(
        self, page: Page, values: Mapping[str, str | Sequence[str]], *, action: str = "", having: str = ""
    ) -> Page:
        """Fill in a form of the page and send it; hidden fields go along, a pressed button is one of the values.

        Raises `BrowserFailed` when the page has no such form or field, or the answer is an error.
        """
        form = page.form(action=action, having=having or next(iter(values), ""))
        if form is None:
            raise BrowserFailed(f"{page.url} has no form {action} with {', '.join(values) or 'a button'}")
        controls = _controls(form)
        unknown = [name for name in values if name not in controls]
        if unknown:
            raise BrowserFailed(f"the form on {page.url} has no field called {', '.join(unknown)}")
        filled = {name: value for name, value in controls.items() if value is not None} | dict(values)
        return self._answer("POST", page.target(form), filled)

    def close(self) -> None:
        """Forget the cookies."""
        self._http.close()

    def _answer(self, method: str, url: str, filled: Mapping[str, str | Sequence[str]] | None = None) -> Page:
        answer = self._send(method, url, filled)
        reader = _Reader()
        reader.feed(answer.text)
        page = Page(answer.url, reader.root)
        if not answer.ok:
            raise BrowserFailed(f"{method} {url} was answered with {answer.status_code}: {_complaint(page)}")
        return page

    def _send(
        self, method: str, url: str, filled: Mapping[str, str | Sequence[str]] | None = None
    ) -> requests.Response:
        try:
            return self._http.request(method, url, data=filled, timeout=PATIENCE)
        except requests.RequestException as error:
            raise BrowserFailed(f"{url} does not answer ({type(error).__name__})") from error


class _Reader(HTMLParser):
    """Builds the tree; ends that are missing close with their parents."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def _controls(form: Node) -> dict[str, str | None]:
    """The form's fields and what they would send untouched; None for those that send nothing then."""
    found: dict[str, str | None] = {}
    for control in form.every("input"):
        name, value = control.attrs.get("name", ""), control.attrs.get("value", "")
        if control.attrs.get("type") in ("radio", "checkbox"):
            value_or_none = value or "on" if "checked" in control.attrs else None
            found[name] = value_or_none if value_or_none is not None else found.get(name)
        else:
            found[name] = value
    for control in form.every("textarea"):
        found[control.attrs.get("name", "")] = control.text.removeprefix("\n")
    for control in form.every("select"):
        options = list(control.every("option"))
        chosen = next((one for one in options if "selected" in one.attrs), options[0] if options else None)
        found[control.attrs.get("name", "")] = chosen.attrs.get("value", chosen.text) if chosen else None
    for control in form.every("button"):
        found.setdefault(control.attrs.get("name", ""), None)
    found.pop("", None)
    return found


def _complaint(page: Page) -> str:
    """The page's own words about what is wrong."""
    notes = [note.text for note in page.root.every("div") if "err" in note.attrs.get("class", "").split()]
    headings = [heading.text for heading in page.root.every("h1")]
    return " ".join(" ".join([*notes, *headings]).split())[:300] or "no words"
