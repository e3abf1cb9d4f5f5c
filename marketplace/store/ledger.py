"""The ledger's book-keeping: entries go in once and never change."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marketplace.domain.ledger import Entry
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


def is_posted(session: Session, source_type: str, source_id: str, kind: str) -> bool:
    """Whether the ledger has this already; the unique constraint decides between two who ask at once."""
    same = exists().where(
        LedgerEntry.source_type == source_type, LedgerEntry.source_id == source_id, LedgerEntry.kind == kind
    )
    return bool(session.scalar(select(same)))
