"""What waits for a lead, an expert and an admin when they come in."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.briefs import Brief, Invitation, Match
from marketplace.store.experts import Expert, WeeklyHours
from marketplace.store.money import AlertRow
from marketplace.store.offerings import OfferingRevision
from marketplace.store.ratings import Rating
from marketplace.store.transaction import Database
from tests.cast import START, Cast, Person, StillClock
from tests.web.browse import Browser, Page
from tests.web.test_home import publish

IN_THREE_DAYS = START + timedelta(days=3, hours=1)  # Thursday, 10:00 in Paris


@pytest.fixture
def offering_id(database: Database, cast: Cast) -> int:
    return publish(database, cast.ines, "Chatbots in a bank")


def book(database: Database, cast: Cast, state: str, starts_at: datetime, **more: Any) -> int:
    """Léa books Inès's only offering."""
    with database.transaction(START) as tx:
        booking = Booking(
            reference=f"CAD-{state[:6]}-{starts_at:%d%H}",
            offering_id=1,
            revision_id=1,
            expert_id=cast.ines.id,
            lead_id=cast.lea.id,
            company_id=cast.lea.company_id,
            state=state,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3),
            room="a-room-nobody-guesses",
            net_minor=90_000,
            vat_minor=18_000,
            gross_minor=108_000,
            commission_minor=13_500,
            commission_vat_minor=2_700,
            payout_minor=91_800,
            policy={"steps": []},
            created_at=START,
            hold_until=START + timedelta(minutes=15),
            **more,
        )
        tx.session.add(booking)
        tx.session.flush()
        return booking.id


def ask(database: Database, lead: Person, title: str) -> int:
    with database.transaction(START) as tx:
        brief = Brief(
            lead_id=lead.id, title=title, problem="…", created_at=START, expires_at=START + timedelta(days=30)
        )
        tx.session.add(brief)
        tx.session.flush()
        return brief.id


def dashboard(app: Flask, person: Person) -> Page:
    return Browser(app).sign_in(person).get("/dashboard?lang=en")


def links(page: Page) -> list[str]:
    return [str(link["href"]) for link in page.soup.select("main a")]


def test_strangers_are_sent_to_sign_in(app: Flask, cast: Cast) -> None:
    answer = Browser(app).get("/dashboard")
    assert answer.status == 303
    assert "/sign-in" in answer.location


