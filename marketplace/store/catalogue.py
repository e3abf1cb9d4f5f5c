"""What filters, facets and ranking need to know of every published offering, as rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from marketplace.store.accounts import Account
from marketplace.store.experts import Expert, Standing
from marketplace.store.next_slots import NextSlot
from marketplace.store.offerings import Offering, OfferingChange, OfferingRevision, RevisionTopic, Topic
from marketplace.store.reading import rows

# A change is numbered, a standing dated, before it is committed: look back far enough to see one that came late.
CHANGES_BACK = 200
TIME_BACK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Version:
    """Changes whenever an offering, a standing or a next free slot did."""

    change: int
    standing: datetime | None
    slot: datetime | None


@dataclass(frozen=True, slots=True)
class TopicLabel:
    """A topic in both languages."""

    topic_id: int
    slug: str
    fr: str
    en: str


Facts = Row[*tuple[Any, ...]]  # one offering as `_FACTS` lists it; parts of the standing are None without any


def catalogue_version(session: Session) -> Version:
    """The present version, by three indexed look-ups in one question."""
    change, standing, slot = rows(session, _VERSION)[0]
    return Version(change or 0, standing, slot)


def catalogue_facts(session: Session) -> Sequence[Facts]:
    """All published offerings of vetted experts, by id."""
    return rows(session, _FACTS.order_by(Offering.id))


def facts_of(session: Session, offering_ids: Sequence[int]) -> Sequence[Facts]:
    """Those of these offerings that are published."""
    return rows(session, _FACTS_OF, ids=list(offering_ids))


def changed_since(session: Session, version: Version) -> set[int]:
    """The offerings that changed after this version, and some that did not."""
    return {row[0] for row in rows(session, _CHANGED, after=version.change - CHANGES_BACK)}


def standings_since(session: Session, standing: datetime | None) -> frozenset[Row[int, datetime]]:
    """(expert, moment) of the standings that changed after a version's newest, and some that did before; all for None.

    Thousands may have changed in one moment: whoever has taken some of them over knows them by the pair.
    """
    if standing is None:
        return frozenset(rows(session, _STANDINGS))
    return frozenset(rows(session, _STANDINGS_SINCE, after=standing - TIME_BACK))


def offerings_of(session: Session, expert_ids: Collection[int]) -> set[int]:
    """All offerings of these experts."""
    return {row[0] for row in rows(session, _OFFERINGS_OF, experts=list(expert_ids))} if expert_ids else set()


def topics_of(session: Session, offering_ids: Sequence[int] | None = None) -> Sequence[Row[int, int]]:
    """(offering, topic) for these, or for everything that is published."""
    if offering_ids is None:
        return rows(session, _TOPICS)
    return rows(session, _TOPICS_OF, ids=list(offering_ids))


def topic_labels(session: Session) -> tuple[TopicLabel, ...]:
    """All topics."""
    return tuple(TopicLabel(*row) for row in rows(session, _LABELS))


_VERSION = select(
    select(func.max(OfferingChange.id)).scalar_subquery(),
    select(func.max(Standing.updated_at)).scalar_subquery(),
    select(func.max(NextSlot.updated_at)).scalar_subquery(),
)
_FACTS: Select[*tuple[Any, ...]] = (
    select(
        Offering.id,
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
)
_FACTS_OF = _FACTS.where(Offering.id.in_(bindparam("ids", expanding=True))).order_by(Offering.id)
_CHANGED = select(OfferingChange.offering_id).where(OfferingChange.id > bindparam("after")).distinct()
_STANDINGS = select(Standing.account_id, Standing.updated_at)
_STANDINGS_SINCE = _STANDINGS.where(Standing.updated_at >= bindparam("after"))
_OFFERINGS_OF = select(Offering.id).where(Offering.expert_id.in_(bindparam("experts", expanding=True)))
_TOPICS = (
    select(Offering.id, RevisionTopic.topic_id)
    .join(RevisionTopic, RevisionTopic.revision_id == Offering.live_revision_id)
    .where(Offering.state == "published")
)
_TOPICS_OF = _TOPICS.where(Offering.id.in_(bindparam("ids", expanding=True)))
_LABELS = select(Topic.id, Topic.slug, Topic.fr, Topic.en).order_by(Topic.id)
