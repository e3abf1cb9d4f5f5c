"""Proposals of other times for a booking, and the questions asked of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base, Code, Id, affected


class Proposal(Base):
    """One side proposes up to three other times. It is about the booking as it stood: `from_state`, `from_start`."""

    __tablename__ = "proposal"
    __table_args__ = (
        # one open proposal per booking: whoever counters closes the other side's first
        Index(
            "uq_proposal_open",
            "booking_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_proposal_state_expires_at", "state", "expires_at"),
    )

    id: Mapped[Id]
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    side: Mapped[Code]  # 'lead' or 'expert': who proposes
    state: Mapped[Code] = mapped_column(default="open")
    note: Mapped[str] = mapped_column(String(400), default="")
    from_state: Mapped[Code]
    from_start: Mapped[datetime]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ProposedTime(Base):
    """One of the times; it lasts as long as the booking."""

    __tablename__ = "proposed_time"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    starts_at: Mapped[datetime]


def open_proposal(session: Session, booking_id: int) -> Proposal | None:
    """The proposal that waits for an answer, if there is one."""
    return session.scalar(select(Proposal).where(Proposal.booking_id == booking_id, Proposal.state == "open"))


def proposed_times(session: Session, proposal_id: int) -> tuple[datetime, ...]:
    """The starts, in the order given (UTC)."""
    times = select(ProposedTime.starts_at).where(ProposedTime.proposal_id == proposal_id)
    return tuple(session.scalars(times.order_by(ProposedTime.place)))


def due_proposals(session: Session, now: datetime, limit: int) -> list[int]:
    """Open proposals whose time is over, oldest first."""
    over = select(Proposal.id).where(Proposal.state == "open", Proposal.expires_at <= now)
    return list(session.scalars(over.order_by(Proposal.expires_at).limit(limit)))


def change_proposal(session: Session, proposal_id: int, state: str, now: datetime) -> bool:
    """End an open proposal; False when somebody was faster: the database decides."""
    step = update(Proposal).where(Proposal.id == proposal_id, Proposal.state == "open")
    return affected(session, step.values(state=state, ended_at=now)) == 1
