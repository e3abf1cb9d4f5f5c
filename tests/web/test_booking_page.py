"""The page on which a lead chooses a slot: weeks, clocks, price, policy, mistakes, lost races, Stripe down."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from marketplace.domain.calendar import Slot, Span, quarters
from marketplace.domain.cancellation import STANDARD
from marketplace.store.bookings import Booking
from marketplace.store.briefs import Brief
from marketplace.store.calendars import occupy, set_date_hours, set_weekly_hours
from marketplace.store.experts import Expert
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from tests.calendars import add_booking
from tests.cast import Cast, StillClock
from tests.web.browse import Browser, Page

HOURS = ((Span(9 * 60, 15 * 60),),) * 5 + ((),) * 2  # in Montreal: 14 to 20 UTC until 1 November 2026
NINE = datetime(2026, 11, 5, 14, tzinfo=UTC)  # Thursday: the first slot after the two days of notice is on Wednesday
TEXTS = {"objective": "Leave with a list of gaps", "answer_0": "Two people", "format": "remote"}


@dataclass(frozen=True)
class Stage:
    """An offering of Amara in Montreal, seen by Marta in Lisbon."""

    path: str
    offering_id: int
    marta: Browser


@pytest.fixture
def stage(app: Flask, work: Work, cast: Cast) -> Stage:
    with work.transaction() as tx:
        set_weekly_hours(tx.session, cast.amara.id, HOURS)
        offering_id = add_offering(tx, cast.amara.id)
    return Stage(f"/offerings/{offering_id}/booking", offering_id, Browser(app).sign_in(cast.marta))


def add_offering(tx: Transaction, expert_id: int, **changes: object) -> int:
    offering = Offering(expert_id=expert_id, created_at=tx.now)
    tx.session.add(offering)
    tx.session.flush()
    says = {"format": "both", "city": "Montreal", "questions": ["How large is your team?"]} | changes
    revision = OfferingRevision(
        offering_id=offering.id, number=1, state="approved", language="en", title="Audit of AWS security",
        outcome="A list", experience="Ten audits", price_minor=117_000, created_at=tx.now, **says,
    )  # fmt: skip
    tx.session.add(revision)
    tx.session.flush()
    offering.live_revision_id, offering.state = revision.id, "published"
    return offering.id


def take(work: Work, expert_id: int, starts_at: datetime) -> None:
    slot = Slot(starts_at, starts_at + timedelta(hours=3))
    with work.transaction() as tx:
        occupy(tx.session, expert_id, quarters(slot, 0, 0), add_booking(tx, expert_id, slot))


def slots(page: Page) -> list[str]:
    """The slots that can be chosen, as they are read aloud."""
    return [str(radio["aria-label"]) for radio in page.soup.select("input[name=slot]")]


def chosen(page: Page) -> list[str]:
    return [str(radio["value"]) for radio in page.soup.select("input[name=slot][checked]")]


def send(stage: Stage, **typed: str) -> Page:
    return stage.marta.post(stage.path, **(TEXTS | {"slot": "2026-11-05T14:00Z"} | typed))


def test_the_first_week_with_a_free_slot_is_shown_on_the_viewers_clock(stage: Stage):
    page = stage.marta.get(stage.path)
    assert page.status == 200
    assert slots(page)[0] == "Wednesday 4 November, 14:00 to 17:00"
    assert slots(page)[1] == "Wednesday 4 November, 17:00 to 20:00"
    assert len(slots(page)) == 6
    assert "Lisbon time (UTC+0)" in page.text
    assert chosen(page) == []
    assert "Choose a slot" in page.soup.select_one(".sum .when").get_text()


def test_an_expert_with_a_long_notice_opens_on_the_first_free_week(stage: Stage, work: Work, cast: Cast):
    with work.transaction() as tx:
        tx.session.get_one(Expert, cast.amara.id).min_notice_hours = 240
    page = stage.marta.get(stage.path)
    assert page.soup.select_one(".weeknav h2").get_text() == "9 to 13 November 2026"
    assert slots(page)[0].startswith("Thursday 12 November")


def test_a_slot_in_the_address_is_marked_with_its_dial_and_the_moments_of_the_policy(stage: Stage):
    page = stage.marta.get(f"{stage.path}?slot=2026-11-11T17:00Z")
    assert chosen(page) == ["2026-11-11T17:00Z"]
    when = page.soup.select_one(".sum .when").get_text(" ", strip=True)
    assert when == "Wednesday 11 November 17:00 to 20:00"
    assert [q["data-q"] for q in page.soup.select(".sum .q.on")] == ["d"]
    refund = page.soup.select_one("span[data-refund]").get_text()
    assert "100% back if you cancel by Sunday 8 November, 17:00." in refund
    assert "50% back if you cancel by Tuesday 10 November, 17:00." in refund


def test_moments_of_the_policy_that_are_over_are_left_out(stage: Stage):
    page = stage.marta.get(f"{stage.path}?slot=2026-11-04T14:00Z")
    refund = page.soup.select_one("span[data-refund]").get_text()
    assert "100%" not in refund
    assert "50% back if you cancel by Tuesday 3 November, 14:00." in refund


@pytest.mark.parametrize("slot", ["nonsense", "2026-11-05T14:00", "2026-11-05T14:07Z", "2020-01-01T14:00Z"])
def test_a_slot_in_the_address_that_is_not_free_is_not_marked(stage: Stage, slot: str):
    page = stage.marta.get(f"{stage.path}?slot={slot}")
    assert page.status == 200
    assert chosen(page) == []


def test_the_experts_clock_shows_the_experts_hours(stage: Stage):
    page = stage.marta.get(f"{stage.path}?clock=expert")
    assert slots(page)[0] == "Wednesday 4 November, 9:00 to 12:00"
    assert page.soup.select_one("input[name=slot]")["data-q"] == "a"
    back = stage.marta.post(stage.path, switch="viewer", clock="expert", **TEXTS)
    assert slots(back)[0] == "Wednesday 4 November, 14:00 to 17:00"
    assert "Leave with a list of gaps" in back.soup.select_one("#objective").get_text()


def test_a_taken_slot_is_shown_as_taken_and_cannot_be_chosen(stage: Stage, work: Work, cast: Cast):
    take(work, cast.amara.id, NINE)
    page = stage.marta.get(stage.path)
    assert "Thursday 5 November, 14:00 to 17:00" not in slots(page)
    assert [box.get_text(" ", strip=True) for box in page.soup.select(".slot.off")].count("14:00 taken") == 1


def test_the_weekend_is_shown_only_where_it_has_slots(stage: Stage, work: Work, cast: Cast):
    assert len(stage.marta.get(stage.path).soup.select(".day")) == 5
    with work.transaction() as tx:
        set_date_hours(tx.session, cast.amara.id, date(2026, 11, 7), (Span(540, 720),))
    assert len(stage.marta.get(stage.path).soup.select(".day")) == 6


def test_turning_to_another_week_keeps_what_was_typed(stage: Stage):
    page = stage.marta.post(stage.path, week="2026-11-09", **TEXTS)
    assert page.status == 200
    assert slots(page)[0] == "Monday 9 November, 14:00 to 17:00"
    assert page.soup.select_one("#objective").get_text().strip() == "Leave with a list of gaps"
    assert page.soup.select_one("#answer_0").get_text().strip() == "Two people"
    assert not page.soup.select(".note.err")


def test_weeks_end_at_the_horizon_and_begin_today(stage: Stage):
    far = stage.marta.get(f"{stage.path}?week=2030-01-01")
    assert far.soup.select_one(".weeknav h2").get_text() == "28 December 2026 to 1 January 2027"
    assert [b["aria-label"] for b in far.soup.select(".weeknav button")] == ["Previous week"]
    past = stage.marta.get(f"{stage.path}?week=2020-01-01")
    assert [b["aria-label"] for b in past.soup.select(".weeknav button")] == ["Next week"]


def test_the_price_shows_vat_only_where_it_applies(stage: Stage, work: Work, cast: Cast):
    without = stage.marta.get(stage.path).soup.select_one(".sum dl").get_text(" ", strip=True)
    assert without.endswith("VAT not applicable (art. 293 B CGI) €0.00 Total incl. VAT €1,170.00")
    with work.transaction() as tx:
        tx.session.get_one(Expert, cast.amara.id).vat_scheme = "fr_vat"
    with_vat = stage.marta.get(stage.path).soup.select_one(".sum dl").get_text(" ", strip=True)
    assert with_vat.endswith("€1,170.00 VAT, 20% €234.00 Total incl. VAT €1,404.00")


def test_only_the_offerings_formats_can_be_chosen(stage: Stage, work: Work, cast: Cast):
    assert [r["value"] for r in stage.marta.get(stage.path).soup.select("input[name=format]")] == ["remote", "onsite"]
    with work.transaction() as tx:
        remote = add_offering(tx, cast.amara.id, format="remote", questions=[])
    page = stage.marta.get(f"/offerings/{remote}/booking")
    assert [r["value"] for r in page.soup.select("input[name=format]")] == ["remote"]
    assert not page.soup.select("#answer_0")


def test_missing_answers_are_told_beside_their_fields_and_the_rest_is_kept(stage: Stage):
    page = stage.marta.post(stage.path, objective="", answer_0="", format="teleport", po_number="PO-1", slot="")
    assert page.status == 422
    summary = page.soup.select_one(".note.err").get_text(" ", strip=True)
    assert "Choose a slot." in summary
    assert "Say what you want to achieve." in summary
    assert "Please answer this question: the expert prepares with it." in summary
    assert page.soup.select_one("#po_number")["value"] == "PO-1"
    assert {link["href"] for link in page.soup.select(".note.err a")} >= {"#slot", "#objective", "#answer_0"}


def test_a_slot_that_cannot_be_read_is_as_good_as_none(stage: Stage):
    page = send(stage, slot="tomorrow")
    assert page.status == 422
    assert "Choose a slot." in page.text


def test_a_lost_slot_comes_back_with_the_text_kept_and_the_nearest_marked(stage: Stage, work: Work, cast: Cast):
    take(work, cast.amara.id, NINE)
    page = send(stage)
    assert page.status == 409
    note = page.soup.select_one(".note.err").get_text(" ", strip=True)
    assert note.startswith("This slot has just been taken")
    assert "Nothing was charged and your text is kept." in note
    assert chosen(page) == ["2026-11-05T17:00Z"]
    assert page.soup.select_one(".note.err a")["href"] == "#s-2026-11-05T1700Z"
    assert "17:00 to 20:00" in page.soup.select_one(".sum .when").get_text()
    assert page.soup.select_one("#objective").get_text().strip() == "Leave with a list of gaps"
    assert page.soup.select_one("#answer_0").get_text().strip() == "Two people"


def test_a_slot_that_was_never_offered_is_refused_like_a_lost_one(stage: Stage):
    page = send(stage, slot="2026-11-05T15:00Z")
    assert page.status == 409
    assert "This slot is no longer offered" in page.text
    assert chosen(page) == ["2026-11-05T14:00Z"]


def test_a_slot_in_the_past_is_refused_with_the_next_one_marked(stage: Stage, clock: StillClock, cast: Cast):
    clock.advance(days=7)
    stage.marta.sign_in(cast.marta)
    page = send(stage)
    assert page.status == 409
    assert chosen(page) == ["2026-11-11T14:00Z"]


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_held(stage: Stage, work: Work, cast: Cast):
    seen = stage.marta.get(stage.path).fields(stage.path)["price"]
    with work.transaction() as tx:
        tx.session.get_one(Expert, cast.amara.id).vat_scheme = "fr_vat"
    page = send(stage, price=seen)
    assert page.status == 409
    assert "The price changed while you were writing" in page.text
    assert "Leave with a list of gaps" in page.soup.select_one("#objective").get_text()
    assert (seen, page.fields(stage.path)["price"]) == ("117000", "140400")
    with work.reading() as session:
        assert session.query(Booking).count() == 0
    assert send(stage, price="140400").status == 503, "Stripe is down in this test: the slot was about to be held"


def test_the_last_slot_lost_leads_to_a_request(stage: Stage, work: Work, cast: Cast):
    with work.transaction() as tx:
        set_weekly_hours(tx.session, cast.amara.id, ((),) * 7)
        set_date_hours(tx.session, cast.amara.id, NINE.date(), (Span(540, 720),))
    take(work, cast.amara.id, NINE)
    page = send(stage)
    assert page.status == 409
    assert "No other slot is free at the moment." in page.text
    assert page.soup.select_one(".note.err a")["href"] == "/requests/new"


@pytest.mark.usefixtures("sandbox")
def test_a_free_slot_is_held_and_the_lead_goes_on_to_the_payment(app: Flask, work: Work, cast: Cast):
    with work.transaction() as tx:
        set_weekly_hours(tx.session, cast.amara.id, HOURS)
        offering_id = add_offering(tx, cast.amara.id)
    stage = Stage(f"/offerings/{offering_id}/booking", offering_id, Browser(app).sign_in(cast.marta))
    page = send(stage, po_number=" PO-1 ", format="onsite")
    assert page.status == 303
    with work.reading() as session:
        booking = session.query(Booking).one()
    assert page.location == booking.checkout_url
    assert (booking.state, booking.starts_at, booking.format) == ("awaiting_payment", NINE, "onsite")
    assert (booking.objective, booking.answers, booking.po_number) == (TEXTS["objective"], ["Two people"], "PO-1")
    other = Browser(app).sign_in(cast.lea)
    assert other.post(stage.path, **(TEXTS | {"slot": "2026-11-05T14:00Z"})).status == 409


@pytest.mark.usefixtures("sandbox")
def test_somebody_with_three_unpaid_holds_keeps_the_text_and_is_told(stage: Stage):
    starts = ["2026-11-05T14:00Z", "2026-11-05T17:00Z", "2026-11-06T14:00Z", "2026-11-06T17:00Z"]
    pages = [send(stage, slot=start) for start in starts]
    assert [page.status for page in pages] == [303, 303, 303, 409]
    assert "The slot could not be held" in pages[3].text
    assert chosen(pages[3]) == ["2026-11-06T17:00Z"]
    assert pages[3].soup.select_one("#objective").get_text().strip() == "Leave with a list of gaps"


def test_when_stripe_is_down_the_texts_and_the_slot_are_kept(stage: Stage, work: Work):
    page = send(stage, po_number="PO-1")
    assert page.status == 503
    assert page.headers["Retry-After"] == "30"
    assert page.soup.select_one("#objective").get_text().strip() == "Leave with a list of gaps"
    assert page.soup.select_one("#po_number")["value"] == "PO-1"
    assert chosen(page) == ["2026-11-05T14:00Z"]
    with work.reading() as session:
        assert [booking.state for booking in session.query(Booking)] != ["awaiting_payment"]


def test_without_a_free_slot_the_lead_may_publish_a_request(stage: Stage, work: Work, cast: Cast):
    with work.transaction() as tx:
        set_weekly_hours(tx.session, cast.amara.id, ((),) * 7)
    page = stage.marta.get(stage.path)
    assert "No free slot at the moment" in page.text
    assert page.soup.select_one(".empty a")["href"] == "/requests/new"
    assert not page.soup.select(".weeknav")


def test_a_request_prefills_the_objective_and_stays_linked(stage: Stage, work: Work, cast: Cast):
    with work.transaction() as tx:
        brief = Brief(
            lead_id=cast.marta.id, title="ISO", problem="Audit soon", objectives="Pass the audit",
            created_at=tx.now, expires_at=tx.now + timedelta(days=30),
        )  # fmt: skip
        tx.session.add(brief)
        tx.session.flush()
        brief_id = brief.id
    page = stage.marta.get(f"{stage.path}?request={brief_id}")
    assert page.soup.select_one("#objective").get_text().strip() == "Pass the audit"
    assert page.soup.select_one("input[name=request]")["value"] == str(brief_id)


def test_somebody_elses_request_and_an_unknown_offering_are_not_found(stage: Stage, work: Work, cast: Cast):
    with work.transaction() as tx:
        brief = Brief(
            lead_id=cast.lea.id, title="ISO", problem="Audit", created_at=tx.now, expires_at=tx.now + timedelta(days=30)
        )
        tx.session.add(brief)
        tx.session.flush()
        brief_id = brief.id
    assert stage.marta.get(f"{stage.path}?request={brief_id}").status == 404
    assert stage.marta.get("/offerings/999999/booking").status == 404
    assert stage.marta.post("/offerings/999999/booking", **TEXTS).status == 404


def test_who_cannot_book_is_told_what_to_do(stage: Stage, app: Flask, cast: Cast):
    unverified = Browser(app).sign_in(replace(cast.noor))
    expert = Browser(app).sign_in(cast.amara)
    for page in (unverified.get(f"{stage.path}"), unverified.post(stage.path, **TEXTS)):
        assert page.status == 403
        assert page.soup.select_one(".empty a")["href"] == "/verification"
    assert expert.get(stage.path).status == 403
    assert "Sessions are booked with a lead’s account" in expert.get(stage.path).text
    anonymous = Browser(app).get(f"{stage.path}?slot=2026-11-05T14:00Z")
    assert anonymous.status == 303
    assert "next=" in anonymous.location


@pytest.mark.parametrize(
    ("state", "whose", "kept"), [("cancelled_by_expert", "marta", True), ("no_show_expert", "marta", True),
     ("confirmed", "marta", False), ("cancelled_by_expert", "lea", False)]
)  # fmt: skip
def test_after_a_session_that_did_not_take_place_nothing_is_written_twice(
    stage: Stage, work: Work, cast: Cast, state: str, whose: str, kept: bool
):
    """The texts come back and the slot nearest to the lost one is marked: one's own, and only of what has ended."""
    booking_id = _ended(work, stage, getattr(cast, whose).id, state)
    page = stage.marta.get(f"{stage.path}?again={booking_id}")
    fields = page.fields(stage.path)
    words = ("Leave with a list of gaps", "Two people", "PO-7")
    assert (fields["objective"], fields["answer_0"], fields["po_number"]) == (words if kept else ("", "", ""))
    assert fields.get("slot") == ("2026-11-06T14:00Z" if kept else None)
    if whose == "marta":
        button = f"/offerings/{stage.offering_id}/booking?again={booking_id}"
        session = stage.marta.get(f"/bookings/{booking_id}").soup
        assert bool(session.select(f'a[href="{button}"]')) is kept
        others = [link["href"] for link in session.select('a[href^="/search?free=14&q="]')]
        assert len(others) == kept
        assert all(stage.marta.get(str(href)).status == 200 for href in others)


def _ended(work: Work, stage: Stage, lead_id: int, state: str) -> int:
    """A session on Friday the 6th that came to this end; the Thursday before is taken."""
    friday = NINE + timedelta(days=1)
    with work.transaction() as tx:
        offering = tx.session.get_one(Offering, stage.offering_id)
        booking_id = add_booking(tx, offering.expert_id, Slot(friday, friday + timedelta(hours=3)))
        booking = tx.session.get_one(Booking, booking_id)
        booking.offering_id, booking.revision_id = offering.id, offering.live_revision_id or 0
        booking.lead_id, booking.state, booking.requested_at = lead_id, state, tx.now
        booking.policy = STANDARD.as_json()
        booking.objective, booking.answers, booking.po_number = "Leave with a list of gaps", ["Two people"], "PO-7"
        return booking_id
