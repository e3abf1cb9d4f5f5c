"""Somebody with a token of their own tries what they should not: every try has its test."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import ANY

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.domain.errors import Invalid
from marketplace.domain.tokens import Scope
from marketplace.outside.calls import CallFailed, HttpsCaller
from marketplace.services import experts
from marketplace.store.api import ApiAnswer
from marketplace.work import Work
from tests.api.client import Program, token_for
from tests.api.conftest import ProgramOf
from tests.api.roles import OFFERING, REQUEST
from tests.cast import Cast
from tests.scene import Scene
from tests.web.market import Market

URL = "https://hooks.example.org/cadran"


@pytest.fixture
def work(work: Work) -> Work:
    """With the real judge of addresses; nothing is sent, for no worker runs."""
    return replace(work, caller=HttpsCaller(demo=False))


@pytest.fixture
def app(settings: Settings, work: Work) -> Flask:
    application = create_app(settings, work)
    application.testing = True
    return application


def test_a_token_makes_and_ends_no_tokens(app: Flask, work: Work, cast: Cast) -> None:
    """Pages know cookies only: a token opens none of them, whatever its scopes."""
    lea = Program(app, token_for(work, cast.lea))
    headers = {"Authorization": f"Bearer {lea.token}"}
    assert lea.client.get("/account", headers=headers).status_code in (302, 303)
    made = lea.client.post("/account/tokens/new", headers=headers, data={"name": "x", "scopes": ["read"], "days": "30"})
    assert made.status_code in (302, 303, 400)
    assert lea.get("/me").json["scopes"]


@pytest.mark.parametrize(
    "smuggled",
    [
        {"state": "published"},
        {"expert_id": 1},
        {"id": 7},
        {"live_revision_id": 1},
        {"own": {"state": "published"}},
        {"__class__": "Offering"},
    ],
)
def test_no_field_is_smuggled_in(program: ProgramOf, cast: Cast, scene: Scene, smuggled: dict[str, object]) -> None:
    answer = program(cast.amara).post("/offerings", {**OFFERING, **smuggled})
    assert (answer.status, answer.code) == (422, "field_unknown")
    assert answer.json["errors"][0]["field"].split(".")[0] == next(iter(smuggled))


def test_a_request_is_its_owners_whatever_the_body_says(program: ProgramOf, cast: Cast, scene: Scene) -> None:
    assert program(cast.lea).post("/requests", {**REQUEST, "lead_id": cast.hugo.id}).code == "field_unknown"


def test_ids_of_others_are_ids_of_nothing(program: ProgramOf, cast: Cast, scene: Scene) -> None:
    """The same answer, to the word, for what is somebody else's and for what does not exist."""
    theirs = scene.session(scene.offer(), lead=cast.marta)
    lea = program(cast.lea)
    for path in ("/bookings/{}", "/bookings/{}/note", "/bookings/{}/proposals", "/bookings/{}/absence"):
        foreign, nothing = lea.get(path.format(theirs)), lea.get(path.format(999_999))
        assert foreign.status == nothing.status == 404
        kept = ("code", "detail", "title", "status", "type")
        assert [foreign.json[name] for name in kept] == [nothing.json[name] for name in kept]


def test_booking_for_a_strangers_request(program: ProgramOf, cast: Cast, scene: Scene) -> None:
    """Its words would come along."""
    offering, request = scene.offer(), scene.ask(cast.marta)
    body = {"offering_id": offering, "starts_at": "2026-11-09T14:00:00Z", "request_id": request}
    answer = program(cast.lea).post("/bookings", body)
    assert (answer.status, answer.code) == (404, "brief")


def test_a_key_of_somebody_else_opens_nothing(program: ProgramOf, cast: Cast, scene: Scene) -> None:
    first = program(cast.lea).post("/requests", REQUEST, Idempotency_Key="same")
    second = program(cast.hugo).post("/requests", REQUEST, Idempotency_Key="same")
    assert second.status == 201
    assert second.json["id"] != first.json["id"]
    assert "Idempotency-Replayed" not in second.headers