class TestLead:
    def test_a_new_lead_finds_three_first_steps(self, app: Flask, cast: Cast) -> None:
        page = dashboard(app, cast.noor)
        assert "Three first steps" in page.text
        assert [link for link in links(page) if link in ("/verification", "/search", "/requests/new")] == [
            "/search",  # the button on top
            "/verification",
            "/search",
            "/requests/new",
        ]

    def test_a_step_that_is_done_is_no_link(self, app: Flask, cast: Cast) -> None:
        page = dashboard(app, cast.lea)
        assert "/verification" not in links(page)
        assert "Confirm your e-mail address (done)" in page.text

    @pytest.mark.usefixtures("offering_id")
    def test_the_next_session_has_its_dial(self, app: Flask, database: Database, cast: Cast) -> None:
        book(database, cast, "confirmed", IN_THREE_DAYS + timedelta(days=7))
        booking_id = book(database, cast, "confirmed", IN_THREE_DAYS)
        page = dashboard(app, cast.lea)
        assert "Your next session Thursday 5 November 10:00 to 13:00 Chatbots in a bank with Inès Caron" in page.text
        assert [path["data-q"] for path in page.soup.select(".card.dark .q.on")] == ["a"]
        assert f"/bookings/{booking_id}" in links(page)
        assert "Go to the room" not in page.text

    @pytest.mark.usefixtures("offering_id")
    def test_the_room_opens_a_quarter_of_an_hour_before(
        self, app: Flask, database: Database, cast: Cast, clock: StillClock
    ) -> None:
        book(database, cast, "confirmed", START + timedelta(minutes=16))
        assert "Go to the room" not in dashboard(app, cast.lea).text
        clock.advance(minutes=1)
        assert "Go to the room" in dashboard(app, cast.lea).text

    @pytest.mark.usefixtures("offering_id")
    def test_what_is_to_pay_and_to_rate_waits(self, app: Flask, database: Database, cast: Cast) -> None:
        unpaid = book(database, cast, "awaiting_payment", IN_THREE_DAYS)
        held = book(database, cast, "released", START - timedelta(days=2), rate_by=START + timedelta(days=12))
        page = dashboard(app, cast.lea)
        assert "Finish paying" in page.text
        assert f"/bookings/{unpaid}" in links(page)
        assert f"/bookings/{held}/rating" in links(page)

    @pytest.mark.usefixtures("offering_id")
    def test_what_was_rated_or_ran_out_waits_no_more(
        self, app: Flask, database: Database, cast: Cast, clock: StillClock
    ) -> None:
        book(database, cast, "awaiting_payment", IN_THREE_DAYS)
        held = book(database, cast, "released", START - timedelta(days=2), rate_by=START + timedelta(days=12))
        with database.transaction(START) as tx:
            tx.session.add(
                Rating(
                    booking_id=held,
                    offering_id=1,
                    side="lead",
                    author_id=cast.lea.id,
                    subject_id=cast.ines.id,
                    overall=5,
                    dimensions={},
                    recommend=True,
                    given_at=START,
                )
            )
        clock.advance(minutes=15)
        assert "Nothing waits for you." in dashboard(app, cast.lea).text

    def test_open_requests_say_how_many_offerings_fit(
        self, app: Flask, database: Database, cast: Cast, offering_id: int
    ) -> None:
        brief_id = ask(database, cast.lea, "Our chatbot answers nobody")
        with database.transaction(START) as tx:
            tx.session.add(Match(brief_id=brief_id, offering_id=offering_id, score=0.5, parts={}, created_at=START))
        page = dashboard(app, cast.lea)
        assert "Our chatbot answers nobody 1 offering fits, open until Wednesday 2 December" in page.text
        assert f"/requests/{brief_id}" in links(page)

    @pytest.mark.usefixtures("offering_id")
    def test_nobody_sees_the_sessions_of_a_colleague(self, app: Flask, database: Database, cast: Cast) -> None:
        book(database, cast, "confirmed", IN_THREE_DAYS)
        ask(database, cast.lea, "A secret of Léa")
        page = dashboard(app, cast.hugo)
        assert "Chatbots" not in page.text
        assert "secret" not in page.text


