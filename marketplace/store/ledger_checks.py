"""The invariants of the ledger, each as one figure: constraints say what they can, this looks at the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, and_, cast, exists, func, literal, select
from sqlalchemy.orm import Session

from marketplace.domain.booking import FINISHED, FROZEN
from marketplace.domain.ledger import BANK, COMMISSION, STRIPE_BALANCE, VAT_OUTPUT
from marketplace.store.audit import LedgerCheck, Reconciliation
from marketplace.store.bookings import Booking
from marketplace.store.money import LedgerEntry, Posting
from marketplace.store.stripe_lines import foreign_lines, lone_entries, missing_fees, unequal_lines

SETTLING = timedelta(hours=1)  # an outcome may be about to be written
LATE = timedelta(days=2)  # Stripe books some movements later than it makes them
LISTED = 10

_CLIENT_MONEY = literal("client_money:") + cast(Booking.id, String)


@dataclass(frozen=True, slots=True)
class Finding:
    """An invariant as it was found: `figure` is a count, or cents where the name ends in `_minor`."""

    name: str
    figure: int
    breached: bool
    detail: str = ""


def find_breaches(session: Session, now: datetime, currency: str = "eur") -> tuple[Finding, ...]:
    """Every invariant with its figure."""
    return (
        *(_none(name, look(session)) for name, look in _BOOKINGS),
        _counted("lines_foreign", foreign_lines(session, now - SETTLING)),
        _counted("fees_missing", missing_fees(session, now - SETTLING)),
        _none("lines_unequal", [line.line_id for line in unequal_lines(session, LISTED)]),
        _lone(session, now, currency),
        _stripe_difference(session, currency),
        _taken_out(session, currency),
    )


def keep_findings(session: Session, found: Sequence[Finding], now: datetime) -> None:
    """Write down what was found last: a breach stops transfers until it is gone."""
    for each in found:
        row = LedgerCheck(name=each.name, at=now, figure=each.figure, breached=each.breached, detail=each.detail[:400])
        session.merge(row)


def transfers_stopped(session: Session) -> bool:
    """Whether the last check found a breach: no transfer leaves until a person has mended it."""
    return bool(session.scalar(select(exists().where(LedgerCheck.breached))))


def _none(name: str, subjects: Sequence[object]) -> Finding:
    listed = ", ".join(str(subject) for subject in subjects[:LISTED])
    return Finding(name, len(subjects), bool(subjects), listed)


def _counted(name: str, count: int) -> Finding:
    return Finding(name, count, count > 0)


def _uneven_entries(session: Session) -> Sequence[int]:
    uneven = select(Posting.entry_id).group_by(Posting.entry_id, Posting.currency)
    return session.scalars(uneven.having(func.sum(Posting.amount_minor) != 0).order_by(Posting.entry_id)).all()


def _empty_entries(session: Session) -> Sequence[int]:
    lines = exists().where(Posting.entry_id == LedgerEntry.id)
    # Without the capture nothing was to be settled, and a share of zero has no lines: those are no entries of ours.
    return session.scalars(select(LedgerEntry.id).where(~lines, LedgerEntry.kind == "capture")).all()


def _in_debit(session: Session) -> Sequence[int]:
    query = select(Booking.id).join(Posting, Posting.account == _CLIENT_MONEY).group_by(Booking.id)
    return session.scalars(query.having(func.sum(Posting.amount_minor) > 0).order_by(Booking.id)).all()


def _left_over(session: Session) -> Sequence[int]:
    finished = select(Booking.id).join(Posting, Posting.account == _CLIENT_MONEY).where(Booking.state.in_(FINISHED))
    held = func.sum(Posting.amount_minor) != 0
    return session.scalars(finished.group_by(Booking.id).having(held).order_by(Booking.id)).all()


def _uneven_bookings(session: Session) -> Sequence[int]:
    """Settled bookings whose price is not what went back, was lost, is the expert's, and is ours with its VAT."""
    ours = (
        select(LedgerEntry.booking_id, func.sum(Posting.amount_minor).label("minor"))
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(Posting.account.in_((COMMISSION, VAT_OUTPUT)))
        .group_by(LedgerEntry.booking_id)
        .subquery()
    )
    left = (
        Booking.gross_minor
        - Booking.refunded_minor
        - Booking.undone_minor
        - Booking.lost_minor
        - Booking.share_minor
        + ours.c.minor
    )
    uneven = and_(left != 0, Booking.state.not_in(FROZEN))
    return session.scalars(
        select(Booking.id).join(ours, ours.c.booking_id == Booking.id).where(uneven).order_by(Booking.id)
    ).all()


def _sent_otherwise(session: Session) -> Sequence[int]:
    """Bookings whose transfers less reversals are not what the booking says was sent."""
    moved = (
        select(LedgerEntry.booking_id, func.sum(-Posting.amount_minor).label("minor"))
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(Posting.account == STRIPE_BALANCE, LedgerEntry.source_type.in_(("transfer", "reversal")))
        .group_by(LedgerEntry.booking_id)
        .subquery()
    )
    query = select(Booking.id).join(moved, moved.c.booking_id == Booking.id, isouter=True)
    differs = func.coalesce(moved.c.minor, 0) != Booking.sent_minor
    return session.scalars(query.where(differs).order_by(Booking.id)).all()


def _lone(session: Session, now: datetime, currency: str) -> Finding:
    if session.scalar(select(func.count()).select_from(Reconciliation)) == 0:
        return Finding("entries_unknown_to_stripe", 0, breached=False, detail="Stripe's book was not read yet")
    alone = lone_entries(session, currency, LedgerEntry.at <= now - LATE)
    return _none("entries_unknown_to_stripe", [f"{entry.source_id} {entry.kind}" for entry, _amount in alone])


def _stripe_difference(session: Session, currency: str) -> Finding:
    """What the last comparison with Stripe left unexplained, in cents."""
    last = select(Reconciliation).where(Reconciliation.currency == currency).order_by(Reconciliation.id.desc())
    row = session.scalars(last.limit(1)).first()
    if row is None:
        return Finding("stripe_difference_minor", 0, breached=False, detail="Stripe's book was not read yet")
    return Finding("stripe_difference_minor", row.unexplained_minor, row.unexplained_minor != 0, row.at.isoformat())


def _taken_out(session: Session, currency: str) -> Finding:
    """What is left of our own earnings at Stripe, in cents: below zero, clients' money was paid out to ourselves.

    Fees and losses are costs that we have to put in; they do not stop experts from being paid.
    """
    earned = select(func.sum(-Posting.amount_minor)).where(
        Posting.account.in_((COMMISSION, VAT_OUTPUT, BANK)), Posting.currency == currency
    )
    left = session.scalar(earned) or 0
    return Finding("own_money_minor", left, left < 0)


_BOOKINGS: tuple[tuple[str, Callable[[Session], Sequence[int]]], ...] = (
    ("entries_uneven", _uneven_entries),
    ("captures_without_lines", _empty_entries),
    ("client_money_in_debit", _in_debit),
    ("client_money_left_over", _left_over),
    ("bookings_uneven", _uneven_bookings),
    ("sent_otherwise", _sent_otherwise),
)