def test_a_poorer_token_of_the_same_account_gets_no_kept_answer(program: ProgramOf, cast: Cast, scene: Scene) -> None:
    program(cast.lea).post("/requests", REQUEST, Idempotency_Key="mine")
    poor = program(cast.lea, Scope.READ, Scope.BOOKINGS).post("/requests", REQUEST, Idempotency_Key="mine")
    assert (poor.status, poor.code) == (403, "scope_missing")


def test_kept_answers_hold_no_secret(program: ProgramOf, cast: Cast, work: Work, scene: Scene) -> None:
    """A thief of the database has no use for what is kept for repeating."""
    lea, body = program(cast.lea), {"url": URL, "events": ["booking.held"]}
    added = lea.post("/me/webhooks", body, Idempotency_Key="once")
    with work.reading() as session:
        kept = " ".join(row.body for row in session.query(ApiAnswer))
    assert added.json["secret"].removeprefix("whsec_") not in kept
    again = lea.post("/me/webhooks", body, Idempotency_Key="once")
    assert again.json == added.json, "and yet the same answer comes again"


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WyIxIl0.AAAA", "a" * 501, "\u00e9", "%00"])
def test_cursors_are_not_made_up(program: ProgramOf, cast: Cast, cursor: str) -> None:
    answer = program(cast.lea).get(f"/requests?cursor={cursor}")
    assert answer.status in (400, 422)


def test_a_cursor_of_one_list_is_none_of_another(program: ProgramOf, cast: Cast, scene: Scene) -> None:
    for _ in range(2):
        scene.ask()
    lea = program(cast.lea)
    cursor = lea.get("/requests?limit=1").json["next"]
    assert lea.get(f"/bookings?cursor={cursor}").code == "cursor_unreadable"
    assert lea.get(f"/requests?cursor={cursor[:-2]}AA").code == "cursor_unreadable"


