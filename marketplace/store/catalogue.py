"""What filters, facets and ranking need to know of every published offering, as rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.store.accounts import Account
from marketplace.store.experts import Expert, Standing
from marketplace.store.offerings import Offering, OfferingChange, OfferingRevision, RevisionTopic, Topic
from marketplace.store.reading import rows


@dataclass(frozen=True, slots=True)
class Version:
    """Changes whenever an offering or a standing did."""

    change: int
    standing: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """One published offering. Parts of the standing are None for an expert without any."""

    offering_id: int
    expert_id: int
    languages: tuple[str, ...]  # that the expert holds sessions in
    format: str
    city: str
    price_minor: int
    length_minutes: int
    held_sessions: int
    mean_stars: float | None
    stars: float | None
    recommend: float | None
    reliability: float | None
    response: float | None
    load: float | None


@dataclass(frozen=True, slots=True)
class TopicLabel:
    """A topic in both languages."""

    topic_id: int
    slug: str
    fr: str
    en: str


def catalogue_version(session: Session) -> Version:
    """The present version, by two indexed look-ups."""
    change, standing = rows(session, _VERSION)[0]
    return Version(change or 0, standing)


_VERSION = select(
    select(func.max(OfferingChange.id)).scalar_subquery(), select(func.max(Standing.updated_at)).scalar_subquery()
)


def catalogue_facts(session: Session) -> tuple[Facts, ...]:
    """All published offerings of vetted experts, by id."""
    rows = session.execute(
        select(
            Offering.id.label("offering_id"),
            Offering.expert_id,
            Expert.languages,
            OfferingRevision.format,
            OfferingRevision.city,
            OfferingRevision.price_minor,
            OfferingRevision.length_minutes,
            Offering.held_sessions,
            Standing.mean_stars,
            Standing.stars,
            Standing.recommend,
            Standing.reliability,
            Standing.response,
            Standing.load,
        )
        .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
        .join(Expert, Expert.id == Offering.expert_id)
        .join(Account, Account.id == Offering.expert_id)
        .outerjoin(Standing, Standing.account_id == Offering.expert_id)
        .where(Offering.state == "published", Expert.vetting == "approved", Account.suspended_at.is_(None))
        .order_by(Offering.id)
    )
    return tuple(_facts(dict(row._mapping)) for row in rows)


def topics_of_offerings(session: Session) -> tuple[tuple[int, int], ...]:
    """(offering, topic) for everything that is published."""
    rows = session.execute(
        select(Offering.id, RevisionTopic.topic_id)
        .join(RevisionTopic, RevisionTopic.revision_id == Offering.live_revision_id)
        .where(Offering.state == "published")
    )
    return tuple((row.id, row.topic_id) for row in rows)


def topic_labels(session: Session) -> tuple[TopicLabel, ...]:
    """All topics."""
    return tuple(TopicLabel(*row) for row in session.execute(select(Topic.id, Topic.slug, Topic.fr, Topic.en)))


def _facts(row: dict[str, Any]) -> Facts:
    return Facts(languages=tuple(row.pop("languages")), **row)
