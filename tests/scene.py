"""The market on stage: offerings with hours, requests, held sessions, and the worker’s steps without Stripe."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event, select, update

from marketplace import reactions
from marketplace.domain.booking import RATING_WINDOW
from marketplace.domain.brief import BriefText
from marketplace.domain.calendar import Span
from marketplace.domain.cancellation import STANDARD
from marketplace.domain.events import Event
from marketplace.domain.rating import DIMENSIONS, Side
from marketplace.reactions import indexing
from marketplace.services import briefs, letters, ratings
from marketplace.services.briefs import Publish
from marketplace.services.ratings import Rate
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.briefs import Invitation, Match
from marketplace.store.calendars import set_weekly_hours
from marketplace.store.experts import Expert, Standing
from marketplace.store.offerings import Offering
from marketplace.store.outbox import LetterRow, OutboxRow
from marketplace.store.ratings import Rating
from marketplace.store.transaction import Database
from marketplace.work import Work
from tests.cast import Cast, Person, StillClock
from tests.web.market import OFFERING, Market

PARIS = ZoneInfo("Europe/Paris")
CHATBOTS, BANKS, PRICING = 1, 2, 3  # the topics that Market makes
WEEKDAYS = ((Span(540, 1080),),) * 5 + ((),) * 2  # 9 to 18
REQUEST = BriefText(
    title="Roll out a chatbot to bank advisers",
    problem="Two thousand advisers should use a chatbot, and our compliance team blocks every launch of it.",
    objectives="A list of the questions that compliance will ask.",
    level="beginner",
    language="",
    earliest=None,
    latest=None,
    budget_minor=None,
    format="",
    city="",
    participants=1,
)

_references = count(1)


class Scene:
    """What is on the market and what people do there. Léa leads, Inès and Amara offer."""

    def __init__(self, work: Work, cast: Cast, clock: StillClock) -> None:
        self.work, self.cast, self.clock = work, cast, clock
        self.market = Market(work, cast)

    def offer(self, title: str = OFFERING.title, by: Person | None = None, **text: Any) -> int:
        """A published offering whose expert is free on weekdays from 9 to 18; in the index after `settle`."""
        expert = by or self.cast.amara
        with self.work.transaction() as tx:
            set_weekly_hours(tx.session, expert.id, WEEKDAYS)
        return self.market.published(replace(OFFERING, title=title, **text), expert)

    def ask(self, by: Person | None = None, **text: Any) -> int:
        """A published request; matched after `settle`."""
        return briefs.publish(self.work, Publish((by or self.cast.lea).actor, replace(REQUEST, **text), PARIS))

    def settle(self) -> None:
        """The worker goes round until nothing is due, but for what needs Stripe."""
        steps = (briefs.expire_due, ratings.open_windows_shut, reactions.deliver, indexing.catch_up, letters.send_due)
        while sum(step(self.work) for step in steps):
            pass

    def session(self, offering_id: int, state: str = "confirmed", lead: Person | None = None, **facts: Any) -> int:
        """A booking in this state that nobody paid for; it starts tomorrow unless the facts say otherwise."""
        who = lead or self.cast.lea
        with self.work.transaction() as tx:
            offering = tx.session.get_one(Offering, offering_id)
            starts_at = facts.pop("starts_at", tx.now + timedelta(days=1))
            row = Booking(
                reference=f"CAD-{next(_references):08}",
                offering_id=offering_id,
                revision_id=offering.live_revision_id,
                expert_id=offering.expert_id,
                lead_id=who.id,
                company_id=who.company_id,
                state=state,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=3),
                objective="Know what compliance will ask.",
                room="r",
                net_minor=90_000,
                vat_minor=0,
                gross_minor=90_000,
                commission_minor=13_500,
                commission_vat_minor=2_700,
                payout_minor=73_800,
                policy=STANDARD.as_json(),
                created_at=tx.now,
                requested_at=tx.now,
                hold_until=tx.now,
                **facts,
            )
            tx.session.add(row)
            tx.session.flush()
            return row.id

    def held(self, offering_id: int, lead: Person | None = None) -> int:
        """A session that ended an hour ago: both sides have 14 days to rate it."""
        ended = self.clock() - timedelta(hours=1)
        return self.session(
            offering_id, "awaiting_feedback", lead, starts_at=ended - timedelta(hours=3), rate_by=ended + RATING_WINDOW
        )

    def rate(self, booking_id: int, by: Person, overall: int = 5, recommend: bool = True, **words: Any) -> bool:
        """One side rates; every dimension like the whole."""
        side = Side.LEAD if by.role == "lead" else Side.EXPERT
        answers = dict.fromkeys(DIMENSIONS[side], overall)
        command = Rate(by.actor, booking_id, overall, answers, f"Said by {by.name}.", f"Note of {by.name}.", recommend)
        return ratings.rate(self.work, replace(command, **words))

    def tell(self, happened: Event) -> None:
        """Something happened."""
        with self.work.transaction() as tx:
            tx.emit(happened)

    def set_booking(self, booking_id: int, **facts: Any) -> None:
        with self.work.transaction() as tx:
            row = tx.session.get_one(Booking, booking_id)
            for name, value in facts.items():
                setattr(row, name, value)

    def set_expert(self, person: Person, **facts: Any) -> None:
        with self.work.transaction() as tx:
            row = tx.session.get_one(Expert, person.id)
            for name, value in facts.items():
                setattr(row, name, value)

    def booking(self, booking_id: int) -> Booking:
        with self.work.reading() as session:
            return session.get_one(Booking, booking_id)

    def all_read_english(self) -> None:
        """So that tests can quote pages and flashes of everybody in the language of the code."""
        with self.work.transaction() as tx:
            tx.session.execute(update(Account).values(language="en"))

    def ratings(self, booking_id: int) -> dict[str, Rating]:
        """By side, sealed or not."""
        with self.work.reading() as session:
            return {row.side: row for row in session.scalars(select(Rating).where(Rating.booking_id == booking_id))}

    def standing(self, person: Person) -> Standing:
        with self.work.reading() as session:
            return session.get_one(Standing, person.id)

    def matches(self, brief_id: int) -> list[int]:
        """The offerings kept for a request, best first."""
        with self.work.reading() as session:
            kept = select(Match.offering_id).where(Match.brief_id == brief_id)
            return list(session.scalars(kept.order_by(Match.score.desc(), Match.id)))

    def invitation(self, invitation_id: int) -> Invitation:
        with self.work.reading() as session:
            return session.get_one(Invitation, invitation_id)

    def events(self, name: str) -> list[dict[str, Any]]:
        with self.work.reading() as session:
            return list(
                session.scalars(select(OutboxRow.payload).where(OutboxRow.event == name).order_by(OutboxRow.id))
            )

    def letters(self, kind: str = "") -> list[LetterRow]:
        """All letters, or those of a kind, oldest first."""
        with self.work.reading() as session:
            rows = list(session.scalars(select(LetterRow).order_by(LetterRow.id)))
        return [row for row in rows if kind in ("", row.kind)]

    def told(self, kind: str) -> list[str]:
        """Whom the letters of a kind go to."""
        return [row.to_name for row in self.letters(kind)]

    def today(self) -> date:
        return self.clock().astimezone(PARIS).date()

    def at(self, days: float) -> datetime:
        """That many days from now."""
        return self.clock() + timedelta(days=days)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Every question the database is asked meanwhile; beginnings and ends of transactions do not count."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
