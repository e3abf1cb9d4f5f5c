"""An offering as leads see it, before and after it is published, and what to offer instead of one that is gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.calendar import Slot
from marketplace.domain.cancellation import STANDARD, Policy
from marketplace.domain.errors import NotFound
from marketplace.domain.offering import slug
from marketplace.domain.price import Quote, quote
from marketplace.queries.cards import OfferCard, load_cards
from marketplace.queries.public_ratings import Ratings, ratings_of_offering
from marketplace.queries.slots import next_slots
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert, Standing
from marketplace.store.offerings import Offering, OfferingRevision, RevisionTopic, Topic
from marketplace.store.reading import row, rows
from marketplace.work import Work

LOOK_AHEAD_DAYS = 28
SLOTS_SHOWN = 6
SIMILAR = 3


@dataclass(frozen=True, slots=True)
class ShownExpert:
    """The expert beside an offering. `mean_stars` is over all revealed ratings of the expert."""

    id: int
    name: str
    headline: str
    bio: str
    languages: tuple[str, ...]
    verified: bool
    mean_stars: float | None
    ratings: int
    held: int


@dataclass(frozen=True, slots=True)
class OfferingPage:
    """An offering, its price in all parts (cents), and the next free slots (UTC)."""

    offering_id: int
    state: str
    slug: str
    language: str  # of the text
    title: str
    outcome: str
    experience: str
    topics: tuple[tuple[int, str], ...]  # (id, label)
    length_minutes: int
    format: str
    city: str
    questions: tuple[str, ...]
    currency: str
    price: Quote
    vat_scheme: str
    policy: Policy
    expert: ShownExpert
    ratings: Ratings
    slots: tuple[Slot, ...]
    zone: ZoneInfo
    own: bool
    preview: bool = False


def offering_page(work: Work, offering_id: int, *, viewer: Actor | None, language: str, zone: ZoneInfo) -> OfferingPage:
    """A published offering. `NotFound` when it is not (or not any more) on the market. Ten queries."""
    with work.reading() as session:
        return _page(session, row(session, _PUBLISHED, id=offering_id), work.now(), viewer, language, zone)


def preview_page(work: Work, actor: Actor, offering_id: int, *, language: str, zone: ZoneInfo) -> OfferingPage:
    """The newest text of one's own offering, as leads would see it. `NotFound` for foreign ones."""
    newest = select(func.max(OfferingRevision.number)).where(OfferingRevision.offering_id == offering_id)
    with work.reading() as session:
        newest_row = session.execute(
            _SHOWN.join(Offering, Offering.id == OfferingRevision.offering_id)
            .join(Expert, Expert.id == Offering.expert_id)
            .join(Account, Account.id == Offering.expert_id)
            .outerjoin(Standing, Standing.account_id == Offering.expert_id)
            .where(
                Offering.id == offering_id,
                Offering.expert_id == actor.id,
                OfferingRevision.number == newest.scalar_subquery(),
            )
        ).one_or_none()
        return _page(session, newest_row, work.now(), actor, language, zone, preview=True)


def similar_offerings(work: Work, offering_id: int, zone: ZoneInfo) -> tuple[OfferCard, ...]:
    """Up to three published offerings that share most topics with one that is gone; else the newest ones."""
    with work.reading() as session:
        return load_cards(session, _similar_ids(session, offering_id), work.now(), zone)


_SHOWN = select(
    OfferingRevision.id.label("revision_id"),
    OfferingRevision.language,
    OfferingRevision.title,
    OfferingRevision.outcome,
    OfferingRevision.experience,
    OfferingRevision.length_minutes,
    OfferingRevision.format,
    OfferingRevision.city,
    OfferingRevision.questions,
    OfferingRevision.currency,
    OfferingRevision.price_minor,
    Offering.id,
    Offering.state,
    Offering.expert_id,
    Expert.headline,
    Expert.bio,
    Expert.languages,
    Expert.vat_scheme,
    Expert.vetting,
    Account.name,
    Standing.mean_stars,
    Standing.ratings,
    Standing.held,
).select_from(OfferingRevision)


