"""Nonsense in addresses and forms is refused politely: never a 500, whatever the numbers, dates and characters."""

from time import perf_counter
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.services.briefs import Propose, propose
from marketplace.services.moderation import Item, claim_revision
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.web.incoming import LARGEST_ID, whole
from marketplace.web.offerings_forms import PRICE
from tests.api.client import Program
from tests.scene import Scene
from tests.web.browse import Browser

BEYOND = (str(LARGEST_ID + 1), "9223372036854775808", "9" * 30)
DAYS = (
    {"earliest": "0001-01-01"},
    {"earliest": "0001-01-01", "latest": "2026-11-06"},
    {"latest": "9999-12-31"},
    {"earliest": "9999-12-31"},
)
ASKED = {
    "title": "Roll out a chatbot to bank advisers",
    "problem": "Two thousand advisers should use a chatbot, and compliance blocks every launch of it.",
    "level": "beginner",
    "language": "",
    "format": "",
    "participants": "1",
}
# Where SQLite stops, and where Python refuses to read a number at all.
MANGLED = ("9223372036854775808", "9" * 5000)


@pytest.fixture
def app(app: Flask) -> Flask:
    app.testing = False  # unforeseen errors become pages, as in production
    return app


@pytest.mark.parametrize("number", BEYOND)
def test_an_id_that_no_row_can_have_is_an_address_that_does_not_exist(app, cast, number):
    lea, ines, ada = (Browser(app).sign_in(each) for each in (cast.lea, cast.ines, cast.ada))
    assert Browser(app).get(f"/offerings/{number}").status == 404
    assert Browser(app).get(f"/offerings/{number}-audit").status == 404
    assert Browser(app).get(f"/experts/{number}").status == 404
    assert lea.get(f"/bookings/{number}").status == 404
    assert lea.post(f"/bookings/{number}/withdrawal").status == 404
    assert lea.post(f"/invitations/{number}/answer", answer="accept").status == 404
    assert ines.post(f"/ratings/{number}/reply", text="Thank you.").status == 404
    assert ines.get(f"/expert/offerings/{number}").status == 404
    assert ada.get(f"/admin/people/{number}").status == 404
    assert ada.post(f"/admin/alerts/{number}/settlement").status == 404


@pytest.mark.parametrize("number", MANGLED)
def test_a_mangled_hidden_number_is_refused_and_not_broken_over(app, cast, scene: Scene, number):
    lea, ines, ada = (Browser(app).sign_in(each) for each in (cast.lea, cast.ines, cast.ada))
    offering_id, brief_id = scene.offer(by=cast.ines), scene.ask()
    scene.settle()
    assert lea.post(f"/requests/{brief_id}/invitations", offering_id=number, note="").status == 400
    form = ines.get(f"/expert/offerings/{offering_id}")
    for name in ("number", "version"):
        assert ines.submit(form, f"/expert/offerings/{offering_id}", **{name: number}).status == 409
    revision_id = _in_review(scene, offering_id)
    claim_revision(scene.work, Item(cast.ada.actor, revision_id))
    sent = ada.post(f"/admin/queue/offering/{revision_id}/verdict", version=number, verdict="approve", reason="")
    assert sent.status == 409


def test_a_mangled_request_leads_back_to_the_list_after_an_answer(app, cast, scene: Scene):
    offering_id, brief_id = scene.offer(), scene.ask()
    scene.settle()
    proposal = propose(scene.work, Propose(cast.amara.actor, brief_id, offering_id, ""))
    lea = Browser(app).sign_in(cast.lea)
    assert lea.post(f"/invitations/{proposal}/answer", answer="accept", brief="9" * 5000).location == "/requests"


@pytest.mark.parametrize("number", MANGLED)
def test_a_journal_filter_that_no_row_can_have_filters_nothing_and_finds_nobody(app, cast, number):
    ada = Browser(app).sign_in(cast.ada)
    assert ada.get(f"/admin/journal?subject_id={number[:40]}").status == 200
    assert ada.get(f"/admin/journal?actor={number[:40]}").status == 200


