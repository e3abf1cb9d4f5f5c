"""Requests ("briefs" in the code), their matches, invitations and proposals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


class Brief(Base):
    """What a lead writes when they look for someone."""

    __tablename__ = "brief"

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    state: Mapped[Code] = mapped_column(default="open", index=True)  # 'open', 'closed', 'expired'
    title: Mapped[str] = mapped_column(String(120))
    problem: Mapped[str] = mapped_column(Text)
    objectives: Mapped[str] = mapped_column(Text, default="")
    level: Mapped[Code] = mapped_column(default="beginner")  # 'beginner', 'practising', 'advanced'
    language: Mapped[str] = mapped_column(String(2), default="")  # the session's language; '' means either
    earliest: Mapped[date | None] = mapped_column(Date)
    latest: Mapped[date | None] = mapped_column(Date)
    budget_minor: Mapped[int | None]  # net of VAT, cents
    format: Mapped[Code] = mapped_column(default="")  # '', 'remote', 'onsite'
    city: Mapped[str] = mapped_column(String(80), default="")
    participants: Mapped[int] = mapped_column(SmallInteger, default=1)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    matched_at: Mapped[datetime | None]


class Match(Base):
    """An offering proposed for a request, with its score and the parts that explain it."""

    __tablename__ = "brief_match"
    __table_args__ = (UniqueConstraint("brief_id", "offering_id"),)

    id: Mapped[Id]
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"))
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), index=True)
    score: Mapped[float]
    parts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Invitation(Base):
    """An expert asked to answer a request (`kind` 'invitation') or offering themselves ('proposal')."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("brief_id", "offering_id", "kind"),)

    id: Mapped[Id]
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), index=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    kind: Mapped[Code]
    state: Mapped[Code] = mapped_column(default="open")  # 'open', 'accepted', 'declined', 'expired'
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