_PUBLISHED = (
    _SHOWN.join(Offering, Offering.live_revision_id == OfferingRevision.id)
    .join(Expert, Expert.id == Offering.expert_id)
    .join(Account, Account.id == Offering.expert_id)
    .outerjoin(Standing, Standing.account_id == Offering.expert_id)
    .where(Offering.id == bindparam("id"), Offering.state == "published", Account.suspended_at.is_(None))
)
_TOPICS = (
    select(Topic.id, Topic.fr, Topic.en)
    .join(RevisionTopic, RevisionTopic.topic_id == Topic.id)
    .where(RevisionTopic.revision_id == bindparam("revision_id"))
    .order_by(RevisionTopic.place)
)


def _page(
    session: Session,
    row: Any,
    now: datetime,
    viewer: Actor | None,
    language: str,
    zone: ZoneInfo,
    *,
    preview: bool = False,
) -> OfferingPage:
    if row is None:
        raise NotFound("offering_unknown")
    slots = next_slots(session, {row.expert_id: row.length_minutes}, now, LOOK_AHEAD_DAYS)
    return OfferingPage(
        offering_id=row.id,
        state=row.state,
        slug=slug(row.title),
        language=row.language,
        title=row.title,
        outcome=row.outcome,
        experience=row.experience,
        topics=_topics(session, row.revision_id, language),
        length_minutes=row.length_minutes,
        format=row.format,
        city=row.city,
        questions=tuple(row.questions),
        currency=row.currency,
        price=quote(row.price_minor, row.vat_scheme),
        vat_scheme=row.vat_scheme,
        policy=STANDARD,
        expert=_expert(row),
        ratings=ratings_of_offering(session, row.id),
        slots=_spread(slots.get(row.expert_id, ()), zone),
        zone=zone,
        own=viewer is not None and viewer.account_id == row.expert_id,
        preview=preview,
    )


def _expert(row: Any) -> ShownExpert:
    return ShownExpert(
        id=row.expert_id,
        name=row.name,
        headline=row.headline,
        bio=row.bio,
        languages=tuple(row.languages),
        verified=row.vetting == "approved",
        mean_stars=row.mean_stars,
        ratings=row.ratings or 0,
        held=row.held or 0,
    )


def _topics(session: Session, revision_id: int, language: str) -> tuple[tuple[int, str], ...]:
    found = rows(session, _TOPICS, revision_id=revision_id)
    return tuple((each.id, each.fr if language == "fr" else each.en) for each in found)


def _spread(slots: tuple[Slot, ...], zone: ZoneInfo) -> tuple[Slot, ...]:
    """The next slots, at most two a day: six of one morning would say little."""
    shown: list[Slot] = []
    for slot in slots:
        day = slot.starts_at.astimezone(zone).date()
        if sum(one.starts_at.astimezone(zone).date() == day for one in shown) < 2:
            shown.append(slot)
        if len(shown) == SLOTS_SHOWN:
            break
    return tuple(shown)


def _similar_ids(session: Session, offering_id: int) -> list[int]:
    gone = (
        select(RevisionTopic.topic_id)
        .join(Offering, Offering.live_revision_id == RevisionTopic.revision_id)
        .where(Offering.id == offering_id)
    )
    shared = func.coalesce(func.sum(case((RevisionTopic.topic_id.in_(gone), 1), else_=0)), 0)
    query = (
        select(Offering.id)
        .join(Account, Account.id == Offering.expert_id)
        .join(RevisionTopic, RevisionTopic.revision_id == Offering.live_revision_id)
        .where(Offering.state == "published", Account.suspended_at.is_(None), Offering.id != offering_id)
        .group_by(Offering.id, Offering.published_at)
        .order_by(shared.desc(), Offering.published_at.desc(), Offering.id.desc())
        .limit(SIMILAR)
    )
    return list(session.scalars(query))
