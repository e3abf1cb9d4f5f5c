"""Does any parameter reach the database as SQL? sqlmap on every one: of the API, of every form and link of the pages.

`make injection`, or `python -m tests.api.injection --part 1/4` for a quarter. The targets are not written by hand: the
API's come from the operations that make the description, the pages' from the forms and links that they show to
everybody. A door that lets SQL in stands beside them, and has to be found.
"""

import argparse
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from bs4 import Tag
from flask import Flask, request

from marketplace.api.operation import OPERATIONS, Operation
from tests.api import roles as api_roles
from tests.api.contract import Served, quiet, served
from tests.web import roles as web_roles
from tests.web.browse import Browser, values_of

SQLMAP: Final = Path("var/sqlmap")
PEOPLE: Final = ("nobody", "lea", "amara", "ada")
MARK: Final = "*"  # where sqlmap puts its words in an address or a header
# What would end the session that the other targets need.
LAST_WORDS: Final = ("/sign-out", "/account/sessions/others/ending")

SOUND: Final = re.compile(r"parameter '([^']+)' does not (?:seem|appear) to be injectable")
DONE: Final = re.compile(r"all tested parameters do not appear to be injectable")
ONE: Final = re.compile(r"^\[\d+/\d+\] (?:URL|Form):$", re.MULTILINE)
TRIED: Final = re.compile(r"\[INFO\] skipping 'http")  # a link, all of whose parameters it has tried on that page
FOUND: Final = re.compile(r"^Parameter: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Target:
    """One request: `path` with its query, a body, headers. `parameters` counts what sqlmap has to try."""

    name: str
    method: str
    path: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    parameters: int = 0

    def written(self, host: str) -> str:
        """As a proxy would log it: what sqlmap reads."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", *(f"{name}: {v}" for name, v in self.headers)]
        rule = "=" * 54
        return "\n".join([rule, *lines, "", self.body, rule, ""])


def targets(site: Served) -> list[Target]:
    """Everything that takes a parameter."""
    found = [*_operations(site), *_headers(site), *_pages(site)]
    return [each for each in found if each.parameters]


def main() -> int:
    """0 when nothing is injectable, everything was tried, and the open door was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", default="1/1", help="2/4: the second quarter of the targets")
    parser.add_argument("--only", default="", help="the targets with this in their name")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--log", type=Path)
    asked = parser.parse_args()
    quiet()
    part, parts = (int(each) for each in asked.part.split("/"))
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), asked.port) as site:
        _open_a_door(site)
        _match_anything(site.app)
        everything = targets(site)
        mine = [each for each in everything[part - 1 :: parts] if asked.only in each.name]
        if asked.list:
            print(*(f"{each.parameters} {each.name}" for each in mine), sep="\n")
        print(
            f"{len(everything)} targets, {sum(each.parameters for each in everything)} parameters; part {asked.part}:"
        )
        if asked.list:
            return 0
        control = _run(site, [Target("control", "GET", "/door?id=1", parameters=1)], Path(folder), None)
        output = _run(site, mine, Path(folder), asked.log)
        return _told(mine, output, control)


def _told(mine: list[Target], output: str, control: str) -> int:
    wanted, sound = sum(each.parameters for each in mine), len(SOUND.findall(output))
    parts = ONE.split(output)[1:]
    done = sum(bool(DONE.search(part)) for part in parts) + len(TRIED.findall(output))
    found, door = FOUND.findall(output), FOUND.findall(control)
    print(f"{done} of {len(mine)} targets done, {wanted} parameters counted, {sound} tried and sound")
    for part in parts:
        if not DONE.search(part):
            lines = part.strip().splitlines()
            print("not done:", lines[0], lines[-1], sep="\n  ")
    print(f"{len(found)} injectable {found}; the open door: {'found' if door else 'NOT FOUND'}")
    return 0 if not found and door and done == len(mine) and sound >= wanted else 1


