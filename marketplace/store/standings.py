"""The questions that a standing is made of, and the row that keeps it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from marketplace.domain.booking import CANCELLED, HELD, SECURED, BookingState
from marketplace.store.bookings import Booking
from marketplace.store.briefs import Invitation
from marketplace.store.experts import Standing
from marketplace.store.offerings import Offering

LOOK_AHEAD = timedelta(days=28)
FULL_LOAD = 12  # sessions in the coming four weeks that count as a full calendar: three a week


@dataclass(frozen=True, slots=True)
class Record:
    """What one person did with what was agreed on; counts of bookings and invitations."""

    held: int
    late_cancellations: int
    answered: int
    unanswered: int
    coming: int
    no_shows: int = 0


def expert_record(session: Session, expert_id: int, now: datetime) -> Record:
    """An expert's record: every cancellation of a confirmed session is a mark, whenever it came."""
    mine = Booking.expert_id == expert_id
    return Record(
        held=_count(session, mine, _WAS_HELD),
        late_cancellations=_count(session, mine, Booking.state == BookingState.CANCELLED_BY_EXPERT),
        answered=_count(session, mine, Booking.state.in_(_ANSWERED)) + _invitations(session, expert_id, _REPLIED),
        unanswered=_count(session, mine, Booking.state == BookingState.EXPIRED)
        + _invitations(session, expert_id, ("expired",)),
        coming=_count(session, mine, Booking.state.in_(SECURED), Booking.starts_at.between(now, now + LOOK_AHEAD)),
        no_shows=_count(session, mine, Booking.absent == "expert"),
    )


def lead_record(session: Session, lead_id: int) -> Record:
    """A lead's record: cancelling is free until it costs the expert the day."""
    mine = Booking.lead_id == lead_id
    late = and_(Booking.state == BookingState.CANCELLED_BY_LEAD, Booking.refunded_minor < Booking.gross_minor)
    absent = _count(session, mine, Booking.absent == "lead")
    return Record(_count(session, mine, _WAS_HELD), _count(session, mine, late), 0, 0, 0, absent)


def held_by_offering(session: Session, expert_id: int) -> dict[int, int]:
    """How many sessions of each offering were held."""
    rows = session.execute(
        select(Booking.offering_id, func.count())
        .where(Booking.expert_id == expert_id, _WAS_HELD)
        .group_by(Booking.offering_id)
    )
    return {row.offering_id: row[1] for row in rows}


def parties_of_booking(session: Session, booking_id: int) -> tuple[int | None, int | None]:
    """The lead and the expert of a booking."""
    row = session.execute(select(Booking.lead_id, Booking.expert_id).where(Booking.id == booking_id)).one_or_none()
    return (None, None) if row is None else (row.lead_id, row.expert_id)


def expert_of_invitation(session: Session, invitation_id: int) -> int | None:
    """The expert of an invitation."""
    return session.scalar(select(Invitation.expert_id).where(Invitation.id == invitation_id))


def records_of(session: Session, account_ids: Collection[int]) -> dict[int, float]:
    """Each lead's own record as one number from 0 to 1: quality of conduct and of what experts say of them."""
    rows = session.execute(
        select(Standing.account_id, Standing.stars, Standing.recommend, Standing.reliability).where(
            Standing.account_id.in_(account_ids)
        )
    )
    return {row.account_id: (row.stars + row.recommend + row.reliability) / 3 for row in rows}


def keep_held(session: Session, held: dict[int, int]) -> None:
    """Write the number of held sessions beside each offering."""
    for offering_id, count in held.items():
        session.execute(update(Offering).where(Offering.id == offering_id).values(held_sessions=count))


def keep_standing(session: Session, row: Standing) -> None:
    """Put the fresh standing in place of the last one."""
    session.merge(row)


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Booking).where(*conditions)) or 0


def _invitations(session: Session, expert_id: int, states: tuple[str, ...]) -> int:
    mine = select(func.count()).where(
        Invitation.expert_id == expert_id, Invitation.kind == "invitation", Invitation.state.in_(states)
    )
    return session.scalar(mine) or 0


_REPLIED = ("accepted", "declined")
_WAS_HELD = and_(Booking.state.in_(HELD), Booking.rate_by.is_not(None))
_ANSWERED = SECURED | CANCELLED | {BookingState.DECLINED, BookingState.CAPTURING, BookingState.PAYMENT_FAILED}