@pytest.mark.parametrize(
    "slot",
    [
        "0001-01-01T00:00+14:00",
        "0001-01-01T05:00Z",
        "9999-12-31T23:59-12:00",
        "9999-12-31T23:00Z",
        "2999-12-31T23:00-12:00",
        "1970-01-01T00:00Z",
    ],
)
def test_a_slot_at_the_end_of_time_is_no_slot(app, cast, scene: Scene, slot):
    path = f"/offerings/{scene.offer()}/booking"
    lea = Browser(app).sign_in(cast.lea)
    assert lea.get(f"{path}?slot={slot.replace('+', '%2B')}").status == 200
    sent = lea.post(path, slot=slot, objective="Know the gaps.", format="remote", answer_0="Forty.", answer_1="Two.")
    assert sent.status in (409, 422)


def test_a_text_that_a_database_cannot_store_is_refused(app, cast):
    lea = Browser(app).sign_in(cast.lea)
    assert lea.get("/search?q=a%00b").status == 400
    assert lea.get("/search?a%00b=q").status == 400
    sent = lea.post("/account/preferences", name="Léa\0Martin", language="fr", zone="Europe/Paris")
    assert sent.status == 400


@pytest.mark.parametrize("typed", ["1" + " " * 100_000 + "x", "1" * 99_999])
def test_a_price_is_read_in_no_time_however_long_it_is(typed: str):
    began = perf_counter()
    PRICE.fullmatch(typed)
    assert perf_counter() - began < 1


@pytest.mark.parametrize("amount", ["9" * 20, "1" * 5001, "1" + " " * 10_000 + "x"])
def test_an_amount_that_nobody_pays_is_refused(app, cast, scene: Scene, amount):
    lea, ines = Browser(app).sign_in(cast.lea), Browser(app).sign_in(cast.ines)
    assert lea.post("/requests/new", **ASKED, budget=amount).status == 422
    path = f"/expert/offerings/{scene.offer(by=cast.ines)}"
    assert ines.submit(ines.get(path), path, price=amount).status == 422


@pytest.mark.parametrize("days", DAYS)
def test_a_request_for_the_end_of_time_is_matched_like_any_other_or_refused(app, cast, scene: Scene, days):
    scene.offer()
    scene.settle()
    lea = Browser(app).sign_in(cast.lea)
    sent = lea.post("/requests/new", **ASKED, **days)
    assert sent.status in (303, 422)
    if sent.status == 303:
        assert lea.get(sent.location).status == 200
        scene.settle()
        assert lea.get(sent.location).status == 200


@pytest.mark.parametrize("signs", ["\U0005a534", "\uffff", "👩\u200d💻", "\u0301", "\u00ad", "!?", "…", '""'])
def test_a_request_of_signs_without_a_word_is_answered(app, cast, scene: Scene, signs):
    """There is an offering, and what stands beside it is asked for."""
    scene.offer()
    scene.settle()
    lea = Browser(app).sign_in(cast.lea)
    assert lea.get(f"/search?q={quote(signs)}").status == 200
    assert lea.get(f"/search?q={quote(signs)}&sort=price").status == 200
    assert Program(app).get(f"/search?q={quote(signs)}").status == 200


def test_a_hidden_number_is_read_or_fits_nothing():
    assert [whole(each) for each in ("0", "12", str(LARGEST_ID))] == [0, 12, LARGEST_ID]
    assert {whole(each) for each in ("", "x", "-1", "1.5", "²", "٣", None, *BEYOND, *MANGLED)} == {-1}


def test_the_way_back_never_leaves_the_site(app):
    page = Browser(app).get("/bookings/nowhere", Referer="http://localhost//evil.example/x")
    assert "evil.example" not in page.html


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "http://[x]:y/", "//", "http://localhost:99999999/x"])
def test_a_mangled_referrer_leads_nowhere(app, address):
    assert Browser(app).get("/nowhere", Referer=address).status == 404


def _in_review(scene: Scene, offering_id: int) -> int:
    """Put the offering's text before the admins, as if it were new."""
    with scene.work.transaction() as tx:
        offering = tx.session.get_one(Offering, offering_id)
        revision = tx.session.scalars(select(OfferingRevision).where(OfferingRevision.offering_id == offering_id)).one()
        offering.state, offering.live_revision_id = "in_review", None
        revision.state, revision.submitted_at = "in_review", tx.now
        return revision.id
