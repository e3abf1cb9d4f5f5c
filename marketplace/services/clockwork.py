"""Everything that time does, driven by deadlines in the database.

Each thing due is its own transaction and leaves the state from which it was due: done twice, or broken off between
two of them, it does no harm.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from marketplace.cashier.accounts import refresh_account
from marketplace.cashier.moves import begin_ending, end_unpaid, move
from marketplace.cashier.operations import run_due
from marketplace.cashier.queue import queue_expire, queue_void
from marketplace.cashier.reducer import reduce_booking
from marketplace.cashier.shares import release, send_share
from marketplace.domain.access import SYSTEM
from marketplace.domain.booking import (
    DAY_REMINDER,
    HOUR_REMINDER,
    RATING_WINDOW,
    RELEASE_AFTER,
    BookingState,
)
from marketplace.domain.errors import Conflict
from marketplace.domain.events import SessionHeld, SessionNear
from marketplace.store.bookings import (
    Booking,
    Deadline,
    booking_to_change,
    due_by,
    to_release,
    unknown_fees,
    unreminded,
)
from marketplace.store.experts import Expert
from marketplace.store.inbox import WaitingNotice, keep_notice
from marketplace.store.money import raise_alert
from marketplace.store.outbox import beat, last_beat
from marketplace.store.payouts import experts_to_ask_about, unsent_shares
from marketplace.store.transaction import Transaction
from marketplace.work import Work
from payments.port import GatewayRefused, GatewayUnknown

BATCH = 50
ACCOUNT_IDLE = timedelta(minutes=10)
ACCOUNT_ACTIVE = timedelta(days=1)
POLL_EVERY = timedelta(minutes=5)
POLL_OVERLAP = timedelta(minutes=2)
POLL_FIRST = timedelta(days=3)  # as long as Stripe itself tries to deliver a notice
POLLED = "stripe_polled"

Question = Callable[[Session], Sequence[int]]
Change = Callable[[Work, Transaction, Booking], None]
Step = Callable[[Work], int]

S = BookingState
log = structlog.get_logger()


def tick(work: Work) -> int:
    """Do everything that is due; returns how much that was."""
    return sum(done for _, done in due(work))


def due(work: Work) -> tuple[tuple[str, int], ...]:
    """Run every step once; says for each how much it did. Stripe being away stops only what needs Stripe."""
    return tuple((step.__name__, _unless_away(step, work)) for step in STEPS)


def operations(work: Work) -> int:
    """Send to Stripe what waits to be sent."""
    return run_due(work)


def unpaid(work: Work) -> int:
    """Holds whose time is over: ask Stripe first, then free the slot."""
    overdue = _due(work, (S.AWAITING_PAYMENT, S.PAYMENT_FAILED), "hold_until")
    for booking_id in overdue:
        _ask(work, booking_id)
    return _change_each(work, overdue, _lapse)


def unanswered(work: Work) -> int:
    """Requests whose expert kept silent: the card's hold is released."""
    return _change_each(work, _due(work, (S.REQUESTED,), "accept_by"), _expire)


def reminders(work: Work) -> int:
    """A day and an hour before the start, once each."""
    with work.reading() as session:
        day = unreminded(session, "reminded_day_at", work.now() + DAY_REMINDER, BATCH)
        hour = unreminded(session, "reminded_hour_at", work.now() + HOUR_REMINDER, BATCH)
    return _change_each(work, day, _remind_day) + _change_each(work, hour, _remind_hour)


def starts(work: Work) -> int:
    """Sessions whose time has come."""
    return _change_each(work, _due(work, (S.CONFIRMED,), "starts_at"), _start)


def ends(work: Work) -> int:
    """Sessions whose time is over: both sides may rate, the money is due in three days."""
    return _change_each(work, _due(work, (S.IN_PROGRESS,), "ends_at"), _finish)


def releases(work: Work) -> int:
    """Money that is due, since both have rated or the time for complaints is over."""
    with work.reading() as session:
        ready = to_release(session, work.now(), BATCH)
    return _change_each(work, ready, release)


def shares(work: Work) -> int:
    """Settled money whose expert can receive it now."""
    with work.reading() as session:
        ready = unsent_shares(session, BATCH)
    return _change_each(work, ready, send_share)


def fees(work: Work) -> int:
    """Stripe's fees, which are often known only some time after the capture."""
    with work.reading() as session:
        unknown = unknown_fees(session, work.now(), BATCH)
    return sum(_ask(work, booking_id) for booking_id in unknown)