def edits_at_once(app: Flask, work: Work, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses of four edits of one version; each has passed the look at its ETag before any is written."""
    programs = [Program(app, token_for(work, cast.amara)) for _ in range(4)]
    etag = programs[0].get("/me/profile").headers["ETag"]
    about = "Four banks, eleven years, three core systems taken apart while they ran: I know where it hurts, and when."
    looked, met = threading.Barrier(len(programs)), []
    save_profile = experts.save_profile

    def save_together(*command: Any) -> None:
        looked.wait(timeout=30)
        save_profile(*command)

    def edit(number: int, program: Program) -> None:
        body = {"headline": f"Headline number {number}", "bio": about, "languages": ["fr"], "vat_scheme": "franchise"}
        met.append(program.call("PUT", "/me/profile", body, If_Match=etag).status)

    monkeypatch.setattr(experts, "save_profile", save_together)
    threads = [threading.Thread(target=edit, args=each) for each in enumerate(programs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(met)


def test_of_edits_at_once_one_is_kept_and_the_others_are_told(
    app: Flask, work: Work, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert edits_at_once(app, work, cast, monkeypatch) == [200, 412, 412, 412]


def test_control_without_a_second_look_in_the_transaction_they_overwrite_each_other(
    app: Flask, work: Work, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experts, "_profile", lambda _: ANY)
    assert edits_at_once(app, work, cast, monkeypatch) == [200, 200, 200, 200]


def test_a_huge_body_is_refused_before_it_is_read(program: ProgramOf, cast: Cast) -> None:
    amara = program(cast.amara)
    answer = amara.post("/offerings", {**OFFERING, "outcome": "x" * 70_000})
    assert (answer.status, answer.code) == (413, "body_too_large")


@pytest.mark.parametrize("body", ["[" * 30_000, '{"a":' * 10_000, "[" * 5_000 + "]" * 5_000, '"' + "\\u0000" * 9_000])
def test_deep_json_is_refused(program: ProgramOf, cast: Cast, body: str) -> None:
    amara = program(cast.amara)
    sent = {"Authorization": f"Bearer {amara.token}", "Content-Type": "application/json"}
    assert amara.client.post("/api/v1/offerings", data=body, headers=sent).status_code in (400, 422)


@pytest.mark.parametrize("words", ["a\u0000b", "\ud800", "\u202egnp.exe", "e\u0301" * 40, "\u200b" * 30, "\ufdfa" * 40])
def test_odd_characters_are_kept_or_refused_and_never_an_error(program: ProgramOf, cast: Cast, words: str) -> None:
    lea = program(cast.lea)
    sent = {"Authorization": f"Bearer {lea.token}", "Content-Type": "application/json"}
    body = json.dumps({**REQUEST, "title": words})
    answer = lea.client.post("/api/v1/requests", data=body, headers=sent)
    assert answer.status_code in (201, 400, 422)
    if answer.status_code == 201:
        found = answer.get_json()
        assert lea.get(f"/requests/{found['id']}").json["title"] == found["title"]
    assert lea.get(f"/search?q={words.encode('utf-8', 'surrogatepass').hex('%')}").status in (200, 400, 422)


@pytest.mark.parametrize("header", ["Idempotency_Key", "If_None_Match", "Accept_Language"])
def test_nothing_of_a_header_comes_back_in_one(program: ProgramOf, cast: Cast, scene: Scene, header: str) -> None:
    value = "fr%0d%0aSet-Cookie:%20x=1"
    answer = program(cast.lea).post("/requests", REQUEST, **{header: value})
    assert "Set-Cookie" not in answer.headers
    assert value not in " ".join(answer.headers.values())


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "https://hooks.example.org:8443/",
        "https://user:pw@hooks.example.org/",
        "https://hooks.example.org/\r\nX-Injected: 1",
        "https://hooks.example.org/ x",
        "https://[::1",
        "https:///nowhere",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "https://hooks.example.org/\u00e9",
        "https://hooks.example.org/" + "x" * 600,
        "gopher://127.0.0.1:6379/_FLUSHALL",
    ],
)
def test_webhooks_go_to_plain_https_addresses_only(url: str) -> None:
    with pytest.raises(Invalid, match="webhook_address"):
        HttpsCaller(demo=False).check(url)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
        "127.0.0.1",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1%eth0",
        "fd00::1",
    ],
)
def test_webhooks_reach_nothing_inside(address: str) -> None:
    """The name may lead anywhere: what counts is where it leads when it is called."""
    with pytest.raises(CallFailed, match="private_address"):
        HttpsCaller(demo=False, lookup=lambda _: [address]).call(URL, {}, b"{}")


def test_a_name_that_changes_its_mind_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the connection goes to the address that was judged, not to what the name says a moment later."""
    looked, went = [], []

    def lookup(_: str) -> list[str]:
        looked.append(1)
        return ["93.184.216.34"] if len(looked) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], *_rest: object, **_more: object) -> None:
        went.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(CallFailed, match="ConnectionRefusedError"):
        HttpsCaller(demo=False, lookup=lookup).call(URL, {}, b"{}")
    assert (len(looked), went) == (1, ["93.184.216.34"])


def test_a_webhook_is_not_led_elsewhere() -> None:
    """A redirect is an answer like any other: the place that it names hears nothing."""
    heard: list[str] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.path)
            self.send_response(307)
            self.send_header("Location", "/inside")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as door:
        threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        status = HttpsCaller(demo=True).call(f"http://127.0.0.1:{door.server_port}/hook", {}, b"{}")
        door.shutdown()
    assert (status, heard) == (307, ["/hook"])


def test_a_webhook_belongs_to_one_account(app: Flask, work: Work, cast: Cast) -> None:
    Market(work, cast)
    lea, hugo = (Program(app, token_for(work, person)) for person in (cast.lea, cast.hugo))
    mine = lea.post("/me/webhooks", {"url": URL, "events": ["booking.held"]}).json["id"]
    theirs = hugo.post("/me/webhooks", {"url": URL, "events": ["booking.held"]}).json["id"]
    sent = hugo.post(f"/me/webhooks/{theirs}/test").json["id"]
    for path in (f"{mine}/secret", f"{mine}/test", f"{mine}/enabling", f"{mine}/deliveries/{sent}/replay"):
        assert hugo.post(f"/me/webhooks/{path}").code == "webhook_unknown"
    assert lea.post(f"/me/webhooks/{mine}/deliveries/{sent}/replay").code == "delivery_unknown"
