"""Stripe's own book beside our ledger: which line stands for which entry, and what stands alone on either side."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from marketplace.domain.ledger import STRIPE_BALANCE
from marketplace.store.audit import BalanceLine
from marketplace.store.money import LedgerEntry, Posting

# What Stripe calls a movement -> (source type, kind) of the entry that stands for it; others stand for themselves.
_ENTRY_OF = {
    "charge": ("charge", "capture"),
    "payment": ("charge", "capture"),
    "refund": ("refund", "refund"),
    "payment_refund": ("refund", "refund"),
    "refund_failure": ("refund", "refund_undone"),
    "payment_failure_refund": ("refund", "refund_undone"),
    "transfer": ("transfer", "transfer"),
    "transfer_refund": ("reversal", "reversal"),
}

CHARGES = ("charge", "payment")  # their fees are entries of their own

_FEE_MISSING = and_(BalanceLine.type.in_(CHARGES), BalanceLine.fee_minor != 0, BalanceLine.fee_entry_id.is_(None))
_WANTING = or_(BalanceLine.entry_id.is_(None), _FEE_MISSING)


@dataclass(frozen=True, slots=True)
class Unequal:
    """A line of Stripe's book and what our entries say instead, in cents of net amount."""

    line_id: str
    type: str
    source_id: str
    stripes: int
    ours: int


def newest_line(session: Session, currency: str) -> datetime | None:
    """When the newest line that we know was made."""
    return session.scalar(select(func.max(BalanceLine.created_at)).where(BalanceLine.currency == currency))


def known_lines(session: Session, line_ids: Sequence[str]) -> set[str]:
    """Which of these we have."""
    return set(session.scalars(select(BalanceLine.id).where(BalanceLine.id.in_(line_ids))))


def unlinked_lines(session: Session, currency: str, after: str, limit: int) -> Sequence[BalanceLine]:
    """Lines without an entry, or with a fee that no entry stands for, by id from `after` on."""
    query = select(BalanceLine).where(BalanceLine.currency == currency, _WANTING, BalanceLine.id > after)
    return session.scalars(query.order_by(BalanceLine.id).limit(limit)).all()


def unlinked_ids(session: Session, currency: str) -> Sequence[str]:
    """The names of all of them."""
    return session.scalars(select(BalanceLine.id).where(BalanceLine.currency == currency, _WANTING)).all()


def lines_named(session: Session, line_ids: Collection[str]) -> Sequence[BalanceLine]:
    """These lines."""
    return session.scalars(select(BalanceLine).where(BalanceLine.id.in_(line_ids))).all()


def link(session: Session, lines: Collection[BalanceLine]) -> None:
    """Find the entries that stand for these lines."""
    wanted = {line.id: _key(line) for line in lines}
    fees = {line.id: ("charge", line.source_id, "fee") for line in lines if line.type in CHARGES}
    found = _entries(session, {*wanted.values(), *fees.values()})
    for line in lines:
        # The session writes those that have changed at once, in one go.
        line.entry_id = line.entry_id or found.get(wanted[line.id])
        # A fee that is no entry of its own is in the lines of the entry itself.
        line.fee_entry_id = found.get(fees[line.id]) if line.id in fees else None
    session.flush()


def link_own(session: Session, line: BalanceLine) -> None:
    """Let the entry that was made for this very line stand for it and its fee, whatever Stripe calls the movement."""
    own = select(LedgerEntry.id).where(
        LedgerEntry.source_type == "line", LedgerEntry.source_id == line.id, LedgerEntry.kind == "own"
    )
    line.entry_id = line.fee_entry_id = session.scalars(own).one()


def stands_alone(line: BalanceLine) -> bool:
    """Whether nothing of ours stands for the line."""
    return line.entry_id is None


def lacks_fee(line: BalanceLine) -> bool:
    """Whether Stripe kept a fee that our ledger does not know."""
    is_charge = line.type in CHARGES
    return line.entry_id is not None and is_charge and line.fee_minor != 0 and line.fee_entry_id is None


def foreign_lines(session: Session, made_before: datetime) -> int:
    """How many lines nothing of ours stands for."""
    alone = select(func.count()).where(BalanceLine.entry_id.is_(None), BalanceLine.created_at <= made_before)
    return session.scalar(alone) or 0