def _run(site: Served, some: list[Target], folder: Path, log: Path | None) -> str:
    """sqlmap's words about these targets."""
    requests = folder / "requests.log"
    requests.write_text("".join(each.written(urlsplit(site.address).netloc) for each in some), encoding="utf8")
    command = [sys.executable, str(SQLMAP / "sqlmap" / "sqlmap.py"), "-l", str(requests), "--batch"]
    command += ["--output-dir", str(folder / "out"), "--dbms", "SQLite", "--ignore-code", "*", "--flush-session"]
    command += ["--disable-coloring", "--time-sec", "3", "--technique", "BEUST"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if log:
        log.write_text(done.stdout + done.stderr, encoding="utf8")
    return done.stdout


def _open_a_door(site: Served) -> None:
    """The control: what asks for `?id=` puts it into SQL as it came."""
    rows = sqlite3.connect(":memory:", check_same_thread=False)
    rows.executescript("CREATE TABLE thing (id INTEGER, name TEXT); INSERT INTO thing VALUES (1, 'one'), (2, 'two');")

    def door() -> str:
        try:
            return str(rows.execute("SELECT name FROM thing WHERE id = " + request.args["id"]).fetchall())  # noqa: S608
        except sqlite3.Error:
            return "nothing"

    site.app.add_url_rule("/door", "door", door)


def _match_anything(app: Flask) -> None:
    """Edits go through whatever they were made from: a mark in If-Match would keep sqlmap from everything else."""
    inner = app.wsgi_app

    def outer(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("PUT", "PATCH"):
            environ["HTTP_IF_MATCH"] = "*"
        return inner(environ, start_response)

    app.wsgi_app = outer  # type: ignore[method-assign]


# The API: its operations, each as somebody who gets in.


def _operations(site: Served) -> Iterator[Target]:
    lines = {(line.method, line.rule): line for line in api_roles.LINES}
    for each in OPERATIONS:
        line = lines[each.method, each.rule]
        who = next(person for person in reversed(PEOPLE) if person in line.open_to)
        yield from _operation(site, each, line, who)


def _operation(site: Served, each: Operation, line: api_roles.Line, who: str) -> Iterator[Target]:
    """Its address, its query and its body are tried apart: sqlmap tries only what is marked where anything is."""
    name, headers = f"API {each.method} {each.rule} as {who}", tuple(_authorised(site, who))
    path = f"/api/v1{line.example.format(**site.world.ids)}"
    if each.body is not None:
        headers = (*headers, ("Content-Type", "application/json"))
    body = _json(site, each, line)
    marked = f"/api/v1{_marked(site, line)}"
    yield Target(f"{name}: address", each.method, marked, body, headers, marked.count(MARK))
    query = _query(each)
    yield Target(f"{name}: query", each.method, f"{path}?{urlencode(query)}", body, headers, len(query))
    if each.body is not None:
        yield Target(f"{name}: body", each.method, path, body, headers, _leaves(json.loads(body)))


def _authorised(site: Served, who: str) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {site.tokens[who]}")] if who in site.tokens else []


def _query(each: Operation) -> list[tuple[str, str]]:
    """A word for every parameter, of its kind."""
    found = []
    for name, schema in (each.query.model_json_schema(by_alias=True)["properties"] if each.query else {}).items():
        found.append((name, str(_example(schema))))
    return found


def _json(site: Served, each: Operation, line: api_roles.Line) -> str:
    """A value for every field of the body, and what makes it sensible."""
    if each.body is None:
        return ""
    schema = each.body.model_json_schema(by_alias=True)
    guessed = {name: _example(part) for name, part in schema["properties"].items()}
    return json.dumps(guessed | _filled(dict(line.body or {}), site))


def _example(schema: dict[str, Any]) -> Any:
    """Something of this shape."""
    chosen = next((each for each in schema.get("anyOf", ()) if each.get("type") != "null"), schema)
    if "enum" in chosen:
        return chosen["enum"][0]
    if chosen.get("type") == "array":
        return [_example(chosen["items"])]
    by_format = {"date": "2026-12-31", "date-time": "2026-11-16T09:00:00Z"}
    by_kind = {"integer": 1, "number": 4.5, "boolean": True}
    return by_format.get(chosen.get("format", "")) or by_kind.get(chosen.get("type", ""), "cloud")


def _filled(body: Any, site: Served) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, site) for name, value in body.items()}
    return site.world.ids[body[1:-1]] if isinstance(body, str) and body[:1] == "{" else body


def _leaves(body: Any) -> int:
    if isinstance(body, dict | list):
        return sum(_leaves(each) for each in (body.values() if isinstance(body, dict) else body))
    return 1


