"""The times that the two sides of a session proposed to each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor, Role
from marketplace.domain.errors import NotFound
from marketplace.store.bookings import Booking
from marketplace.store.proposals import Proposal, ProposedTime
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposal with its times (UTC), in the order of preference; `by` is 'lead' or 'expert'."""

    id: int
    by: str
    state: str
    note: str
    starts: tuple[datetime, ...]
    made_at: datetime
    expires_at: datetime


def proposals_of(work: Work, actor: Actor, booking_id: int) -> tuple[ShownProposal, ...]:
    """All proposals about a session, newest first; `NotFound` for anybody who is neither side nor an admin.

    Three queries."""
    with work.reading() as session:
        booking = session.get(Booking, booking_id)
        if booking is None or not _may_see(actor, booking):
            raise NotFound("booking_not_found")
        rows = session.scalars(
            select(Proposal).where(Proposal.booking_id == booking_id).order_by(Proposal.id.desc())
        ).all()
        times = _times(session, [row.id for row in rows])
    return tuple(
        ShownProposal(row.id, row.side, row.state, row.note, tuple(times.get(row.id, ())), row.made_at, row.expires_at)
        for row in rows
    )


def _may_see(actor: Actor, booking: Booking) -> bool:
    if actor.role is Role.EXPERT and booking.requested_at is None:
        return False
    return actor.role is Role.ADMIN or actor.account_id in (booking.lead_id, booking.expert_id)


def _times(session: Session, proposal_ids: Sequence[int]) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = {}
    query = select(ProposedTime).where(ProposedTime.proposal_id.in_(proposal_ids)).order_by(ProposedTime.place)
    for time in session.scalars(query):
        found.setdefault(time.proposal_id, []).append(time.starts_at)
    return found
