"""Experts' accounts at Stripe, and the settled money that waits for them."""

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from marketplace.domain.booking import FROZEN
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.operations import UNFINISHED, Operation


def expert_id_of_account(session: Session, account_id: str) -> int | None:
    """Whose account it is at Stripe."""
    return session.scalar(select(Expert.id).where(Expert.payout_account == account_id))


def unsent_shares(session: Session, limit: int) -> list[int]:
    """Bookings whose settled share waits for an expert's account that can receive it now."""
    live = select(Operation.id).where(
        Operation.booking_id == Booking.id, Operation.kind == "transfer", Operation.status.in_(UNFINISHED)
    )
    waiting = (
        select(Booking.id)
        .join(Expert, Expert.id == Booking.expert_id)
        .where(
            Booking.share_minor > Booking.sent_minor + Booking.reserved_minor,
            Booking.state.not_in(FROZEN),
            Expert.payouts_active,
            ~live.exists(),
        )
    )
    return list(session.scalars(waiting.order_by(Booking.id).limit(limit)))


def experts_to_ask_about(session: Session, idle_before: datetime, active_before: datetime, limit: int) -> list[int]:
    """Experts whose account at Stripe was last looked at before then; those who cannot be paid are asked about
    sooner."""
    stale = or_(
        Expert.payouts_checked_at.is_(None),
        and_(~Expert.payouts_active, Expert.payouts_checked_at <= idle_before),
        Expert.payouts_checked_at <= active_before,
    )
    asked = select(Expert.id).where(Expert.payout_account.is_not(None), stale)
    return list(session.scalars(asked.order_by(Expert.payouts_checked_at).limit(limit)))