def _headers(site: Served) -> Iterator[Target]:
    """What programs write into headers."""
    token = site.tokens["lea"]
    known = ("Authorization", f"Bearer {token}")
    # Three addresses, because sqlmap leaves out what has the address of another.
    for name, value, path in (
        ("Authorization", f"Bearer {token}{MARK}", "/me"),
        ("Accept-Language", f"fr{MARK}", "/requests"),
        ("If-None-Match", f'"x{MARK}"', "/bookings"),
    ):
        yield Target(f"header {name}", "GET", f"/api/v1{path}", "", (known, (name, value))[name == known[0] :], 1)
    keyed = (known, ("Content-Type", "application/json"), ("Idempotency-Key", f"one{MARK}"))
    yield Target("header Idempotency-Key", "POST", "/api/v1/me/searches", '{"q": "cloud"}', keyed, 1)


# The pages: every address with a parameter, every form and every link with a query that they show.


def _pages(site: Served) -> Iterator[Target]:
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    for who in PEOPLE:
        browser = Browser(site.app)
        if who != "nobody":
            browser.sign_in(getattr(site.cast, who))
        for each in _of_person(site, browser, who):
            key = (each.method, re.sub(r"\d+", "N", urlsplit(each.path).path), tuple(sorted(_names(each))))
            if key not in seen and urlsplit(each.path).path not in LAST_WORDS:
                seen.add(key)
                yield each


def _of_person(site: Served, browser: Browser, who: str) -> Iterator[Target]:
    for line in web_roles.LINES:
        if who not in line.open_to:
            continue
        path = line.example.format(**site.world.ids)
        marked = _marked(site, line)
        yield _target(
            browser, f"page {line.method} {line.rule} as {who}: address", line.method, marked, dict(line.fields)
        )
        if line.method == "GET":
            yield from _on(browser, path, who)


def _on(browser: Browser, path: str, who: str) -> Iterator[Target]:
    """The forms and the links of one page."""
    page = browser.get(path)
    for form in page.soup.find_all("form"):
        action, method = str(form.get("action") or path), str(form.get("method", "get")).upper()
        fields = {name: _word(value) for name, value in values_of(form)} | _choices(form)
        yield _target(browser, f"form {method} {action} as {who}", method, action, fields)
    for link in page.soup.find_all("a", href=True):
        address = urlsplit(str(link["href"]))
        if address.query and not address.netloc:
            fields = dict(parse_qsl(address.query, keep_blank_values=True))
            yield _target(browser, f"link {address.path or path} as {who}", "GET", address.path or path, fields)


def _choices(form: Tag) -> dict[str, str]:
    """Boxes that are not ticked, and the buttons that say something."""
    boxes = form.select("input[type=checkbox][name], input[type=radio][name], button[name]")
    return {str(box["name"]): str(box.get("value", "on")) for box in boxes}


def _word(value: Any) -> str:
    return str((value or ["cloud"])[0] if isinstance(value, list) else value or "cloud")


def _target(browser: Browser, name: str, method: str, path: str, fields: dict[str, str]) -> Target:
    """With the browser's cookie; a form's CSRF token is sent as it is and not counted."""
    headers = [("Cookie", f"cadran={browser.cookie}")] if browser.cookie else []
    count = path.count(MARK) or len(set(fields) - {"csrf_token"})
    if method == "GET":
        query = urlencode(fields)
        return Target(
            name, method, f"{path}?{query}" if query and MARK not in path else path, "", tuple(headers), count
        )
    headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return Target(name, method, path, urlencode({**fields, "csrf_token": browser.csrf_token()}), tuple(headers), count)


def _names(each: Target) -> list[str]:
    text = urlsplit(each.path).query if each.method == "GET" else each.body
    return [MARK * each.path.count(MARK), *(name for name, _ in parse_qsl(text, keep_blank_values=True))]


def _marked(site: Served, line: api_roles.Line | web_roles.Line) -> str:
    """The example's address with a mark behind each part that the rule leaves open."""
    parts = zip(line.rule.split("/"), line.example.format(**site.world.ids).split("/"), strict=True)
    return "/".join(f"{part}{MARK}" if "<" in rule else part for rule, part in parts)


if __name__ == "__main__":
    sys.exit(main())
