"""Private calendar feeds: one per person, opened by a key that follows from the version and our secret."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base


class CalendarFeed(Base):
    """A person's feed; a new version makes the key before it worthless. No row or `open` False: no key opens it."""

    __tablename__ = "calendar_feed"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    version: Mapped[int]
    open: Mapped[bool]
    renewed_at: Mapped[datetime]


def feed_of(session: Session, account_id: int) -> CalendarFeed | None:
    """The person's feed, if there ever was one."""
    return session.get(CalendarFeed, account_id)
