"""All sessions of somebody in one list, stretch by stretch, the latest start first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
        select(
            Booking.id,
            Booking.reference,
            Booking.offering_id,
            OfferingRevision.title,
            other.name.label("other"),
            Booking.starts_at,
            Booking.ends_at,
            Booking.state,
            Booking.ending,
            Booking.gross_minor,
            Booking.currency,
        )
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
    return tuple(_listed(row) for row in rows)


def _listed(row: Any) -> ListedSession:
    return ListedSession(
        id=row.id,
        reference=row.reference,
        offering_id=row.offering_id,
        title=row.title,
        other=row.other,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=row.state,
        outcome=outcome_of(row.state, row.ending),
        gross_minor=row.gross_minor,
        currency=row.currency,
    )
