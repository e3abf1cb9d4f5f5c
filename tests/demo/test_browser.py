"""The story's browser on pages of our own."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from marketplace.demo.browser import Browser, BrowserFailed

PAGE = """<!doctype html><html><body><h1>Hello</h1><form action="/other"><input name="q"></form>
<form method="post"><input type="hidden" name="csrf_token" value="t1"><input name="name" value="Léa">
<textarea name="words">\nas they are</textarea><select name="day"><option value="1">one
<option value="2" selected>two
</select><input type="radio" name="size" value="s"><input type="radio" name="size" value="m" checked>
<input type="checkbox" name="news" value="yes"><button name="outcome" value="pay">Pay</button></form>
<p><a href="/a/1">first</a><br><a href="/b">second</a></body></html>"""


class Site(BaseHTTPRequestHandler):
    """Answers GET with the page, POST with what was sent, /wrong with an error."""

    def do_GET(self) -> None:
        if self.path == "/wrong":
            self._send(409, '<h1>Not possible</h1><div class="note err">Somebody was faster.</div>')
        else:
            self._send(200, PAGE)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
        self._send(200, f"<p>{sorted(sent.items())}</p>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""

    def _send(self, status: int, page: str) -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def browser() -> Iterator[Browser]:
    server = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    opened = Browser(f"http://127.0.0.1:{server.server_port}")
    yield opened
    opened.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_form_goes_with_its_hidden_and_prefilled_fields(browser: Browser) -> None:
    sent = browser.submit(browser.open("/form"), {"name": "Inès", "outcome": "pay"}).root.text
    assert sent == str(
        [
            ("csrf_token", ["t1"]),
            ("day", ["2"]),
            ("name", ["Inès"]),
            ("outcome", ["pay"]),
            ("size", ["m"]),
            ("words", ["as they are"]),
        ]
    )


def test_a_form_without_an_address_goes_to_its_own_page(browser: Browser) -> None:
    page = browser.open("/form")
    form = page.form(action="/form")
    assert form is not None
    assert page.target(form) == page.url


def test_links_are_found_by_a_part_of_their_address(browser: Browser) -> None:
    assert browser.open("/").links("/a/") == ("/a/1",)


def test_a_missing_form_and_a_missing_field_are_named(browser: Browser) -> None:
    page = browser.open("/form")
    with pytest.raises(BrowserFailed, match=r"no form .* with shoe_size"):
        browser.submit(page, {"shoe_size": "38"})
    with pytest.raises(BrowserFailed, match="no field called shoe_size"):
        browser.submit(page, {"shoe_size": "38"}, having="name")


def test_an_error_says_what_the_page_says(browser: Browser) -> None:
    with pytest.raises(BrowserFailed, match=r"409: Somebody was faster\. Not possible"):
        browser.open("/wrong")
