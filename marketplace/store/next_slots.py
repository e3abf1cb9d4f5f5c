"""The next free slot of each expert, by length of session: worked out by the worker, read by every search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Row, SmallInteger, and_, bindparam, delete, insert, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.reading import rows

Key = tuple[int, int]  # expert, length in minutes


class NextSlot(Base):
    """When the expert is next free for so long; None: not in the weeks that a search looks ahead."""

    __tablename__ = "next_slot"

    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), primary_key=True, autoincrement=False)
    length_minutes: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    starts_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Noted:
    """What is written down of an expert and a length that are on the market."""

    expert_id: int
    length_minutes: int
    is_known: bool
    starts_at: datetime | None

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.expert_id, self.length_minutes


def next_slots(session: Session, since: datetime | None = None) -> Sequence[Row[int, int, datetime | None]]:
    """(expert, length, start) of all that are known, or of those that changed at `since` or later."""
    return rows(session, _ALL) if since is None else rows(session, _CHANGED, since=since)


def noted_in(session: Session, bucket: int, buckets: int) -> tuple[Noted, ...]:
    """One of so many buckets of the experts on the market."""
    return _noted(rows(session, _IN_BUCKET, bucket=bucket, buckets=buckets))


def noted_of(session: Session, expert_id: int) -> tuple[Noted, ...]:
    """One expert on the market."""
    return _noted(rows(session, _OF_EXPERT, expert_id=expert_id))


def note_next_slots(session: Session, fresh: Mapping[Key, datetime | None], now: datetime) -> None:
    """Write these down, in place of what was known of them; the worker alone writes here."""
    if not fresh:
        return
    session.execute(delete(NextSlot).where(tuple_(NextSlot.expert_id, NextSlot.length_minutes).in_(list(fresh))))
    values = [
        {"expert_id": expert_id, "length_minutes": length, "starts_at": starts_at, "updated_at": now}
        for (expert_id, length), starts_at in fresh.items()
    ]
    session.execute(insert(NextSlot), values)


def _noted(found: Sequence[Row[int, int, int | None, datetime | None]]) -> tuple[Noted, ...]:
    return tuple(Noted(row[0], row[1], row[2] is not None, row[3]) for row in found)


_ALL = select(NextSlot.expert_id, NextSlot.length_minutes, NextSlot.starts_at)
_CHANGED = _ALL.where(NextSlot.updated_at >= bindparam("since"))
_ON_THE_MARKET = (
    select(Offering.expert_id, OfferingRevision.length_minutes, NextSlot.expert_id, NextSlot.starts_at)
    .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
    .outerjoin(
        NextSlot,
        and_(NextSlot.expert_id == Offering.expert_id, NextSlot.length_minutes == OfferingRevision.length_minutes),
    )
    .where(Offering.state == "published")
    .distinct()
)
_IN_BUCKET = _ON_THE_MARKET.where(Offering.expert_id % bindparam("buckets") == bindparam("bucket"))
_OF_EXPERT = _ON_THE_MARKET.where(Offering.expert_id == bindparam("expert_id"))
