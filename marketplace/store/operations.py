"""Operations: every write to Stripe is a row here before the call."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, exists, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base, Code, Id, affected
from marketplace.store.transaction import Transaction

UNFINISHED = ("pending", "unknown")
# Refused for good, and still to be done: a person may have them made anew with the next key. What was to be paid or
# sent is asked for again by those whom it concerns.
REPEATABLE = frozenset({"refund", "void", "reversal"})


class Operation(Base):
    """One write to Stripe: committed before the call, with frozen parameters and its own idempotency key."""

    __tablename__ = "operation"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "seq"),
        # at most one unfinished operation of a kind per subject
        Index(
            "uq_operation_live",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("status in ('pending', 'unknown')"),
            postgresql_where=text("status in ('pending', 'unknown')"),
        ),
        Index("ix_operation_status_next_at", "status", "next_at"),
    )

    id: Mapped[Id]
    # 'checkout', 'expire', 'capture', 'void', 'refund', 'transfer', 'reversal', 'account'
    kind: Mapped[Code]
    subject: Mapped[str] = mapped_column(String(60))  # 'booking:12', 'expert:7', 'hold:pi_1' or 'dispute:dp_1'
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    seq: Mapped[int] = mapped_column(default=1)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    params: Mapped[dict[str, Any]]
    status: Mapped[Code] = mapped_column(default="pending")  # 'pending', 'unknown', 'done', 'failed'
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]  # somebody is calling Stripe with it just now
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    object_id: Mapped[str | None] = mapped_column(String(120))  # what Stripe made of it
    error: Mapped[str] = mapped_column(String(400), default="")


def add_operation(
    tx: Transaction,
    environment: str,
    kind: str,
    subject: str,
    params: Mapping[str, Any],
    booking_id: int | None,
    head_start: timedelta = timedelta(),
) -> Operation:
    """Write down a call to Stripe before it is made. A second unfinished one of its kind is refused by the index.

    `head_start`: how long the worker leaves it to whoever wrote it and calls at once.
    """
    last = select(func.max(Operation.seq)).where(Operation.kind == kind, Operation.subject == subject)
    seq = (tx.session.scalar(last) or 0) + 1
    operation = Operation(
        kind=kind,
        subject=subject,
        booking_id=booking_id,
        seq=seq,
        # Never derived from the amount: two equal refunds are two refunds.
        key=f"cadran:{environment}:{kind}:{subject}:{seq}",
        params=dict(params),
        next_at=tx.now + head_start,
        created_at=tx.now,
    )
    tx.session.add(operation)
    tx.session.flush()
    return operation


def lease_operation(session: Session, operation_id: int, now: datetime, until: datetime) -> bool:
    """Take an unfinished operation for one call; False when somebody else has it or it is finished."""
    lease = (
        update(Operation)
        .where(
            Operation.id == operation_id,
            Operation.status.in_(UNFINISHED),
            or_(Operation.leased_until.is_(None), Operation.leased_until <= now),
        )
        .values(leased_until=until, attempts=Operation.attempts + 1)
    )
    return affected(session, lease) == 1


def finish_operation(
    session: Session, operation_id: int, status: str, now: datetime, *, object_id: str | None = None, error: str = ""
) -> bool:
    """Close an operation as 'done' or 'failed'; False when it was closed before, then nothing may follow from it."""
    close = (
        update(Operation)
        .where(Operation.id == operation_id, Operation.status.in_(UNFINISHED))
        .values(status=status, finished_at=now, leased_until=None, object_id=object_id, error=error[:400])
    )
    return affected(session, close) == 1


def cancel_unsent(session: Session, kind: str, subject: str, now: datetime) -> bool:
    """Close an operation that nobody has called Stripe with; False when there is none or somebody has."""
    unsent = update(Operation).where(
        Operation.kind == kind,
        Operation.subject == subject,
        Operation.status == "pending",
        Operation.attempts == 0,
    )
    return affected(session, unsent.values(status="failed", finished_at=now, error="cancelled before it was sent")) == 1


def postpone_operation(session: Session, operation_id: int, next_at: datetime, error: str) -> None:
    """The outcome is not known: the same key again, later."""
    session.execute(
        update(Operation)
        .where(Operation.id == operation_id, Operation.status.in_(UNFINISHED))
        .values(status="unknown", next_at=next_at, leased_until=None, error=error[:400])
    )


def due_operations(session: Session, now: datetime, limit: int) -> list[int]:
    """Unfinished operations whose time has come and that nobody is calling with."""
    free = or_(Operation.leased_until.is_(None), Operation.leased_until <= now)
    due = select(Operation.id).where(Operation.status.in_(UNFINISHED), Operation.next_at <= now, free)
    return list(session.scalars(due.order_by(Operation.next_at, Operation.id).limit(limit)))


def unfinished_operation(session: Session, kind: str, subject: str) -> int | None:
    """The one unfinished operation of a kind, if there is one."""
    return session.scalar(
        select(Operation.id).where(
            Operation.kind == kind, Operation.subject == subject, Operation.status.in_(UNFINISHED)
        )
    )


def is_being_called(session: Session, kind: str, subject: str, now: datetime) -> bool:
    """Whether somebody waits for Stripe's answer to an operation just now."""
    leased = Operation.status.in_(UNFINISHED), Operation.leased_until > now
    return bool(session.scalar(select(exists().where(Operation.kind == kind, Operation.subject == subject, *leased))))


def is_last_operation(session: Session, operation: Operation) -> bool:
    """Whether no later operation of its kind was written for the same subject."""
    same = select(func.max(Operation.seq)).where(
        Operation.kind == operation.kind, Operation.subject == operation.subject
    )
    return session.scalar(same) == operation.seq


def last_operation(session: Session, kind: str, subject: str) -> Operation | None:
    """The newest operation of a kind for a subject."""
    same = select(Operation).where(Operation.kind == kind, Operation.subject == subject)
    return session.scalars(same.order_by(Operation.seq.desc()).limit(1)).first()


def operation_of(session: Session, kind: str, object_id: str) -> Operation:
    """The operation that made something at Stripe. `NoResultFound` when it was none of ours."""
    return session.scalars(select(Operation).where(Operation.kind == kind, Operation.object_id == object_id)).one()


def unfinished_refund(session: Session, booking_id: int) -> bool:
    """Whether money of a booking, its own or a stray payment's, is just going back."""
    live = Operation.booking_id == booking_id, Operation.kind == "refund", Operation.status.in_(UNFINISHED)
    return bool(session.scalar(select(exists().where(*live))))


def unfinished_refund_of(session: Session, hold_id: str) -> bool:
    """Whether an operation of ours is giving a payment back just now."""
    return any(params["hold_id"] == hold_id for params in _under_way(session, "refund"))


def unfinished_reversal(session: Session, transfer_id: str) -> bool:
    """Whether an operation of ours is taking a transfer back just now."""
    return any(params["transfer_id"] == transfer_id for params in _under_way(session, "reversal"))


def _under_way(session: Session, kind: str) -> Iterable[Mapping[str, Any]]:
    return session.scalars(select(Operation.params).where(Operation.kind == kind, Operation.status.in_(UNFINISHED)))
