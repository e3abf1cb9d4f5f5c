"""Offerings, their revisions and topics."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.domain.offering import OfferingText
from marketplace.store.accounts import Account
from marketplace.store.base import Base, Code, Id, affected
from marketplace.store.engine import CHANGE_LOG, one_at_a_time
from marketplace.store.experts import Expert
from marketplace.store.reading import row
from marketplace.store.transaction import Transaction


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
    version: Mapped[int] = mapped_column(default=1)  # grows with every save: two tabs never overwrite each other
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
    place: Mapped[int] = mapped_column(SmallInteger, default=0)  # the expert's order: the first one is the main topic


class OfferingChange(Base):
    """The change log that every search index replays: `id` is the sequence number."""

    __tablename__ = "offering_change"

    id: Mapped[Id]
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id"))
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class LiveOffering:
    """What can be booked now. `price_minor` is net of VAT, in cents."""

    offering_id: int
    revision_id: int
    expert_id: int
    expert_name: str
    title: str
    language: str
    price_minor: int
    currency: str
    length_minutes: int
    format: str
    city: str
    questions: tuple[str, ...]
    vat_scheme: str
    vetted: bool


def live_offering(session: Session, offering_id: int) -> LiveOffering | None:
    """The offering if leads can find and book it: published, and its expert not suspended."""
    found = row(session, _LIVE, offering_id=offering_id)
    if found is None:
        return None
    values = found._asdict()
    return LiveOffering(
        offering_id=offering_id,
        questions=tuple(values.pop("questions")),
        vetted=values.pop("vetting") == "approved",
        **values,
    )


_LIVE = (
    select(
        OfferingRevision.id.label("revision_id"),
        Offering.expert_id,
        Account.name.label("expert_name"),
        OfferingRevision.title,
        OfferingRevision.language,
        OfferingRevision.price_minor,
        OfferingRevision.currency,
        OfferingRevision.length_minutes,
        OfferingRevision.format,
        OfferingRevision.city,
        OfferingRevision.questions,
        Expert.vat_scheme,
        Expert.vetting,
    )
    .join(Offering, Offering.live_revision_id == OfferingRevision.id)
    .join(Expert, Expert.id == Offering.expert_id)
    .join(Account, Account.id == Offering.expert_id)
    .where(Offering.id == bindparam("offering_id"), Offering.state == "published", Account.suspended_at.is_(None))
)


def log_change(tx: Transaction, offering_id: int) -> None:
    """Note that what can be found of this offering changed; every search index replays the log.

    Numbers are taken here but seen at the commit: until then nobody else takes one, so that an index that has read
    number 8 has read number 7.
    """
    one_at_a_time(tx.session, CHANGE_LOG)
    tx.session.add(OfferingChange(offering_id=offering_id, at=tx.now))


def locked_offering(session: Session, offering_id: int) -> Offering | None:
    """The offering, held against other writers until the transaction ends (SQLite has one writer anyway)."""
    return session.get(Offering, offering_id, with_for_update=True)


def latest_revision(session: Session, offering_id: int) -> OfferingRevision:
    """The newest version, whatever its state; every offering has one."""
    query = select(OfferingRevision).where(OfferingRevision.offering_id == offering_id)
    return session.scalars(query.order_by(OfferingRevision.number.desc()).limit(1)).one()


def text_of(session: Session, revision: OfferingRevision) -> OfferingText:
    """What a revision says."""
    topics = select(RevisionTopic.topic_id).where(RevisionTopic.revision_id == revision.id)
    return OfferingText(
        language=revision.language,
        title=revision.title,
        outcome=revision.outcome,
        experience=revision.experience,
        topic_ids=tuple(session.scalars(topics.order_by(RevisionTopic.place))),
        length_minutes=revision.length_minutes,
        price_minor=revision.price_minor,
        format=revision.format,
        city=revision.city,
        questions=tuple(revision.questions),
    )


def add_revision(tx: Transaction, offering_id: int, number: int, text: OfferingText) -> OfferingRevision:
    """A new draft; a second one with the same number is refused by the database."""
    revision = OfferingRevision(offering_id=offering_id, number=number, created_at=tx.now, **_columns(text))
    tx.session.add(revision)
    tx.session.flush()
    _write_topics(tx.session, revision.id, text.topic_ids)
    return revision


def rewrite_revision(session: Session, revision_id: int, version: int, text: OfferingText) -> bool:
    """Put the text into a draft that is still at `version`; False when somebody saved or moved it since."""
    still_mine = (OfferingRevision.id == revision_id, OfferingRevision.version == version)
    values = {**_columns(text), "version": version + 1}
    query = update(OfferingRevision).where(*still_mine, OfferingRevision.state == "draft").values(values)
    if affected(session, query) != 1:
        return False
    _write_topics(session, revision_id, text.topic_ids)
    return True


def remove_revision(session: Session, revision_id: int) -> None:
    """Forget a draft and its topics."""
    session.execute(delete(RevisionTopic).where(RevisionTopic.revision_id == revision_id))
    session.execute(delete(OfferingRevision).where(OfferingRevision.id == revision_id))


def offerings_of(session: Session, expert_id: int) -> tuple[int, ...]:
    """Ids of all offerings of an expert that were ever published: the ones an index may know."""
    query = select(Offering.id).where(Offering.expert_id == expert_id, Offering.live_revision_id.is_not(None))
    return tuple(session.scalars(query.order_by(Offering.id)))


def known_topics(session: Session, topic_ids: tuple[int, ...]) -> bool:
    """Whether all these topics exist."""
    return len(set(session.scalars(select(Topic.id).where(Topic.id.in_(topic_ids))))) == len(set(topic_ids))


def _columns(text: OfferingText) -> dict[str, object]:
    return {
        "language": text.language,
        "title": text.title,
        "outcome": text.outcome,
        "experience": text.experience,
        "length_minutes": text.length_minutes,
        "price_minor": text.price_minor,
        "format": text.format,
        "city": text.city,
        "questions": list(text.questions),
    }


def _write_topics(session: Session, revision_id: int, topic_ids: tuple[int, ...]) -> None:
    session.execute(delete(RevisionTopic).where(RevisionTopic.revision_id == revision_id))
    rows = [RevisionTopic(revision_id=revision_id, topic_id=id_, place=place) for place, id_ in enumerate(topic_ids)]
    session.add_all(rows)
    session.flush()
