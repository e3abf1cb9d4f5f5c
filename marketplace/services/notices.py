"""Stripe's notices: kept by their id as they come, handled by the worker, never believed."""

from collections.abc import Callable, Iterable
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from marketplace.cashier.accounts import refresh_account
from marketplace.cashier.disputes import reduce_dispute
from marketplace.cashier.reducer import reduce_booking
from marketplace.cashier.refunds import recheck_refund
from marketplace.cashier.reversals import recheck_transfer
from marketplace.store.bookings import booking_id_of
from marketplace.store.inbox import (
    WaitingNotice,
    close_notice,
    keep_notice,
    park_notice,
    postpone_notice,
    waiting_notices,
)
from marketplace.store.money import raise_alert
from marketplace.store.payouts import expert_id_of_account
from marketplace.work import Work
from payments.port import GatewayRefused, GatewayUnknown, Notice

BATCH = 50
ATTEMPTS = 8  # with doubling waits from 15 s: about an hour
FIRST_WAIT = timedelta(seconds=15)

log = structlog.get_logger()


class UnknownSubjectError(Exception):
    """No booking or expert of ours goes by that name, yet or at all."""


def keep(work: Work, notices: Iterable[Notice]) -> int:
    """Store authentic notices, each once however often it comes; returns how many were new."""
    with work.transaction() as tx:
        return sum(
            keep_notice(tx.session, WaitingNotice(notice.id, notice.type, notice.object_id, 0), notice.endpoint, tx.now)
            for notice in notices
        )


def handle_due(work: Work) -> int:
    """Handle what waits; returns how many were handled."""
    with work.reading() as session:
        waiting = waiting_notices(session, work.now(), BATCH)
    return sum(_handle(work, notice) for notice in waiting)


def _handle(work: Work, notice: WaitingNotice) -> bool:
    try:
        _act(work, notice)
    except GatewayUnknown as unknown:
        _postpone(work, notice, str(unknown))
        return False
    except (GatewayRefused, UnknownSubjectError) as lost:
        return _postpone_or_park(work, notice, str(lost))
    except Exception as mistake:
        # A mistake of ours with one notice must not hold up the others.
        log.exception("notice.broken", notice_id=notice.id)
        return _postpone_or_park(work, notice, f"broken: {type(mistake).__name__}")
    with work.transaction() as tx:
        close_notice(tx.session, notice.id, tx.now)
    log.info("notice.handled", notice_id=notice.id, kind=notice.type)
    return True


def _act(work: Work, notice: WaitingNotice) -> None:
    """By the kind of object; what is said of other kinds (charges, balances, events of ours) is said of these too."""
    for prefix, act in _ACTS:
        if notice.type.startswith(prefix):
            act(work, notice.object_id)
            return


def _checkout(work: Work, checkout_id: str) -> None:
    booking_id = _find(work, lambda session: booking_id_of(session, "checkout_id", checkout_id))
    if booking_id is not None:
        reduce_booking(work, booking_id)
        return
    # An earlier page of the booking, or one whose opening we have not noted yet.
    checkout = work.gateway.fetch_checkout(checkout_id)
    _reduce_by_reference(work, checkout.reference, checkout.payment_intent_id)


def _payment(work: Work, hold_id: str) -> None:
    booking_id = _find(work, lambda session: booking_id_of(session, "payment_intent_id", hold_id))
    if booking_id is not None:
        reduce_booking(work, booking_id)
        return
    _reduce_by_reference(work, work.gateway.fetch_hold(hold_id).reference, hold_id)


def _refund(work: Work, refund_id: str) -> None:
    if not recheck_refund(work, refund_id):
        raise GatewayUnknown("a refund of this payment is under way: its outcome first")


def _account(work: Work, account_id: str) -> None:
    expert_id = _find(work, lambda session: expert_id_of_account(session, account_id))
    if expert_id is None:
        raise UnknownSubjectError(account_id)
    refresh_account(work, expert_id)


def _dispute(work: Work, dispute_id: str) -> None:
    if not reduce_dispute(work, dispute_id):
        raise UnknownSubjectError(dispute_id)


def _reduce_by_reference(work: Work, reference: str | None, hold_id: str | None) -> None:
    booking_id = _find(work, lambda session: booking_id_of(session, "reference", reference or ""))
    if booking_id is None:
        raise UnknownSubjectError(reference or "no reference")
    if hold_id is not None:
        reduce_booking(work, booking_id, hold_id)


def _find(work: Work, question: Callable[[Session], int | None]) -> int | None:
    with work.reading() as session:
        return question(session)


def _postpone(work: Work, notice: WaitingNotice, error: str) -> None:
    with work.transaction() as tx:
        wait = FIRST_WAIT * (1 << min(notice.attempts, 10))
        postpone_notice(tx.session, notice.id, tx.now + wait, error)


def _postpone_or_park(work: Work, notice: WaitingNotice, error: str) -> bool:
    if notice.attempts + 1 < ATTEMPTS:
        _postpone(work, notice, error)
        return False
    with work.transaction() as tx:
        park_notice(tx.session, notice.id, tx.now, error)
        raise_alert(tx, "notice_parked", notice.id, f"{notice.type} {notice.object_id}")
    return True


_ACTS: tuple[tuple[str, Callable[[Work, str], None]], ...] = (
    ("checkout.session.", _checkout),
    ("payment_intent.", _payment),
    ("refund.", _refund),
    ("charge.refund.", _refund),
    ("charge.dispute.", _dispute),
    ("transfer.reversed", recheck_transfer),
    ("v2.core.account", _account),
    ("account.updated", _account),
)
