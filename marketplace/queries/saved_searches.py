"""Saved searches: the list of one's own, and what came to the market since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.queries.filters import Ask, Filters, known
from marketplace.queries.kept_catalogue import current_catalogue
from marketplace.queries.matching import Wishes, find, ranked
from marketplace.store.accounts import Account
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.reading import rows
from marketplace.store.saved_searches import saved_searches
from marketplace.work import Work

TOLD = 5  # offerings named in a letter


@dataclass(frozen=True, slots=True)
class Saved:
    """One of one's own."""

    id: int
    label: str
    href: str
    alerts: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SavedPage:
    """All of one's own, the newest first."""

    searches: tuple[Saved, ...]


@dataclass(frozen=True, slots=True)
class NewOffering:
    """An offering that a letter names."""

    offering_id: int
    title: str
    expert_name: str


def saved_page(work: Work, actor: Actor) -> SavedPage:
    """The list; one query."""
    with work.reading() as session:
        found = saved_searches(session, actor.id)
    return SavedPage(
        tuple(Saved(each.id, each.label, f"/search?{each.query}", each.alerts, each.created_at) for each in found)
    )


def new_offerings(work: Work, session: Session, ask: Ask, since: datetime, now: datetime) -> tuple[NewOffering, ...]:
    """What a search finds that was published after `since`, best first."""
    catalogue = current_catalogue(work, session)
    found = find(work, catalogue, ask.words)
    places = Filters(session, catalogue, found, known(catalogue, ask), now).places
    order = ranked(session, catalogue, found, places, Wishes(ask.price_max), now).offering_ids()
    fresh = {row.id: row for row in rows(session, _NEW, ids=order, since=since)}
    return tuple(NewOffering(each, fresh[each].title, fresh[each].name) for each in order if each in fresh)[:TOLD]


_NEW: Any = (
    select(Offering.id, OfferingRevision.title, Account.name)
    .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
    .join(Account, Account.id == Offering.expert_id)
    .where(Offering.id.in_(bindparam("ids", expanding=True)), Offering.published_at > bindparam("since"))
)