def lines_alone(session: Session, limit: int) -> Sequence[BalanceLine]:
    """The lines that nothing of ours stands for, the oldest first."""
    query = select(BalanceLine).where(BalanceLine.entry_id.is_(None))
    return session.scalars(query.order_by(BalanceLine.created_at, BalanceLine.id).limit(limit)).all()


def missing_fees(session: Session, made_before: datetime) -> int:
    """How many fees of charges our ledger does not know."""
    missing = select(func.count()).where(
        BalanceLine.type.in_(CHARGES),
        BalanceLine.fee_minor != 0,
        BalanceLine.fee_entry_id.is_(None),
        BalanceLine.created_at <= made_before,
    )
    return session.scalar(missing) or 0


def unequal_lines(session: Session, limit: int) -> tuple[Unequal, ...]:
    """Lines whose entries move another amount."""
    moved = (
        select(Posting.entry_id, func.sum(Posting.amount_minor).label("minor"))
        .where(Posting.account == STRIPE_BALANCE)
        .group_by(Posting.entry_id)
        .subquery()
    )
    fee = moved.alias("fee")
    ours = func.coalesce(moved.c.minor, 0) + func.coalesce(fee.c.minor, 0)
    fee_there = or_(BalanceLine.fee_entry_id.is_not(None), BalanceLine.type.not_in(CHARGES))
    stripes = BalanceLine.amount_minor - BalanceLine.fee_minor
    # One entry for both has the fee in its own lines.
    apart = and_(fee.c.entry_id == BalanceLine.fee_entry_id, BalanceLine.fee_entry_id != BalanceLine.entry_id)
    # A fee that is not known yet is missing, not different.
    differs = or_(and_(fee_there, ours != stripes), and_(~fee_there, ours != BalanceLine.amount_minor))
    query = (
        select(BalanceLine.id, BalanceLine.type, BalanceLine.source_id, stripes, ours)
        .join(moved, moved.c.entry_id == BalanceLine.entry_id, isouter=True)
        .join(fee, apart, isouter=True)
        .where(BalanceLine.entry_id.is_not(None), differs)
        .order_by(BalanceLine.id)
    )
    return tuple(Unequal(*row) for row in session.execute(query.limit(limit)))


def lone_entries(session: Session, currency: str, rule: ColumnElement[bool]) -> list[tuple[LedgerEntry, int]]:
    """Entries that move our balance at Stripe and that no line of Stripe's stands for, with the amount."""
    linked = exists().where(or_(BalanceLine.entry_id == LedgerEntry.id, BalanceLine.fee_entry_id == LedgerEntry.id))
    moved = func.sum(Posting.amount_minor)
    query = (
        select(LedgerEntry, moved)
        .join(Posting, Posting.entry_id == LedgerEntry.id)
        .where(Posting.account == STRIPE_BALANCE, Posting.currency == currency, rule, ~linked)
        .group_by(LedgerEntry.id)
        .order_by(LedgerEntry.id)
    )
    return [(entry, amount) for entry, amount in session.execute(query)]


def stripe_balance(session: Session, currency: str) -> int:
    """What our ledger says is at Stripe, in cents."""
    total = select(func.sum(Posting.amount_minor)).where(
        Posting.account == STRIPE_BALANCE, Posting.currency == currency
    )
    return session.scalar(total) or 0


def _key(line: BalanceLine) -> tuple[str, str, str]:
    source_type, kind = _ENTRY_OF.get(line.type, ("line", ""))
    if source_type != "line":
        return source_type, line.source_id, kind
    return "line", line.id, "dispute" if line.type == "adjustment" and line.source_id else "own"


def _entries(session: Session, keys: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    key = tuple_(LedgerEntry.source_type, LedgerEntry.source_id, LedgerEntry.kind)
    rows = session.execute(
        select(LedgerEntry.id, LedgerEntry.source_type, LedgerEntry.source_id, LedgerEntry.kind).where(key.in_(keys))
    )
    return {(source_type, source_id, kind): entry_id for entry_id, source_type, source_id, kind in rows}
