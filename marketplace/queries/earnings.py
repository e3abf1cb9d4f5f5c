"""What an expert earned: waiting, due, sent or held up, per session and in total."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, or_, select

from marketplace.domain.access import Actor, Role, require
from marketplace.domain.booking import FROZEN, SECURED, BookingState
from marketplace.domain.errors import NotFound
from marketplace.domain.price import share_of
from marketplace.store.accounts import Account, Company
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.offerings import OfferingRevision
from marketplace.work import Work

STILL = FROZEN - {BookingState.REFUNDING}
MONTHS = 12  # shown in the chart
WAITING, DUE, SENT, BLOCKED = "waiting", "due", "sent", "blocked"


@dataclass(frozen=True, slots=True)
class Earning:
    """One session's money, in cents; `payout` is what the expert gets of it, `state` where that is."""

    booking_id: int
    reference: str
    title: str
    company: str
    starts_at: datetime
    gross: int
    refunded: int
    commission: int
    commission_vat: int
    payout: int
    state: str
    sent_at: datetime | None

    @property
    def cut(self) -> int:
        """The commission with its VAT."""
        return self.commission + self.commission_vat


@dataclass(frozen=True, slots=True)
class Month:
    """What was sent in a month, in cents."""

    first: date
    sent: int


@dataclass(frozen=True, slots=True)
class EarningsPage:
    """An expert's earnings; totals in cents. `account` is 'none', 'incomplete' or 'active'."""

    zone: ZoneInfo
    account: str
    waiting: int
    due: int
    sent: int
    blocked: int
    rows: tuple[Earning, ...]
    months: tuple[Month, ...]


def earnings_page(work: Work, actor: Actor, zone: ZoneInfo) -> EarningsPage:
    """All of an expert's money, newest first; two queries."""
    require(actor, Role.EXPERT)
    with work.reading() as session:
        expert = session.get(Expert, actor.id)
        if expert is None:
            raise NotFound("expert_not_found")
        rows = tuple(_earning(row, expert.payouts_active) for row in session.execute(_of(actor.id)))
    totals = _totals(rows)
    return EarningsPage(
        zone=zone,
        account=_account(expert),
        waiting=totals[WAITING],
        due=totals[DUE],
        sent=totals[SENT],
        blocked=totals[BLOCKED],
        rows=rows,
        months=_months(rows, zone, work.now().astimezone(zone).date()),
    )


def _of(expert_id: int) -> Select[*tuple[Any, ...]]:
    earns = or_(Booking.state.in_(SECURED), Booking.share_minor > 0)
    return (
        select(
            Booking.id,
            Booking.reference,
            OfferingRevision.title,
            Company.name.label("company"),
            Account.name.label("lead"),
            Booking.starts_at,
            Booking.gross_minor,
            Booking.refunded_minor,
            Booking.commission_minor,
            Booking.share_minor,
            Booking.sent_minor,
            Booking.state,
            Booking.released_at,
        )
        .join(OfferingRevision, OfferingRevision.id == Booking.revision_id)
        .join(Account, Account.id == Booking.lead_id)
        .outerjoin(Company, Company.id == Booking.company_id)
        .where(Booking.expert_id == expert_id, earns)
        .order_by(Booking.starts_at.desc(), Booking.id.desc())
    )


def _earning(row: Row[Any], active: bool) -> Earning:
    kept = row.gross_minor - row.refunded_minor
    share = share_of(kept, gross_minor=row.gross_minor, commission_minor=row.commission_minor)
    return Earning(
        booking_id=row.id,
        reference=row.reference,
        title=row.title,
        company=row.company or row.lead,
        starts_at=row.starts_at,
        gross=row.gross_minor,
        refunded=row.refunded_minor,
        commission=share.commission,
        commission_vat=share.commission_vat,
        payout=row.sent_minor if row.state == BookingState.LOST else share.payout,
        state=_state(row, active),
        sent_at=row.released_at,
    )


def _state(row: Row[Any], active: bool) -> str:
    """Where the money is: what a person or a bank has to decide on first stands still, also what was sent already."""
    if row.state in STILL:
        return BLOCKED
    if row.released_at is not None:
        return SENT
    if not row.share_minor:
        return WAITING
    return DUE if active else BLOCKED


def _totals(rows: Iterable[Earning]) -> defaultdict[str, int]:
    totals: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        totals[row.state] += row.payout
    return totals


def _months(rows: Iterable[Earning], zone: ZoneInfo, today: date) -> tuple[Month, ...]:
    """The months up to now, none left out, from the first with money in it; () before anything was sent."""
    sent: defaultdict[date, int] = defaultdict(int)
    for row in rows:
        if row.sent_at is not None:
            sent[row.sent_at.astimezone(zone).date().replace(day=1)] += row.payout
    shown = [_months_before(today, count) for count in range(MONTHS - 1, -1, -1)]
    while shown and not any(first <= shown[0] for first in sent):
        shown.pop(0)
    return tuple(Month(first, sent[first]) for first in shown)


def _months_before(today: date, count: int) -> date:
    """The first day of the month so many months ago."""
    months = today.year * 12 + today.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def _account(expert: Expert) -> str:
    if expert.payout_account is None:
        return "none"
    return "active" if expert.payouts_active else "incomplete"
