"""The offering's public page."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from marketplace.services import people
from marketplace.store.bookings import Booking
from marketplace.store.experts import WeeklyHours
from marketplace.store.ratings import Rating
from tests.web.browse import Browser
from tests.web.market import OFFERING, Market


@pytest.fixture
def market(work, cast):
    return Market(work, cast)


@pytest.fixture
def visitor(app):
    return Browser(app)


def test_the_page_says_what_who_and_how_much(visitor, market, cast):
    offering_id = market.published()
    page = visitor.get(f"/offerings/{offering_id}")
    assert page.status == 200
    assert page.soup.h1.get_text() == OFFERING.title
    for words in (OFFERING.outcome, OFFERING.experience, cast.amara.name, "Who owns the project?", "Chatbots"):
        assert words in page.text
    assert page.soup.find("a", href="/search?topic=1").get_text() == "Chatbots"
    assert "No ratings yet" in page.text
    assert "€900.00" in page.text
    assert "art. 293 B" in page.text


def test_the_words_in_the_address_do_not_matter(visitor, market):
    offering_id = market.published()
    page = visitor.get(f"/offerings/{offering_id}-other-words")
    assert page.status == 200
    assert page.soup.find("link", rel="canonical")["href"].endswith(
        f"/offerings/{offering_id}-roll-out-a-chatbot-in-a-bank"
    )


def test_vat_is_shown_apart(visitor, market, work, cast):
    offering_id = market.published()
    market.set_vat(cast.amara, "fr_vat")
    page = visitor.get(f"/offerings/{offering_id}")
    for amount in ("€900.00", "€180.00", "€1,080.00"):
        assert amount in page.text


def test_without_a_free_slot_a_request_is_offered(visitor, market):
    page = visitor.get(f"/offerings/{market.published()}")
    assert "No free slot" in page.text
    assert page.soup.find("main").find("a", href="/requests/new")


def test_the_next_slots_lead_to_booking(visitor, market, work, cast):
    offering_id = market.published()
    with work.transaction() as tx:
        tx.session.add_all(
            [WeeklyHours(expert_id=cast.amara.id, weekday=day, opens=540, closes=1080) for day in range(5)]
        )
    page = visitor.get(f"/offerings/{offering_id}")
    links = [a["href"] for a in page.soup.select(".slots a")]
    assert len(links) == 6
    assert links[0].startswith(f"/offerings/{offering_id}/booking?slot=2026-11-")


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_what_is_not_published_is_not_there(visitor, market, state):
    offering_id = getattr(market, state)()
    assert visitor.get(f"/offerings/{offering_id}").status == 404


def test_a_gone_offering_offers_three_similar_ones(visitor, market, cast):
    for number in range(4):
        market.published(replace(OFFERING, title=f"Another chatbot, number {number}"))
    market.published(replace(OFFERING, title="Nothing in common", topic_ids=(3,)), cast.ines)
    gone = market.published()
    market.withdraw(gone)
    page = visitor.get(f"/offerings/{gone}")
    assert page.status == 404
    assert len(page.soup.select("li.offer")) == 3
    assert "Nothing in common" not in page.text
    assert visitor.get("/offerings/999").status == 404


def test_a_suspended_experts_offerings_disappear(visitor, market, work, cast):
    offering_id = market.published()
    people.suspend(work, people.Suspend(cast.ada.actor, cast.amara.id, "Sells phone numbers"))
    assert visitor.get(f"/offerings/{offering_id}").status == 404
    assert visitor.get(f"/experts/{cast.amara.id}").status == 404


def test_the_owner_finds_the_way_to_the_rank(app, market, cast):
    offering_id = market.published()
    page = Browser(app).sign_in(cast.amara).get(f"/offerings/{offering_id}")
    assert page.soup.find("main").find("a", href="/standing")
    assert not Browser(app).get(f"/offerings/{offering_id}").soup.find("main").find("a", href="/standing")


def test_only_revealed_ratings_by_leads_are_shown(visitor, market, work, cast):
    offering_id = market.published()
    rate(work, market, offering_id, cast, "Worth every minute", revealed=True)
    rate(work, market, offering_id, cast, "Still sealed", revealed=False)
    for path in (f"/offerings/{offering_id}", f"/experts/{cast.amara.id}"):
        page = visitor.get(path)
        assert "Worth every minute" in page.text
        assert "Léa M." in page.text
        assert "Still sealed" not in page.html
        assert "for your eyes only" not in page.html


def test_the_page_asks_the_same_number_of_questions_however_many_ratings(visitor, market, work, cast):
    offering_id = market.published()
    alone = queries_of(work, lambda: visitor.get(f"/offerings/{offering_id}"))
    for number in range(5):
        rate(work, market, offering_id, cast, f"Comment {number}", revealed=True)
    assert queries_of(work, lambda: visitor.get(f"/offerings/{offering_id}")) == alone


def test_an_experts_page_shows_offerings_and_vetting(visitor, market, cast):
    market.published()
    page = visitor.get(f"/experts/{cast.amara.id}")
    assert page.status == 200
    assert OFFERING.title in page.text
    assert "Verified by us on" in page.text


def test_an_unvetted_expert_and_a_lead_have_no_page(visitor, market, cast):
    assert visitor.get(f"/experts/{cast.jeanne.id}").status == 404
    assert visitor.get(f"/experts/{cast.lea.id}").status == 404
    assert visitor.get("/experts/999").status == 404


def rate(work, market, offering_id, cast, comment, *, revealed):
    with work.transaction() as tx:
        booking = Booking(
            reference=f"CAD-{comment[-8:]}",
            offering_id=offering_id,
            revision_id=market.revision(offering_id).id,
            expert_id=cast.amara.id,
            lead_id=cast.lea.id,
            state="awaiting_feedback",
            starts_at=tx.now,
            ends_at=tx.now.replace(hour=tx.now.hour + 3),
            room="room",
            net_minor=1,
            vat_minor=0,
            gross_minor=1,
            commission_minor=0,
            commission_vat_minor=0,
            payout_minor=1,
            policy={"steps": []},
            created_at=tx.now,
            hold_until=tx.now,
        )
        tx.session.add(booking)
        tx.session.flush()
        tx.session.add(
            Rating(
                booking_id=booking.id,
                offering_id=offering_id,
                side="lead",
                author_id=cast.lea.id,
                subject_id=cast.amara.id,
                overall=5,
                dimensions={},
                comment=comment,
                private_note="for your eyes only",
                recommend=True,
                given_at=tx.now,
                revealed_at=tx.now if revealed else None,
            )
        )


def queries_of(work, do):
    asked = []
    event.listen(work.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    before = len(asked)
    do()
    return len(asked) - before
