"""What the two sides of a session have said about what went wrong, and what was decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.booking import BookingState
from marketplace.store.bookings import Booking
from marketplace.store.cases import Case

# What both sides may read. Disputes are between us and a bank, refunds that did not get through between us and Stripe.
SHOWN = ("problem", "no_show", "refund_beyond")


@dataclass(frozen=True, slots=True)
class SaidCase:
    """One case as its two sides read it. `side` is who opened it ('lead', 'expert', 'admin'), `mine` whether that was
    the viewer; `reason` is the admin's, '' before the verdict."""

    id: int
    kind: str
    side: str
    mine: bool
    opened_at: datetime
    words: str
    answered_at: datetime | None
    answer: str
    settled_at: datetime | None
    verdict: str
    reason: str
    may_answer: bool


def said_cases(session: Session, actor: Actor, booking: Booking) -> tuple[SaidCase, ...]:
    """The oldest first; one query."""
    rows: Iterable[Case] = session.scalars(
        select(Case).where(Case.booking_id == booking.id, Case.kind.in_(SHOWN)).order_by(Case.id)
    )
    return tuple(_said(actor, booking, row) for row in rows)


def _said(actor: Actor, booking: Booking, row: Case) -> SaidCase:
    beyond = row.kind == "refund_beyond"  # an admin's from the first word: it is the reason
    return SaidCase(
        id=row.id,
        kind=row.kind,
        side=row.side,
        mine=row.side == actor.role,
        opened_at=row.opened_at,
        words="" if beyond else row.words,
        answered_at=row.answered_at,
        answer=row.answer,
        settled_at=row.settled_at,
        verdict=row.verdict,
        reason=row.words if beyond else row.note,
        may_answer=_may_answer(actor, booking, row),
    )


def _may_answer(actor: Actor, booking: Booking, row: Case) -> bool:
    """The accused side of a problem, once, before the verdict."""
    waits = row.kind == "problem" and row.settled_at is None and row.answered_at is None
    party = actor.account_id in (booking.lead_id, booking.expert_id)
    return waits and party and booking.state == BookingState.ON_HOLD and row.side != actor.role
