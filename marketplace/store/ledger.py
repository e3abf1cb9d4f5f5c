"""The ledger's book-keeping: entries go in once and never change."""

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from marketplace.domain.ledger import STRIPE_BALANCE, Entry, Party
from marketplace.store.bookings import Booking
from marketplace.store.money import LedgerEntry, Posting
from marketplace.store.transaction import Transaction


def post(tx: Transaction, entry: Entry) -> bool:
    """Post an entry once; False when its source and kind stand in the ledger already."""
    if is_posted(tx.session, entry.source.type, entry.source.id, entry.kind):
        return False
    row = LedgerEntry(
        source_type=entry.source.type,
        source_id=entry.source.id,
        kind=entry.kind,
        booking_id=entry.booking_id,
        at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    tx.session.add_all(
        Posting(entry_id=row.id, account=line.account, currency=entry.currency, amount_minor=line.amount)
        for line in entry.lines
    )
    return True


def party_of(booking: Booking) -> Party:
    """Whose money it is."""
    return Party(booking.id, booking.expert_id, booking.currency)


def is_posted(session: Session, source_type: str, source_id: str, kind: str) -> bool:
    """Whether the ledger has this already; the unique constraint decides between two who ask at once."""
    same = exists().where(
        LedgerEntry.source_type == source_type, LedgerEntry.source_id == source_id, LedgerEntry.kind == kind
    )
    return bool(session.scalar(select(same)))


def reversed_minor(session: Session, booking_id: int) -> int:
    """What came back from the expert's account for a booking, in cents."""
    back = (
        select(func.sum(Posting.amount_minor))
        .join(LedgerEntry, LedgerEntry.id == Posting.entry_id)
        .where(
            LedgerEntry.booking_id == booking_id,
            LedgerEntry.source_type == "reversal",
            Posting.account == STRIPE_BALANCE,
        )
    )
    return session.scalar(back) or 0


def balance_of(session: Session, account: str, booking_id: int) -> int:
    """What stands on an account because of one booking: debit positive, in cents."""
    lines = (
        select(func.sum(Posting.amount_minor))
        .join(LedgerEntry, LedgerEntry.id == Posting.entry_id)
        .where(LedgerEntry.booking_id == booking_id, Posting.account == account)
    )
    return session.scalar(lines) or 0


def booking_of(session: Session, source_type: str, source_id: str, kind: str) -> int | None:
    """Which booking an entry is about; None when there is no such entry, or it is about none."""
    return session.scalar(
        select(LedgerEntry.booking_id).where(
            LedgerEntry.source_type == source_type, LedgerEntry.source_id == source_id, LedgerEntry.kind == kind
        )
    )
