"""Ratings: sealed until `revealed_at`."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


class Rating(Base):
    """What one side says of the other after a session. Everything that reads ratings asks for `revealed_at`."""

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("booking_id", "side"),
        CheckConstraint("overall between 1 and 5", name="overall"),
        Index("ix_rating_subject_id_revealed_at", "subject_id", "revealed_at"),
        Index("ix_rating_offering_id_revealed_at", "offering_id", "revealed_at"),
    )

    id: Mapped[Id]
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    side: Mapped[Code]  # who rates: 'lead' or 'expert'
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))  # the lead's company
    overall: Mapped[int] = mapped_column(SmallInteger)
    dimensions: Mapped[dict[str, Any]]  # {'depth': 5, 'clarity': 4 ...}
    comment: Mapped[str] = mapped_column(Text, default="")
    private_note: Mapped[str] = mapped_column(Text, default="")  # to the other side only
    recommend: Mapped[bool]  # to us only
    given_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(Text, default="")
    replied_at: Mapped[datetime | None]
