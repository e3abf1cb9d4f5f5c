"""What an expert earned."""

from datetime import date, datetime

from marketplace.api import cursors, here
from marketplace.api.operation import EXPERT, operation
from marketplace.api.paging import place_after, stretch
from marketplace.api.shapes import Listed, Out, Paged, shown
from marketplace.domain.tokens import Scope
from marketplace.queries.earnings import Earning, earnings_page


class EarningOut(Out):
    """One session's money, in cents; `state` says where the payout is: waiting, due, sent or blocked."""

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


class MonthOut(Out):
    """What was sent in a month, in cents."""

    first: date
    sent: int


class Earnings(Listed[EarningOut]):
    """An expert's earnings, newest first; totals in cents."""

    account: str
    waiting: int
    due: int
    sent: int
    blocked: int
    months: list[MonthOut]


@operation("GET", "/me/earnings", tag="money", roles=(EXPERT,), scope=Scope.MONEY, answer=Earnings)
def earnings(query: Paged) -> Earnings:
    """Read one's own earnings."""
    page = earnings_page(here.work(), here.actor(), here.zone())
    after = place_after("earnings", query)
    rows = [row for row in page.rows if after is None or _place(row) < after]
    few, last = stretch(rows, query.limit)
    return shown(
        Earnings,
        page,
        items=[shown(EarningOut, row) for row in few],
        next=cursors.written("earnings", last.starts_at.isoformat(), last.booking_id) if last else None,
        months=[shown(MonthOut, each) for each in page.months],
    )


def _place(row: Earning) -> tuple[datetime, int]:
    return row.starts_at, row.booking_id
