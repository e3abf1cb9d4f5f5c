"""Searches that somebody wants to come back to, and be told of."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.domain.errors import NotFound
from marketplace.store.base import Base, Id, affected


class SavedSearch(Base):
    """The filters as they stand in the address of the search page, and whether new offerings are told by mail.

    `looked_at`: what was published until then is known to its owner.
    """

    __tablename__ = "saved_search"
    __table_args__ = (Index("ix_saved_search_alerts_looked_at", "alerts", "looked_at"),)

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    query: Mapped[str] = mapped_column(String(5000))
    label: Mapped[str] = mapped_column(String(200))
    alerts: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    looked_at: Mapped[datetime]


def saved_searches(session: Session, account_id: int) -> Sequence[SavedSearch]:
    """Those of one account, the newest first."""
    mine = select(SavedSearch).where(SavedSearch.account_id == account_id)
    return session.scalars(mine.order_by(SavedSearch.id.desc())).all()


def saved_search_with(session: Session, account_id: int, query: str) -> SavedSearch | None:
    """The account's own with these filters."""
    mine = select(SavedSearch).where(SavedSearch.account_id == account_id, SavedSearch.query == query)
    return session.scalars(mine.limit(1)).first()


def count_saved(session: Session, account_id: int) -> int:
    """How many the account has."""
    return session.scalar(select(func.count()).where(SavedSearch.account_id == account_id)) or 0


def due_alerts(session: Session, looked_before: datetime, most: int) -> Sequence[int]:
    """Those whose owner wants to be told and has not been for a while, the longest first."""
    due = select(SavedSearch.id).where(SavedSearch.alerts, SavedSearch.looked_at <= looked_before)
    return session.scalars(due.order_by(SavedSearch.looked_at).limit(most)).all()


def note_looked(session: Session, saved_id: int, before: datetime, now: datetime) -> bool:
    """Move on from one look to the next; False when somebody else has."""
    moved = update(SavedSearch).where(SavedSearch.id == saved_id, SavedSearch.looked_at == before)
    return affected(session, moved.values(looked_at=now)) == 1


def set_alerts(session: Session, account_id: int, saved_id: int, alerts: bool, now: datetime) -> None:
    """Turn mails on, from now, or off; `NotFound` for somebody else's."""
    mine = update(SavedSearch).where(SavedSearch.id == saved_id, SavedSearch.account_id == account_id)
    if not affected(session, mine.values(alerts=alerts, looked_at=now)):
        raise NotFound("saved_search_unknown")


def forget_saved(session: Session, account_id: int, saved_id: int) -> None:
    """Delete it; `NotFound` for somebody else's."""
    mine = delete(SavedSearch).where(SavedSearch.id == saved_id, SavedSearch.account_id == account_id)
    if not affected(session, mine):
        raise NotFound("saved_search_unknown")
