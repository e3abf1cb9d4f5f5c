"""Impressions: what a search ranked, with everything that its order came from. No words, no reader."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import JSON, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.domain.matching import Candidate
from marketplace.store.base import Base, Id, affected


class Impression(Base):
    """One answer: its candidates in the order they were shown, each as the values of `Candidate`'s fields."""

    __tablename__ = "impression"

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(index=True)
    seed: Mapped[int]  # the day's, which decided between equals
    candidates: Mapped[list[list[float]]] = mapped_column(JSON)


def impressions_since(session: Session, since: datetime, most: int) -> Iterator[tuple[int, tuple[Candidate, ...]]]:
    """(seed, candidates in the order shown) of the newest answers, at most so many."""
    newest = select(Impression.seed, Impression.candidates).where(Impression.at >= since)
    for row in session.execute(newest.order_by(Impression.id.desc()).limit(most)):
        yield row.seed, tuple(_candidate(values) for values in row.candidates)


def forget_impressions(session: Session, before: datetime) -> int:
    """Delete those that are too old to say anything; returns how many."""
    return affected(session, delete(Impression).where(Impression.at < before))


def _candidate(values: Sequence[float]) -> Candidate:
    named = dict(zip(_FIELDS, values, strict=True))
    whole = {name: int(named.pop(name)) for name in ("offering_id", "expert_id", "held_sessions")}
    return Candidate(**whole, **named)  # type: ignore[arg-type]


_FIELDS = tuple(each.name for each in fields(Candidate))
