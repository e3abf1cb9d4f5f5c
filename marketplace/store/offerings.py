"""Offerings, their revisions and topics."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.store.base import Base, Code, Id


class Topic(Base):
    """A subject of the market, in both languages."""

    __tablename__ = "topic"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    fr: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(80))


class Offering(Base):
    """One precise point an expert offers a session on. What it says stands in its revisions; `live_revision_id` is
    the approved one that everybody sees, also while a newer one is in review."""

    __tablename__ = "offering"
    __table_args__ = (
        CheckConstraint("state != 'published' or live_revision_id is not null", name="published_has_text"),
    )

    id: Mapped[Id]
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    state: Mapped[Code] = mapped_column(default="draft", index=True)
    live_revision_id: Mapped[int | None] = mapped_column(
        ForeignKey("offering_revision.id", use_alter=True, name="fk_offering_live_revision_id")
    )
    held_sessions: Mapped[int] = mapped_column(default=0)  # recomputed with the standing
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class OfferingRevision(Base):
    """What an offering says, in one version. `price_minor` is net of VAT, in cents."""

    __tablename__ = "offering_revision"
    __table_args__ = (
        UniqueConstraint("offering_id", "number"),
        Index("ix_offering_revision_queue", "state", "submitted_at"),
        CheckConstraint("price_minor > 0", name="price"),
    )

    id: Mapped[Id]
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"), index=True)
    number: Mapped[int]
    # 'draft' -> 'in_review' -> 'approved' | 'changes_requested' | 'rejected'; 'replaced' when a newer one was approved
    state: Mapped[Code] = mapped_column(default="draft")
    language: Mapped[str] = mapped_column(String(2))  # the language of the text
    title: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[str] = mapped_column(Text)
    experience: Mapped[str] = mapped_column(Text)
    length_minutes: Mapped[int] = mapped_column(SmallInteger, default=180)
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3), default="eur")
    format: Mapped[Code] = mapped_column(default="remote")  # 'remote', 'onsite', 'both'
    city: Mapped[str] = mapped_column(String(80), default="")
    questions: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    # an admin who opened the item holds it for a while, so that two do not read the same one
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    claimed_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(Text, default="")


class RevisionTopic(Base):
    """A revision's topics."""

    __tablename__ = "revision_topic"

    revision_id: Mapped[int] = mapped_column(ForeignKey("offering_revision.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True, index=True)


class OfferingChange(Base):
    """The change log that every search index replays: `id` is the sequence number."""

    __tablename__ = "offering_change"

    id: Mapped[Id]
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    at: Mapped[datetime]
