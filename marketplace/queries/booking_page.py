"""The page on which a lead chooses a slot: the week's slots, the price and what cancelling would bring back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from marketplace.domain.access import Actor
from marketplace.domain.calendar import ExpertCalendar, Slot, dial_quarter, free_slots, nearest
from marketplace.domain.cancellation import STANDARD, Policy, Until, moments
from marketplace.domain.errors import NotFound
from marketplace.domain.price import VAT_BP, Quote, quote
from marketplace.queries.earlier_wish import Earlier, earlier_wish
from marketplace.store.briefs import Brief
from marketplace.store.calendars import load_calendars
from marketplace.store.experts import Expert, Standing
from marketplace.store.offerings import LiveOffering, live_offering
from marketplace.store.reading import rows
from marketplace.work import Work

_LONGEST_HORIZON = timedelta(days=366)
_WEEK = timedelta(days=7)
_FRIDAY = 4
_OFFERED = 3  # slots near a lost one
_YEARS = range(2000, 3000)  # days before and after a slot can be reckoned without leaving the calendar


@dataclass(frozen=True, slots=True)
class Wish:
    """What the lead asked to see: a slot's start, a date in the week to show, whose clock, and for which request.

    `lost` is the start of a slot that somebody else has just got.
    """

    slot: datetime | None = None
    week: date | None = None
    experts_clock: bool = False
    brief_id: int | None = None
    lost: datetime | None = None
    again_id: int | None = None  # an own session that did not take place: its texts are kept


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot on the page; `quarter` is its place on the dial in the shown zone, `key` what the form sends."""

    slot: Slot
    free: bool
    quarter: str
    refunds: tuple[Until, ...]

    @property
    def key(self) -> str:
        """The start in UTC, to the minute: 2026-12-01T11:00Z."""
        return slot_key(self.slot.starts_at)


@dataclass(frozen=True, slots=True)
class Day:
    """A date in the shown zone and its slots, taken ones included."""

    day: date
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class BookingPage:
    """All that the page shows. Amounts are cents; `previous` and `following` are Mondays of weeks that may be shown;
    `nearest` are free slots near the lost one, nearest first."""

    offering: LiveOffering
    headline: str
    mean_stars: float | None
    ratings: int
    price: Quote
    vat_bp: int
    policy: Policy
    now: datetime
    zone: ZoneInfo
    viewer_zone: ZoneInfo
    expert_zone: ZoneInfo
    days: tuple[Day, ...]
    previous: date | None
    following: date | None
    chosen: Choice | None
    any_free: bool
    lost: Slot | None
    nearest: tuple[Choice, ...]
    brief_id: int | None
    brief_words: str
    earlier: Earlier | None = None

    @property
    def experts_clock(self) -> bool:
        """Whether the times shown are the expert's rather than the viewer's."""
        return self.zone == self.expert_zone != self.viewer_zone

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats to choose from: 'remote', 'onsite'."""
        return ("remote", "onsite") if self.offering.format == "both" else (self.offering.format,)


def booking_page(work: Work, actor: Actor, offering_id: int, viewer_zone: ZoneInfo, wish: Wish) -> BookingPage:
    """The page for an offering; `NotFound` when it cannot be booked or the request is somebody else's."""
    now = work.now()
    with work.reading() as session:
        offering = live_offering(session, offering_id)
        if offering is None:
            raise NotFound("offering")
        calendar = load_calendars(session, [offering.expert_id], now, now + _LONGEST_HORIZON)[offering.expert_id]
        headline, mean_stars, ratings = _standing(session, offering.expert_id)
        brief_words = _brief_words(session, actor, wish.brief_id)
        earlier = earlier_wish(session, actor, offering, wish.again_id)
    shown = _Shown(calendar, offering.length_minutes, now, calendar.zone if wish.experts_clock else viewer_zone)
    if earlier and (closest := nearest(shown.free, earlier.starts_at, 1)):
        wish = replace(wish, slot=wish.slot or closest[0].starts_at)
    monday = shown.monday(wish)
    lost = shown.slot(wish.lost) if wish.lost else None
    near = tuple(map(shown.choice, nearest(shown.free, lost.starts_at, _OFFERED))) if lost else ()
    return BookingPage(
        offering=offering,
        headline=headline,
        mean_stars=mean_stars,
        ratings=ratings,
        price=quote(offering.price_minor, offering.vat_scheme),
        vat_bp=VAT_BP,
        policy=STANDARD,
        now=now,
        zone=shown.zone,
        viewer_zone=viewer_zone,
        expert_zone=calendar.zone,
        days=shown.days(monday),
        previous=monday - _WEEK if monday > shown.first_monday else None,
        following=monday + _WEEK if monday < shown.last_monday else None,
        chosen=shown.chosen(wish, near),
        any_free=bool(shown.free),
        lost=lost,
        nearest=near,
        brief_id=wish.brief_id,
        brief_words=brief_words,
        earlier=earlier,
    )


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form would begin with: the format, and an objective from the lead's own request ('' without one)."""

    format: str
    objective: str


