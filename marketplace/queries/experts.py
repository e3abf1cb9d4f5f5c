"""Experts: the public page, and what they see of their own profile and application."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from marketplace.domain.access import Actor
from marketplace.domain.errors import NotFound
from marketplace.queries.cards import OfferCard, load_cards
from marketplace.queries.public_ratings import Ratings, ratings_of_expert
from marketplace.store.accounts import Account
from marketplace.store.experts import Expert, Standing
from marketplace.store.offerings import Offering
from marketplace.work import Work


@dataclass(frozen=True, slots=True)
class ExpertPage:
    """An expert as everybody sees them."""

    expert_id: int
    name: str
    headline: str
    bio: str
    languages: tuple[str, ...]
    city: str
    vetted_at: datetime | None
    mean_stars: float | None
    ratings_count: int
    held: int
    offerings: tuple[OfferCard, ...]
    ratings: Ratings
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """One's own profile and application."""

    expert_id: int
    name: str
    headline: str
    bio: str
    languages: tuple[str, ...]
    city: str
    vat_scheme: str
    vetting: str
    applied_at: datetime | None
    vetting_reason: str
    vetting_note: str
    motivation: str
    references: str
    teaching: str


def expert_page(work: Work, expert_id: int, zone: ZoneInfo) -> ExpertPage:
    """A vetted expert. `NotFound` for everybody else, suspended ones included. Nine queries."""
    with work.reading() as session:
        row = session.execute(
            select(
                Account.name,
                Expert.headline,
                Expert.bio,
                Expert.languages,
                Expert.city,
                Expert.vetted_at,
                Standing.mean_stars,
                Standing.ratings,
                Standing.held,
            )
            .join(Expert, Expert.id == Account.id)
            .outerjoin(Standing, Standing.account_id == Account.id)
            .where(Account.id == expert_id, Account.suspended_at.is_(None), Expert.vetting == "approved")
        ).one_or_none()
        if row is None:
            raise NotFound("expert_unknown")
        offering_ids = session.scalars(
            select(Offering.id)
            .where(Offering.expert_id == expert_id, Offering.state == "published")
            .order_by(Offering.published_at.desc(), Offering.id)
        ).all()
        return ExpertPage(
            expert_id=expert_id,
            name=row.name,
            headline=row.headline,
            bio=row.bio,
            languages=tuple(row.languages),
            city=row.city,
            vetted_at=row.vetted_at,
            mean_stars=row.mean_stars,
            ratings_count=row.ratings or 0,
            held=row.held or 0,
            offerings=load_cards(session, offering_ids, work.now(), zone),
            ratings=ratings_of_expert(session, expert_id),
            zone=zone,
        )


def own_profile(work: Work, actor: Actor) -> OwnProfile:
    """What the expert has written so far. One query."""
    with work.reading() as session:
        columns = (
            Expert.id.label("expert_id"),
            Account.name,
            Expert.headline,
            Expert.bio,
            Expert.languages,
            Expert.city,
            Expert.vat_scheme,
            Expert.vetting,
            Expert.applied_at,
            Expert.vetting_reason,
            Expert.vetting_note,
            Expert.motivation,
            Expert.references,
            Expert.teaching,
        )
        query = select(*columns).join(Account, Account.id == Expert.id).where(Expert.id == actor.id)
        row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("expert_unknown")
    return OwnProfile(**{**row._mapping, "languages": tuple(row.languages)})
