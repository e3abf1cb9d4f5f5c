"""Bookings as admins see them: the list, and one with every operation and posting."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from marketplace.cashier.shares import kept_minor
from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import BEYOND_POLICY, BookingState
from marketplace.domain.errors import NotFound
from marketplace.queries.booking_story import CaseRow, DisputeRow, StoryLine, booking_story, cases_of, disputes_of
from marketplace.store.accounts import Account
from marketplace.store.bookings import Booking
from marketplace.store.money import LedgerEntry, Posting
from marketplace.store.offerings import OfferingRevision
from marketplace.store.operations import REPEATABLE, UNFINISHED, Operation
from marketplace.work import Work

PAGE = 30

_Lead = aliased(Account, name="lead")
_Expert = aliased(Account, name="expert")


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking in the list; money in cents."""

    id: int
    reference: str
    title: str
    lead: str
    expert: str
    state: str
    starts_at: datetime
    gross: int


@dataclass(frozen=True, slots=True)
class BookingsPage:
    """A page of all bookings, newest first; `state` and `words` are the filters in force."""

    rows: tuple[BookingRow, ...]
    state: str
    words: str
    page_number: int
    pages: int


@dataclass(frozen=True, slots=True)
class OperationRow:
    """A write to Stripe; `again` when an admin may have it tried again."""

    id: int
    again: bool
    kind: str
    subject: str
    seq: int
    status: str
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    object_id: str
    error: str


@dataclass(frozen=True, slots=True)
class PostingRow:
    """A line of the ledger, in cents; debit positive."""

    at: datetime
    kind: str
    source: str
    account: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class BookingAccounts:
    """One booking with all its books; `total` is the sum of its postings, which must be zero;
    `kept`, in cents, is what is left of the price and could go back."""

    row: BookingRow
    checkout_id: str
    payment_intent_id: str
    charge_id: str
    story: tuple[StoryLine, ...]
    cases: tuple[CaseRow, ...]
    disputes: tuple[DisputeRow, ...]
    kept: int
    operations: tuple[OperationRow, ...]
    postings: tuple[PostingRow, ...]
    total: int

    @property
    def may_decide(self) -> bool:
        """Whether a problem waits for a verdict."""
        return self.row.state == BookingState.ON_HOLD

    @property
    def may_refund(self) -> bool:
        """Whether more than the policy may go back."""
        return BookingState(self.row.state) in BEYOND_POLICY and self.kept > 0


def bookings_page(work: Work, actor: Actor, *, state: str = "", words: str = "", page_number: int = 1) -> BookingsPage:
    """All bookings, filtered by state and by reference or name; three queries."""
    require(actor, Role.ADMIN)
    query = _filtered(state, words)
    with work.reading() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        pages = max(1, -(-total // PAGE))
        page_number = min(max(1, page_number), pages)
        rows = session.execute(query.order_by(Booking.id.desc()).limit(PAGE).offset((page_number - 1) * PAGE))
        return BookingsPage(tuple(map(_row, rows)), state, words, page_number, pages)


def booking_accounts(work: Work, actor: Actor, booking_id: int) -> BookingAccounts:
    """One booking's timeline, operations and postings; `NotFound` for none."""
    require(actor, Role.ADMIN)
    with work.reading() as session:
        row = session.execute(_BOOKINGS.where(Booking.id == booking_id)).one_or_none()
        if row is None:
            raise NotFound("booking_not_found")
        postings = _postings(session, booking_id)
        booking = session.get_one(Booking, booking_id)
        return BookingAccounts(
            row=_row(row),
            checkout_id=row.checkout_id or "",
            payment_intent_id=row.payment_intent_id or "",
            charge_id=row.charge_id or "",
            story=booking_story(session, booking),
            cases=cases_of(session, booking_id),
            disputes=disputes_of(session, booking),
            kept=kept_minor(booking),
            operations=_operations(session, booking_id, work.now()),
            postings=postings,
            total=sum(posting.amount for posting in postings),
        )


def _filtered(state: str, words: str) -> Select[*tuple[Any, ...]]:
    query = _BOOKINGS
    if state:
        query = query.where(Booking.state == state)
    if words:
        looked_for = f"%{words.strip().replace('%', '').casefold()}%"
        names = func.lower(Booking.reference + " " + _Lead.name + " " + _Expert.name)
        query = query.where(names.like(looked_for))
    return query


def _row(row: Row[Any]) -> BookingRow:
    return BookingRow(row.id, row.reference, row.title, row.lead, row.expert, row.state, row.starts_at, row.gross_minor)


def _operations(session: Session, booking_id: int, now: datetime) -> tuple[OperationRow, ...]:
    query = select(Operation).where(Operation.booking_id == booking_id).order_by(Operation.id)
    rows = session.scalars(query).all()
    last = {(row.kind, row.subject): row.seq for row in rows}
    return tuple(
        OperationRow(
            row.id,
            _may_be_tried(row, last[row.kind, row.subject], now),
            row.kind,
            row.subject,
            row.seq,
            row.status,
            row.attempts,
            row.created_at,
            row.finished_at,
            row.object_id or "",
            row.error,
        )
        for row in rows
    )


def _may_be_tried(row: Operation, last_seq: int, now: datetime) -> bool:
    if row.status in UNFINISHED:
        return row.leased_until is None or row.leased_until <= now
    return row.status == "failed" and row.kind in REPEATABLE and row.seq == last_seq


def _postings(session: Session, booking_id: int) -> tuple[PostingRow, ...]:
    rows = session.execute(
        select(LedgerEntry, Posting)
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(LedgerEntry.booking_id == booking_id)
        .order_by(LedgerEntry.id, Posting.id)
    )
    return tuple(
        PostingRow(
            entry.at,
            entry.kind,
            f"{entry.source_type} {entry.source_id}",
            posting.account,
            posting.currency,
            posting.amount_minor,
        )
        for entry, posting in rows
    )


_BOOKINGS: Select[*tuple[Any, ...]] = (
    select(
        Booking.id,
        Booking.reference,
        OfferingRevision.title,
        _Lead.name.label("lead"),
        _Expert.name.label("expert"),
        Booking.state,
        Booking.starts_at,
        Booking.gross_minor,
        Booking.checkout_id,
        Booking.payment_intent_id,
        Booking.charge_id,
    )
    .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
    .join(_Lead, _Lead.id == Booking.lead_id)
    .join(_Expert, _Expert.id == Booking.expert_id)
)
