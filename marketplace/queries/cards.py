"""The offering card: what a list of offerings shows of each, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from marketplace.domain.calendar import ExpertCalendar, Slot, free_slots
from marketplace.queries.slots import Dials, first_shown_day, week_of_dials
from marketplace.queries.snippets import Snippet, opening
from marketplace.store.accounts import Account
from marketplace.store.calendars import load_calendars
from marketplace.store.experts import Expert, Standing
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.store.reading import rows

LOOK_AHEAD = timedelta(days=21)
DAYS_SHOWN = 5  # on a card's week of dials
WEEK = timedelta(days=8)  # all of these days, the weekend between them and one for the zone included
NEAR = timedelta(days=12)
NEXT_SLOTS = 3

ShownRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class OfferCard:
    """One offering in a list. The price is net of VAT, in cents; `next_slot` is aware UTC, None if nothing is free."""

    offering_id: int
    title: str
    snippet: Snippet
    text_language: str  # of title and snippet
    expert_id: int
    expert_name: str
    headline: str
    languages: tuple[str, ...]
    format: str  # 'remote', 'onsite', 'both'
    city: str
    price_minor: int
    currency: str
    length_minutes: int
    mean_stars: float | None
    ratings: int
    verified: bool
    week: Dials  # the coming working days, in the viewer's zone
    next_slot: datetime | None
    next_slots: tuple[Slot, ...] = ()  # the first free ones
    text: str = ""  # all that can be quoted, for a snippet around the searched words
    reasons: tuple[str, ...] = ()  # why it is shown, as sentences
    brief_id: int | None = None  # the request it is a match for: booking keeps the link

    @property
    def href(self) -> str:
        """Its page."""
        return f"/offerings/{self.offering_id}"

    @property
    def book_href(self) -> str:
        """Where to book it."""
        request = f"?request={self.brief_id}" if self.brief_id else ""
        return f"/offerings/{self.offering_id}/booking{request}"


def load_cards(session: Session, offering_ids: Sequence[int], now: datetime, zone: ZoneInfo) -> tuple[OfferCard, ...]:
    """The cards of these offerings in their order, days in the viewer's zone; those not published are left out.

    Five queries, however many offerings.
    """
    found = {row.id: row for row in rows(session, _SHOWN, offerings=list(offering_ids))}
    shown = [found[offering_id] for offering_id in offering_ids if offering_id in found]
    slots = _slots(session, shown, now)
    return tuple(_card(row, slots[row.expert_id, row.length_minutes], now, zone) for row in shown)


_SHOWN = (
    select(
        Offering.id,
        OfferingRevision.title,
        OfferingRevision.outcome,
        OfferingRevision.experience,
        OfferingRevision.language,
        Offering.expert_id,
        Account.name,
        Expert.headline,
        Expert.languages,
        OfferingRevision.format,
        OfferingRevision.city,
        OfferingRevision.price_minor,
        OfferingRevision.currency,
        OfferingRevision.length_minutes,
        Standing.mean_stars,
        Standing.ratings,
        Expert.vetting,
    )
    .join(OfferingRevision, OfferingRevision.id == Offering.live_revision_id)
    .join(Expert, Expert.id == Offering.expert_id)
    .join(Account, Account.id == Offering.expert_id)
    .outerjoin(Standing, Standing.account_id == Offering.expert_id)
    .where(Offering.id.in_(bindparam("offerings", expanding=True)))
    .where(Offering.state == "published", Account.suspended_at.is_(None))
)


def _slots(session: Session, shown: Sequence[ShownRow], now: datetime) -> dict[tuple[int, int], tuple[Slot, ...]]:
    end = now + LOOK_AHEAD
    calendars = load_calendars(session, {row.expert_id for row in shown}, now, end)
    return {
        (expert_id, length): _first_slots(calendars[expert_id], length, now, end)
        for expert_id, length in {(row.expert_id, row.length_minutes) for row in shown}
    }


def _first_slots(calendar: ExpertCalendar, length: int, now: datetime, end: datetime) -> tuple[Slot, ...]:
    """The free slots of the days that a card shows, and perhaps more: all of three weeks take twice as long."""
    near = free_slots(calendar, length, now, min(now + NEAR, end), now)
    if near and near[0].starts_at + WEEK <= now + NEAR:
        return near
    return free_slots(calendar, length, now, end, now)


def _card(row: ShownRow, slots: tuple[Slot, ...], now: datetime, zone: ZoneInfo) -> OfferCard:
    return OfferCard(
        offering_id=row.id,
        title=row.title,
        snippet=opening(row.outcome),
        text_language=row.language,
        expert_id=row.expert_id,
        expert_name=row.name,
        headline=row.headline,
        languages=tuple(row.languages),
        format=row.format,
        city=row.city,
        price_minor=row.price_minor,
        currency=row.currency,
        length_minutes=row.length_minutes,
        mean_stars=row.mean_stars,
        ratings=row.ratings or 0,
        verified=row.vetting == "approved",
        week=week_of_dials(slots, first_shown_day(slots, now, zone), zone, DAYS_SHOWN),
        next_slot=slots[0].starts_at if slots else None,
        next_slots=slots[:NEXT_SLOTS],
        text=f"{row.outcome}\n{row.experience}",
    )
