"""When experts are busy elsewhere: the address of their other calendar, and its last good copy."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base, Code, Id


class BusySource(Base):
    """An expert's other calendar: where it is, when it was read, and what went wrong since."""

    __tablename__ = "busy_source"

    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), primary_key=True, autoincrement=False)
    url: Mapped[str] = mapped_column(Text)  # as good as a password: never in logs or the journal
    next_at: Mapped[datetime] = mapped_column(index=True)
    tried_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]  # when the copy was known to be good: changed or not
    understood_at: Mapped[datetime | None]  # when the copy was last made from a file
    events: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    error: Mapped[Code] = mapped_column(default="")
    etag: Mapped[str] = mapped_column(String(200), default="")
    modified: Mapped[str] = mapped_column(String(60), default="")  # Last-Modified, word for word


class BusySpan(Base):
    """A stretch of an expert's time that is taken elsewhere: first and last quarter since 1970 (UTC)."""

    __tablename__ = "busy_span"
    __table_args__ = (Index("ix_busy_span_expert_id_last", "expert_id", "last"),)

    id: Mapped[Id]
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"))
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)


def busy_source(session: Session, expert_id: int) -> BusySource | None:
    """The expert's other calendar, if they gave one."""
    return session.get(BusySource, expert_id)


def due_sources(session: Session, now: datetime, limit: int) -> list[BusySource]:
    """The calendars to read now, the longest waiting first."""
    due = select(BusySource).where(BusySource.next_at <= now).order_by(BusySource.next_at).limit(limit)
    return list(session.scalars(due))


def claim_source(session: Session, expert_id: int, url: str, next_at: datetime, until: datetime) -> bool:
    """Take a calendar for reading; False when another worker was faster, or it was changed meanwhile."""
    claimed = session.scalars(
        update(BusySource)
        .where(BusySource.expert_id == expert_id, BusySource.url == url, BusySource.next_at == next_at)
        .values(next_at=until)
        .returning(BusySource.expert_id)
    )
    return claimed.one_or_none() is not None


def set_busy_spans(session: Session, expert_id: int, spans: Iterable[range]) -> None:
    """Replace the copy."""
    session.execute(delete(BusySpan).where(BusySpan.expert_id == expert_id))
    session.add_all(BusySpan(expert_id=expert_id, first=span.start, last=span.stop - 1) for span in spans)


def remove_source(session: Session, expert_id: int) -> bool:
    """Forget the other calendar and its copy; False when there was none."""
    session.execute(delete(BusySpan).where(BusySpan.expert_id == expert_id))
    source = session.get(BusySource, expert_id)
    if source is None:
        return False
    session.delete(source)
    return True
