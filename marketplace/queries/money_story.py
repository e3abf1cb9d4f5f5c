"""What happened to a session's money: every movement with its date, its amount and the reason for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Role
from marketplace.domain.booking import ENDING, BookingState
from marketplace.domain.ledger import STRIPE_BALANCE
from marketplace.store.bookings import Booking
from marketplace.store.money import LedgerEntry, Posting

# The moves of a booking's life that send money back, or keep it.
REASONS = frozenset(
    {
        "cancel_as_lead",
        "cancel_as_expert",
        "cancel_as_admin",
        "expert_absent",
        "refund_lead",
        "refund_beyond",
        "refuse_money",
        "decline",
        "withdraw",
        "expire",
    }
)
FOR_LEADS = ("capture", "refund", "refund_undone")
FOR_EXPERTS = (*FOR_LEADS, "transfer", "reversal")
DISPUTES = ("dispute",)


@dataclass(frozen=True, slots=True)
class MoneyStep:
    """One movement. `kind`: 'authorised', 'released', 'capture', 'refund', 'refund_undone', 'transfer', 'reversal',
    'taken_by_bank', 'returned_by_bank', or 'refund_pending'; `why` is the move that caused it, '' where none did.
    `amount` is in cents and positive."""

    at: datetime
    kind: str
    amount: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A step of the booking's life: when it was made."""

    at: datetime
    move: str


def money_story(session: Session, booking: Booking, moves: Sequence[Moved], role: Role) -> tuple[MoneyStep, ...]:
    """All movements that this side may see, the oldest first; one query."""
    kinds = FOR_LEADS if role is Role.LEAD else FOR_EXPERTS
    steps = [*_authorised(booking), *_released(booking, moves), *_posted(session, booking.id, kinds, moves)]
    steps.sort(key=lambda step: step.at)
    return (*steps, *_pending(booking, moves))


def _authorised(booking: Booking) -> Iterable[MoneyStep]:
    if booking.requested_at is not None:
        yield MoneyStep(booking.requested_at, "authorised", booking.gross_minor)


def _released(booking: Booking, moves: Sequence[Moved]) -> Iterable[MoneyStep]:
    for step in moves:
        if step.move.startswith("voided_") or step.move == "capture_failed":
            yield MoneyStep(step.at, "released", booking.gross_minor, _why(moves, step.at))


def _posted(session: Session, booking_id: int, kinds: Sequence[str], moves: Sequence[Moved]) -> Iterable[MoneyStep]:
    rows = session.execute(
        select(LedgerEntry.at, LedgerEntry.kind, func.sum(Posting.amount_minor))
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(
            LedgerEntry.booking_id == booking_id,
            LedgerEntry.kind.in_((*kinds, *DISPUTES)),
            Posting.account == STRIPE_BALANCE,
        )
        .group_by(LedgerEntry.id, LedgerEntry.at, LedgerEntry.kind)
        .order_by(LedgerEntry.id)
    )
    for at, kind, amount in rows:
        yield MoneyStep(at, _shown(kind, amount), abs(amount), _why(moves, at) if kind == "refund" else "")


def _shown(kind: str, amount: int) -> str:
    if kind in DISPUTES:
        return "taken_by_bank" if amount < 0 else "returned_by_bank"
    return str(kind)


def _pending(booking: Booking, moves: Sequence[Moved]) -> Iterable[MoneyStep]:
    waiting = booking.refund_minor - booking.refunded_minor
    if BookingState(booking.state) in ENDING and booking.charge_id is not None and waiting > 0 and moves:
        yield MoneyStep(moves[-1].at, "refund_pending", waiting, _why(moves, moves[-1].at))


def _why(moves: Sequence[Moved], at: datetime) -> str:
    """The last reason before that moment; money follows the decision."""
    return next((step.move for step in reversed(moves) if step.move in REASONS and step.at <= at), "")
