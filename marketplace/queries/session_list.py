"""All sessions of somebody in one list, stretch by stretch, the latest start first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import outcome_of
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.offerings import OfferingRevision
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session in the list; `outcome` is its state, or what it is about to become. Cents."""

    id: int
    reference: str
    offering_id: int
    title: str
    other: str
    starts_at: datetime
    ends_at: datetime
    state: str
    outcome: str
    gross_minor: int
    currency: str


def session_list(work: Work, actor: Actor, after: tuple[datetime, int] | None, limit: int) -> tuple[ListedSession, ...]:
    """The viewer's sessions that start before the moment and id of `after`. One query.

    An expert sees a session from the moment its card is authorised."""
    require(actor, Role.LEAD, Role.EXPERT)
    other = aliased(Account)
    is_lead = actor.role is Role.LEAD
    query = (
        select(Booking, OfferingRevision.title, other.name)
        .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
        .join(other, other.id == (Booking.expert_id if is_lead else Booking.lead_id))
        .where((Booking.lead_id if is_lead else Booking.expert_id) == actor.id)
        .order_by(Booking.starts_at.desc(), Booking.id.desc())
        .limit(limit)
    )
    if not is_lead:
        query = query.where(Booking.requested_at.is_not(None))
    if after is not None:
        at, last_id = after
        query = query.where(or_(Booking.starts_at < at, (Booking.starts_at == at) & (Booking.id < last_id)))
    with work.reading() as session:
        rows = session.execute(query).all()
    return tuple(_listed(booking, title, name) for booking, title, name in rows)


def _listed(booking: Booking, title: str, other: str) -> ListedSession:
    return ListedSession(
        id=booking.id,
        reference=booking.reference,
        offering_id=booking.offering_id,
        title=title,
        other=other,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        state=booking.state,
        outcome=outcome_of(booking.state, booking.ending),
        gross_minor=booking.gross_minor,
        currency=booking.currency,
    )