class TestExpert:
    def test_a_new_expert_sees_what_is_missing(self, app: Flask, cast: Cast) -> None:
        page = dashboard(app, cast.jeanne)
        assert "Before you can be booked" in page.text
        for address in ("/expert/profile", "/expert/availability", "/expert/offerings", "/expert/earnings"):
            assert address in links(page)

    def test_an_application_is_being_read(self, app: Flask, database: Database, cast: Cast) -> None:
        with database.transaction(START) as tx:
            tx.session.get_one(Expert, cast.jeanne.id).vetting = "applied"
        assert "We are reading your application." in dashboard(app, cast.jeanne).text

    @pytest.mark.usefixtures("offering_id")
    def test_the_list_is_gone_when_nothing_is_missing(self, app: Flask, database: Database, cast: Cast) -> None:
        with database.transaction(START) as tx:
            tx.session.add(WeeklyHours(expert_id=cast.ines.id, weekday=0, opens=540, closes=720))
            expert = tx.session.get_one(Expert, cast.ines.id)
            expert.bio, expert.payouts_active = "Twelve years of it.", True
        assert "Before you can be booked" not in dashboard(app, cast.ines).text

    @pytest.mark.usefixtures("offering_id")
    def test_requests_to_answer_show_their_deadline(
        self, app: Flask, database: Database, cast: Cast, clock: StillClock
    ) -> None:
        book(database, cast, "requested", IN_THREE_DAYS, accept_by=START + timedelta(hours=48))
        assert "Accept or decline : Chatbots in a bank" in dashboard(app, cast.ines).text
        assert "until Wed 4 Nov, 9:00" in dashboard(app, cast.ines).text
        clock.advance(hours=48)
        assert "Accept or decline" not in dashboard(app, cast.ines).text

    def test_invitations_lead_to_their_request(
        self, app: Flask, database: Database, cast: Cast, offering_id: int
    ) -> None:
        brief_id = ask(database, cast.lea, "Our chatbot answers nobody")
        with database.transaction(START) as tx:
            tx.session.add(
                Invitation(
                    brief_id=brief_id,
                    offering_id=offering_id,
                    expert_id=cast.ines.id,
                    kind="invitation",
                    created_at=START,
                    expires_at=START + timedelta(days=7),
                )
            )
        page = dashboard(app, cast.ines)
        assert "Our chatbot answers nobody Léa Martin" in page.text
        assert f"/expert/requests/{brief_id}" in links(page)

    @pytest.mark.usefixtures("offering_id")
    def test_money_on_its_way_and_money_sent_are_apart(self, app: Flask, database: Database, cast: Cast) -> None:
        book(database, cast, "confirmed", IN_THREE_DAYS)
        book(database, cast, "payout_blocked", START - timedelta(days=5))
        book(database, cast, "released", START - timedelta(days=9))
        book(database, cast, "declined", START - timedelta(days=20))
        assert "On its way to you €1,836.00 Sent so far €918.00" in dashboard(app, cast.ines).text


class TestAdmin:
    def test_a_quiet_day(self, app: Flask, cast: Cast) -> None:
        text = dashboard(app, cast.ada).text
        assert "0 in the queue 0 experts to vet" in text
        assert "Nothing needs a person." in text

    def test_the_queue_shows_its_age(
        self, app: Flask, database: Database, cast: Cast, clock: StillClock, offering_id: int
    ) -> None:
        with database.transaction(START) as tx:
            tx.session.get_one(OfferingRevision, offering_id).state = "in_review"
            tx.session.get_one(OfferingRevision, offering_id).submitted_at = START
            expert = tx.session.get_one(Expert, cast.jeanne.id)
            expert.vetting, expert.applied_at = "applied", START + timedelta(hours=1)
        clock.advance(hours=5)
        assert "2 in the queue, the first for 5 hours 1 experts to vet" in dashboard(app, cast.ada).text.replace(
            "\xa0", " "
        )

    @pytest.mark.usefixtures("offering_id")
    def test_numbers_count_what_was_paid_and_kept(self, app: Flask, database: Database, cast: Cast) -> None:
        book(database, cast, "confirmed", IN_THREE_DAYS, accepted_at=START)
        book(database, cast, "cancelled_by_lead", IN_THREE_DAYS, accepted_at=START, refunded_minor=54_000)
        book(database, cast, "released", START - timedelta(days=40), accepted_at=START - timedelta(days=31))
        text = dashboard(app, cast.ada).text
        assert "2 sessions accepted in 30 days" in text
        assert "€1,620 paid for them" in text

    def test_open_alerts_are_listed(self, app: Flask, database: Database, cast: Cast) -> None:
        with database.transaction(START) as tx:
            tx.session.add(AlertRow(code="amount_mismatch", subject="booking:3", at=START))
            tx.session.add(AlertRow(code="settled", subject="booking:4", at=START, settled_at=START))
        text = dashboard(app, cast.ada).text
        assert "booking:3" in text
        assert "booking:4" not in text


def test_times_are_those_of_the_viewers_zone(app: Flask, database: Database, cast: Cast, offering_id: int) -> None:
    book(database, cast, "confirmed", IN_THREE_DAYS)
    with database.transaction(START) as tx:
        tx.session.get_one(Account, cast.lea.id).zone = "America/Montreal"
    page = dashboard(app, cast.lea)
    assert "4:00 to 7:00" in page.text
    assert [path["data-q"] for path in page.soup.select(".card.dark .q.on")] == ["d"]
