"""Fetching from a stranger's address: where it may lead, how long, how much, and what it may not make us do."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from marketplace.domain.errors import Invalid
from marketplace.outside.https import LARGEST, HttpsFiles, is_public, look_up
from marketplace.outside.port import NoCalendars, Unreadable, checked_address
from tests.outside.stranger import HOST, URL, Stranger, answers, stranger

FILE = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def files(there: Stranger, **changes: object) -> HttpsFiles:
    usual = {
        "lookup": lambda _host: ["127.0.0.1"],
        "allowed": lambda address: address == "127.0.0.1",
        "port": there.port,
        "trust": there.trust,
    }
    return HttpsFiles(**(usual | changes))  # type: ignore[arg-type]


def refusal(fetcher: HttpsFiles, url: str = URL) -> str:
    with pytest.raises(Unreadable) as refused:
        fetcher.fetch(url)
    return refused.value.code


def test_a_file_comes_with_its_tags_and_the_server_learns_no_more_than_it_must():
    with stranger(answers(FILE, ETag='"a1"', Last_Modified="Mon, 02 Nov 2026 08:00:00 GMT")) as there:
        found = files(there).fetch(URL, '"a0"', "Sun, 01 Nov 2026 08:00:00 GMT")
    assert (found.body, found.etag, found.modified) == (FILE, '"a1"', "Mon, 02 Nov 2026 08:00:00 GMT")
    asked = there.asked[0]
    assert (asked["Host"].split(":")[0], asked["If-None-Match"]) == (HOST, '"a0"')
    assert asked["If-Modified-Since"] == "Sun, 01 Nov 2026 08:00:00 GMT"
    assert asked["Accept-Encoding"] == "identity"


def test_a_file_that_has_not_changed_is_not_sent_again():
    with stranger(answers(status=304)) as there:
        assert files(there).fetch(URL, '"a1"', "").body is None


def test_a_redirect_is_followed_and_looked_at_like_the_first_address():
    def moved(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/new.ics?x=1":
            answers(FILE)(handler)
        else:
            answers(status=302, Location="/new.ics?x=1")(handler)

    seen: list[str] = []
    with stranger(moved) as there:
        assert files(there, lookup=lambda host: [seen.append(host) or "127.0.0.1"]).fetch(URL).body == FILE
    assert seen == [HOST, HOST]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://calendar.example/plain.ics", "calendar_not_https"),
        ("https://inside.example/admin", "calendar_private"),
        ("https://calendar.example:8443/other-port", "calendar_not_https"),
        ("https://user:secret@calendar.example/", "calendar_not_https"),
        ("file:///etc/passwd", "calendar_not_https"),
        ("", "calendar_redirects"),  # to itself, for ever
    ],
)
def test_a_redirect_cannot_lead_where_the_first_address_could_not(target: str, code: str):
    with stranger(answers(status=301, Location=target)) as there:
        lookup = {HOST: ["127.0.0.1"], "inside.example": ["10.0.0.7"]}.__getitem__
        assert refusal(files(there, lookup=lookup)) == code
    assert len(there.asked) <= 4


def test_one_private_address_among_public_ones_is_one_too_many():
    with stranger(answers(FILE)) as there:
        assert refusal(files(there, lookup=lambda _: ["127.0.0.1", "192.168.1.1"])) == "calendar_private"
        assert refusal(files(there, lookup=lambda _: [])) == "calendar_private"
    assert there.asked == []


def test_a_name_that_changes_its_mind_after_the_look_gets_nothing(monkeypatch: pytest.MonkeyPatch):
    """DNS rebinding: the first answer is public, every later one leads inside. We ask once and go where we looked."""
    replies = iter([["127.0.0.1"]])
    dialled: list[str] = []
    real = socket.create_connection

    def dial(address: tuple[str, int], *rest: object) -> socket.socket:
        dialled.append(address[0])
        return real(address, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", dial)
    with stranger(answers(FILE)) as there:
        assert files(there, lookup=lambda _: next(replies)).fetch(URL).body == FILE
    assert dialled == ["127.0.0.1"]


def test_a_certificate_for_another_name_is_not_believed():
    with stranger(answers(FILE), host="other.example") as there:
        assert refusal(files(there)) == "calendar_untrusted"
    assert there.asked == []


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (answers(b"x" * (LARGEST + 1)), "calendar_too_large"),
        (answers(b"x" * 10, claims=1_000), "calendar_away"),
        (answers(FILE, Content_Encoding="gzip"), "calendar_unreadable"),
        (answers(status=404), "calendar_gone"),
        (answers(status=403), "calendar_gone"),
        (answers(status=500), "calendar_away"),
    ],
)
def test_what_is_no_whole_file_is_refused(behaviour, code: str):
    with stranger(behaviour) as there:
        assert refusal(files(there)) == code


def test_a_file_of_just_the_size_is_taken():
    with stranger(answers(b"x" * LARGEST)) as there:
        assert len(files(there).fetch(URL).body or b"") == LARGEST


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_drips_is_cut_off_when_time_is_over(part: str):
    stopped = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if part == "body" else b"X-Slow: "))
        while not stopped.wait(0.05):
            handler.wfile.write(b"z")

    with stranger(drip) as there:
        began = time.monotonic()
        assert refusal(files(there, seconds=0.6)) == "calendar_slow"
        stopped.set()
    assert time.monotonic() - began < 4


def test_nobody_there_is_away():
    with stranger(answers(FILE)) as there:
        pass
    assert refusal(files(there)) == "calendar_away"


def test_a_name_that_does_not_exist_is_away():
    with pytest.raises(Unreadable, match="calendar_away"):
        look_up("no-such-host.invalid")
    assert look_up("127.0.0.1") == ["127.0.0.1"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1",  # noqa: S104
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2001:0:0:0:0:0:80ff:fffe", "localhost", "",
    ],
)  # fmt: skip
def test_addresses_that_do_not_belong_to_the_open_internet(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "172.32.0.1", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_internet(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (" https://calendar.example/a.ics ", "https://calendar.example/a.ics"),
        ("webcal://calendar.example/a.ics", "https://calendar.example/a.ics"),
        ("WEBCALS://calendar.example/a.ics?k=1", "https://calendar.example/a.ics?k=1"),
        ("https://calendar.example:443/", "https://calendar.example:443/"),
    ],
)
def test_addresses_that_we_keep(words: str, kept: str):
    assert checked_address(words) == kept


@pytest.mark.parametrize(
    "words",
    [
        "", "calendar.example", "http://calendar.example/a.ics", "ftp://calendar.example/", "https://", "https:///a",
        "https://a:b@calendar.example/", "https://calendar.example:22/", "https://calendar.example:x/",
        "https://calendar.example/a b", "https://calendar.example/\r\nX: y", "https://[::1", "https://é.example/",
        "https://calendar.example/" + "a" * 1_000,
    ],
)  # fmt: skip
def test_addresses_that_we_refuse(words: str):
    with pytest.raises(Invalid, match="calendar_address"):
        checked_address(words)


def test_without_a_way_to_the_outside_every_calendar_is_away():
    with pytest.raises(Unreadable, match="calendar_away"):
        NoCalendars().fetch(URL, "", "")
    with pytest.raises(Unreadable, match="calendar_unreadable"):
        NoCalendars().busy(FILE, None)  # type: ignore[arg-type]
