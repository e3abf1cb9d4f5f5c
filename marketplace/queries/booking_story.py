"""All that happened to one booking, in the order in which it happened: steps, calls, postings, notices, letters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from marketplace.domain.ledger import STRIPE_BALANCE, expert_receivable
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.cases import Case, Dispute
from marketplace.store.journal import JournalRow
from marketplace.store.ledger import balance_of
from marketplace.store.money import LedgerEntry, Notice, Posting
from marketplace.store.operations import Operation
from marketplace.store.outbox import LetterRow


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One thing. `part`: 'step', 'call', 'entry', 'notice' or 'letter'; `name` says which of its kind; `by` who did
    it, what Stripe calls it or whom it went to; `state` how it stands, '' where that says nothing; `amount` in cents
    where our balance at Stripe moved."""

    at: datetime
    part: str
    name: str
    by: str = ""
    state: str = ""
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case about a booking; `refund` in cents."""

    id: int
    kind: str
    side: str
    opened_at: datetime
    words: str
    answered_at: datetime | None
    answer: str
    settled_at: datetime | None
    verdict: str
    refund: int
    note: str


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute at a bank; amounts in cents. `owed` is what the expert still owes us from a lost one."""

    id: str
    status: str
    reason: str
    amount: int
    currency: str
    opened_at: datetime
    answer_by: datetime | None
    reversed: int
    owed: int


def booking_story(session: Session, booking: Booking) -> tuple[StoryLine, ...]:
    """The oldest first; five queries."""
    lines = [
        *_steps(session, booking.id),
        *_calls(session, booking.id),
        *_entries(session, booking.id),
        *_notices(session, booking),
        *_letters(session, booking.id),
    ]
    return tuple(sorted(lines, key=lambda line: line.at))


def cases_of(session: Session, booking_id: int) -> tuple[CaseRow, ...]:
    """All cases about a booking, the newest first."""
    rows = session.scalars(select(Case).where(Case.booking_id == booking_id).order_by(Case.id.desc()))
    return tuple(
        CaseRow(
            row.id,
            row.kind,
            row.side,
            row.opened_at,
            row.words,
            row.answered_at,
            row.answer,
            row.settled_at,
            row.verdict,
            row.refund_minor,
            row.note,
        )
        for row in rows
    )


def disputes_of(session: Session, booking: Booking) -> tuple[DisputeRow, ...]:
    """All disputes about a booking, the newest first."""
    rows = session.scalars(select(Dispute).where(Dispute.booking_id == booking.id).order_by(Dispute.opened_at.desc()))
    return tuple(
        DisputeRow(
            row.id,
            row.status,
            row.reason,
            row.amount_minor,
            row.currency,
            row.opened_at,
            row.answer_by,
            row.reversed_minor,
            _owed(session, booking, row),
        )
        for row in rows
    )


def _owed(session: Session, booking: Booking, dispute: Dispute) -> int:
    if dispute.closed_at is None or dispute.written_off_at is not None:
        return 0
    return max(0, balance_of(session, expert_receivable(booking.expert_id), booking.id))


def _steps(session: Session, booking_id: int) -> Iterable[StoryLine]:
    rows = session.execute(
        select(JournalRow.at, JournalRow.what, func.coalesce(Account.name, JournalRow.actor_role))
        .outerjoin(Account, Account.id == JournalRow.actor_id)
        .where(JournalRow.subject_type == "booking", JournalRow.subject_id == booking_id)
        .order_by(JournalRow.id)
    )
    return [StoryLine(at, "step", what.removeprefix("booking."), by) for at, what, by in rows]


def _calls(session: Session, booking_id: int) -> Iterable[StoryLine]:
    rows = session.scalars(select(Operation).where(Operation.booking_id == booking_id).order_by(Operation.id))
    return [
        StoryLine(row.finished_at or row.created_at, "call", row.kind, row.object_id or "", row.status) for row in rows
    ]


def _entries(session: Session, booking_id: int) -> Iterable[StoryLine]:
    on_balance = func.sum(Posting.amount_minor).filter(Posting.account == STRIPE_BALANCE)
    rows = session.execute(
        select(LedgerEntry.at, LedgerEntry.kind, LedgerEntry.source_id, on_balance)
        .outerjoin(Posting, Posting.entry_id == LedgerEntry.id)
        .where(LedgerEntry.booking_id == booking_id)
        .group_by(LedgerEntry.id, LedgerEntry.at, LedgerEntry.kind, LedgerEntry.source_id)
        .order_by(LedgerEntry.id)
    )
    return [StoryLine(at, "entry", kind, source, amount=amount) for at, kind, source, amount in rows]


def _notices(session: Session, booking: Booking) -> Iterable[StoryLine]:
    names = [name for name in (booking.checkout_id, booking.payment_intent_id, booking.charge_id) if name]
    made = select(Operation.object_id).where(Operation.booking_id == booking.id, Operation.object_id.is_not(None))
    about = or_(Notice.object_id.in_(names), Notice.object_id.in_(made))
    rows = session.scalars(select(Notice).where(about).order_by(Notice.received_at, Notice.id))
    return [StoryLine(row.received_at, "notice", row.type, row.object_id, _notice_state(row)) for row in rows]


def _notice_state(row: Notice) -> str:
    if row.parked_at is not None:
        return "parked"
    return "done" if row.handled_at is not None else "pending"


def _letters(session: Session, booking_id: int) -> Iterable[StoryLine]:
    rows = session.scalars(select(LetterRow).where(LetterRow.booking_id == booking_id).order_by(LetterRow.id))
    return [StoryLine(row.sent_at or row.created_at, "letter", row.subject, row.to_name, row.state) for row in rows]
