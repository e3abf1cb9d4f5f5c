"""Requests that nobody on the market fits: what to look for experts in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Row, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.store.base import Base, Code
from marketplace.store.offerings import Topic


class UnmetDemand(Base):
    """A request without a match. `topic_id` is what it is nearest to, None for nothing we know; `lacking` says what
    was missing: 'words' (nobody speaks of it), 'language' or 'days'."""

    __tablename__ = "unmet_demand"

    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), primary_key=True, autoincrement=False)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    lacking: Mapped[Code]
    noted_at: Mapped[datetime] = mapped_column(index=True)
    met_at: Mapped[datetime | None]  # when an offering came that fits after all


def note_unmet(session: Session, brief_id: int, topic_id: int | None, lacking: str, now: datetime) -> None:
    """Nobody fits this request; noted once."""
    session.merge(UnmetDemand(brief_id=brief_id, topic_id=topic_id, lacking=lacking, noted_at=now))


def note_met(session: Session, brief_id: int, now: datetime) -> None:
    """Somebody fits it after all."""
    open_one = update(UnmetDemand).where(UnmetDemand.brief_id == brief_id, UnmetDemand.met_at.is_(None))
    session.execute(open_one.values(met_at=now))


def unmet_by_topic(session: Session, since: datetime) -> Sequence[Row[str | None, str | None, str, int, int, datetime]]:
    """(label fr, label en, what was lacking, how many, how many met since, the newest), most frequent first."""
    count = func.count()
    return session.execute(
        select(
            Topic.fr,
            Topic.en,
            UnmetDemand.lacking,
            count,
            func.count(UnmetDemand.met_at),
            func.max(UnmetDemand.noted_at),
        )
        .outerjoin(Topic, Topic.id == UnmetDemand.topic_id)
        .where(UnmetDemand.noted_at >= since)
        .group_by(Topic.id, Topic.fr, Topic.en, UnmetDemand.lacking)
        .order_by(count.desc(), Topic.en)
    ).all()