def booking_draft(work: Work, actor: Actor, offering_id: int, brief_id: int | None) -> Draft:
    """For whoever books without the form. `NotFound` as above."""
    with work.reading() as session:
        offering = live_offering(session, offering_id)
        if offering is None:
            raise NotFound("offering_unknown")
        words = _brief_words(session, actor, brief_id)
    return Draft("remote" if offering.format == "both" else offering.format, words)


def slot_key(starts_at: datetime) -> str:
    """How a form or an address names a slot: its start in UTC."""
    return f"{starts_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def slot_start(key: str) -> datetime | None:
    """The start that a key names, UTC; None when it cannot be read, has no zone, or lies where no calendar reaches."""
    try:
        start = datetime.fromisoformat(key)
    except ValueError:
        return None
    return start.astimezone(UTC) if start.tzinfo and start.year in _YEARS else None


class _Shown:
    """The slots of one expert as one viewer sees them at one moment."""

    def __init__(self, calendar: ExpertCalendar, minutes: int, now: datetime, zone: ZoneInfo) -> None:
        self._calendar = calendar
        self._minutes = minutes
        self._now = now
        self.zone = zone
        self.free = free_slots(calendar, minutes, now, now + _LONGEST_HORIZON, now)
        self._is_free = frozenset(self.free)
        self.first_monday = _monday(now, zone)
        self.last_monday = _monday(now + calendar.horizon, zone)

    def slot(self, starts_at: datetime) -> Slot:
        return Slot(starts_at, starts_at + timedelta(minutes=self._minutes))

    def choice(self, slot: Slot) -> Choice:
        return Choice(slot, slot in self._is_free, dial_quarter(slot, self.zone), moments(STANDARD, slot.starts_at))

    def monday(self, wish: Wish) -> date:
        """The week asked for, else the one of the slot that is chosen, else the first with a free slot."""
        if wish.week:
            monday = wish.week - timedelta(days=wish.week.weekday())
            return min(max(monday, self.first_monday), self.last_monday)
        slot = self._wanted(wish) or next(iter(self.free), None)
        return _monday(slot.starts_at, self.zone) if slot else self.first_monday

    def chosen(self, wish: Wish, near: tuple[Choice, ...]) -> Choice | None:
        """The slot that is marked at first: the one asked for, or the nearest to a lost one."""
        if near and not wish.week:
            return near[0]
        slot = self._wanted(wish)
        return self.choice(slot) if slot else None

    def days(self, monday: date) -> tuple[Day, ...]:
        """Monday to Friday, and the weekend where it has slots."""
        by_day: dict[date, list[Choice]] = {monday + timedelta(days=number): [] for number in range(7)}
        for slot in self._slots_of(monday):
            by_day[slot.starts_at.astimezone(self.zone).date()].append(self.choice(slot))
        return tuple(Day(day, tuple(found)) for day, found in by_day.items() if found or day.weekday() <= _FRIDAY)

    def _wanted(self, wish: Wish) -> Slot | None:
        if wish.lost:
            return next(iter(nearest(self.free, wish.lost, 1)), None)
        slot = self.slot(wish.slot) if wish.slot else None
        return slot if slot in self._is_free else None

    def _slots_of(self, monday: date) -> Iterable[Slot]:
        """The week's free slots, and those that would be free without the bookings."""
        start, end = _midnight(monday, self.zone), _midnight(monday + _WEEK, self.zone)
        unsold = free_slots(replace(self._calendar, busy=frozenset()), self._minutes, start, end, self._now)
        return sorted({*unsold, *(slot for slot in self.free if start <= slot.starts_at < end)})


def _standing(session: Session, expert_id: int) -> tuple[str, float | None, int]:
    (row,) = rows(session, _STANDING, expert_id=expert_id)
    return row.headline, row.mean_stars, row.ratings or 0


_STANDING = (
    select(Expert.headline, Standing.mean_stars, Standing.ratings)
    .outerjoin(Standing, Standing.account_id == Expert.id)
    .where(Expert.id == bindparam("expert_id"))
)


def _brief_words(session: Session, actor: Actor, brief_id: int | None) -> str:
    """What the lead's own request says they want: a first draft of the objective."""
    if brief_id is None:
        return ""
    row = session.execute(
        select(Brief.objectives, Brief.problem).where(Brief.id == brief_id, Brief.lead_id == actor.id)
    ).one_or_none()
    if row is None:
        raise NotFound("brief")
    return str(row.objectives or row.problem)


def _monday(moment: datetime, zone: ZoneInfo) -> date:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