def accounts(work: Work) -> int:
    """Experts' accounts: may they receive money now?"""
    now = work.now()
    with work.reading() as session:
        asked = experts_to_ask_about(session, now - ACCOUNT_IDLE, now - ACCOUNT_ACTIVE, BATCH)
    for expert_id in asked:
        _refresh(work, expert_id)
    return len(asked)


def lost_notices(work: Work) -> int:
    """Fetch what Stripe has told since the last look, in case a notice got lost on the way."""
    with work.reading() as session:
        last = last_beat(session, POLLED)
    if last is not None and work.now() - last < POLL_EVERY:
        return 0
    since = (last or work.now() - POLL_FIRST) - POLL_OVERLAP
    # Stripe tells of accounts apart from everything else.
    notices = [*work.gateway.notices_since(since), *work.gateway.account_notices_since(since)]
    with work.transaction() as tx:
        beat(tx.session, POLLED, tx.now)
        return sum(
            keep_notice(tx.session, WaitingNotice(notice.id, notice.type, notice.object_id, 0), "poll", tx.now)
            for notice in notices
        )


STEPS: tuple[Step, ...] = (
    operations,
    unpaid,
    unanswered,
    reminders,
    starts,
    ends,
    releases,
    accounts,
    shares,
    fees,
    lost_notices,
)


def _lapse(work: Work, tx: Transaction, booking: Booking) -> None:
    if booking.hold_until > tx.now:
        return
    checkout_id = booking.checkout_id
    end_unpaid(tx, SYSTEM, booking, "lapse")
    if checkout_id is not None:
        queue_expire(work, tx, booking, checkout_id)


def _expire(work: Work, tx: Transaction, booking: Booking) -> None:
    begin_ending(tx, SYSTEM, booking, "expire", S.EXPIRED, "")
    queue_void(work, tx, booking)


def _remind_day(_work: Work, tx: Transaction, booking: Booking) -> None:
    booking.reminded_day_at = tx.now
    last_useful = booking.starts_at - HOUR_REMINDER
    told_lately = booking.accepted_at is not None and booking.accepted_at > booking.starts_at - DAY_REMINDER
    if tx.now < last_useful and not told_lately:
        tx.emit(SessionNear(booking.id, 24))


def _remind_hour(_work: Work, tx: Transaction, booking: Booking) -> None:
    booking.reminded_hour_at = tx.now
    if tx.now < booking.starts_at:
        tx.emit(SessionNear(booking.id, 1))


def _start(_work: Work, tx: Transaction, booking: Booking) -> None:
    move(tx, SYSTEM, booking, "start")


def _finish(_work: Work, tx: Transaction, booking: Booking) -> None:
    move(tx, SYSTEM, booking, "finish")
    booking.ended_at = booking.ends_at
    booking.rate_by = booking.ends_at + RATING_WINDOW
    booking.release_at = booking.ends_at + RELEASE_AFTER
    tx.emit(SessionHeld(booking.id))


def _due(work: Work, states: Sequence[BookingState], deadline: Deadline) -> Sequence[int]:
    with work.reading() as session:
        return due_by(session, states, deadline, work.now(), BATCH)


def _change_each(work: Work, booking_ids: Sequence[int], change: Change) -> int:
    return sum(_change(work, booking_id, change) for booking_id in booking_ids)


def _change(work: Work, booking_id: int, change: Change) -> bool:
    """One booking, one transaction. It may have moved on since it was found: then it is not due any more."""
    try:
        with work.transaction() as tx:
            booking = booking_to_change(tx.session, booking_id)
            if booking is not None:
                change(work, tx, booking)
    except Conflict:
        return False
    except Exception:
        # One booking that cannot be moved must not hold up all others.
        log.exception("clockwork.broken", booking_id=booking_id)
        with work.transaction() as tx:
            raise_alert(tx, "deadline_broken", f"booking:{booking_id}")
        return False
    return True


def _ask(work: Work, booking_id: int) -> bool:
    try:
        reduce_booking(work, booking_id)
    except GatewayRefused as refused:
        # An object that Stripe does not know cannot have been paid.
        log.warning("clockwork.unknown_payment", booking_id=booking_id, code=refused.code)
    return True


def _refresh(work: Work, expert_id: int) -> None:
    try:
        refresh_account(work, expert_id)
    except GatewayRefused as refused:
        log.warning("clockwork.unknown_account", expert_id=expert_id, code=refused.code)
        with work.transaction() as tx:
            tx.session.get_one(Expert, expert_id).payouts_checked_at = tx.now


def _unless_away(step: Step, work: Work) -> int:
    try:
        return step(work)
    except GatewayUnknown as unknown:
        log.warning("clockwork.stripe_away", step=step.__name__, error=str(unknown))
        return 0
