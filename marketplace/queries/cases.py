"""Cases as admins see them: what waits for a verdict, and what a verdict may decide."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from marketplace.cashier.shares import kept_minor
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import BEYOND_POLICY, BookingState
from marketplace.domain.errors import NotFound
from marketplace.queries.booking_story import CaseRow, cases_of
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.cases import Case
from marketplace.store.offerings import OfferingRevision
from marketplace.work import Work

LISTED = 100

_Lead = aliased(Account, name="lead")
_Expert = aliased(Account, name="expert")


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case in the list; `side` is who opened it."""

    id: int
    booking_id: int
    reference: str
    title: str
    kind: str
    side: str
    lead: str
    expert: str
    opened_at: datetime
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class VerdictPage:
    """What an admin decides on; `kept` is what is left of the price in cents, and the most that can go back."""

    booking_id: int
    reference: str
    title: str
    lead: str
    expert: str
    state: str
    currency: str
    gross: int
    refunded: int
    kept: int
    cases: tuple[CaseRow, ...]

    @property
    def may_decide(self) -> bool:
        """Whether a problem waits for a verdict."""
        return self.state == BookingState.ON_HOLD

    @property
    def may_refund(self) -> bool:
        """Whether more than the policy may go back."""
        return BookingState(self.state) in BEYOND_POLICY and self.kept > 0


def open_cases(work: Work, actor: Actor) -> tuple[OpenCase, ...]:
    """What waits for a person, the oldest first; one query."""
    require(actor, Role.ADMIN)
    query = (
        select(
            Case.id,
            Case.booking_id,
            Booking.reference,
            OfferingRevision.title,
            Case.kind,
            Case.side,
            _Lead.name,
            _Expert.name,
            Case.opened_at,
            Case.words,
            Booking.state,
        )
        .join(Booking, Booking.id == Case.booking_id)
        .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
        .join(_Lead, _Lead.id == Booking.lead_id)
        .join(_Expert, _Expert.id == Booking.expert_id)
        .where(Case.settled_at.is_(None))
        .order_by(Case.opened_at, Case.id)
        .limit(LISTED)
    )
    with work.reading() as session:
        return tuple(OpenCase(*row) for row in session.execute(query))


def verdict_page(work: Work, actor: Actor, booking_id: int) -> VerdictPage:
    """A booking with its cases; `NotFound` for none. Two queries."""
    require(actor, Role.ADMIN)
    query = (
        select(Booking, OfferingRevision.title, _Lead.name, _Expert.name)
        .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
        .join(_Lead, _Lead.id == Booking.lead_id)
        .join(_Expert, _Expert.id == Booking.expert_id)
        .where(Booking.id == booking_id)
    )
    with work.reading() as session:
        row = session.execute(query).one_or_none()
        if row is None:
            raise NotFound("booking_not_found")
        booking, title, lead, expert = row
        return VerdictPage(
            booking_id=booking.id,
            reference=booking.reference,
            title=title,
            lead=lead,
            expert=expert,
            state=booking.state,
            currency=booking.currency,
            gross=booking.gross_minor,
            refunded=booking.refunded_minor,
            kept=kept_minor(booking),
            cases=cases_of(session, booking.id),
        )
