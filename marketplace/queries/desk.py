"""What waits for an admin when they come in: the queue's age, alerts, and a few numbers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.money import AlertRow
from marketplace.store.offerings import Offering, OfferingRevision
from marketplace.work import Work

LISTED = 5
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person must look at."""

    code: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """An admin's page; numbers of the last 30 days, money in cents."""

    queue: int
    oldest: timedelta | None  # how long the first of the queue has been waiting
    applications: int
    alerts: tuple[Alert, ...]
    published: int
    experts: int
    bookings: int
    turnover_minor: int
    zone: ZoneInfo


def desk(work: Work, zone: ZoneInfo) -> Desk:
    """What waits for an admin; six queries."""
    now = work.now()
    with work.reading() as session:
        revisions, applications, oldest = _queue(session)
        bookings, turnover = _lately(session, now)
        return Desk(
            queue=revisions + applications,
            oldest=now - oldest if oldest else None,
            applications=applications,
            alerts=_alerts(session),
            published=session.scalar(select(func.count()).where(Offering.state == "published")) or 0,
            experts=session.scalar(select(func.count()).where(Expert.vetting == "approved")) or 0,
            bookings=bookings,
            turnover_minor=turnover,
            zone=zone,
        )


def _queue(session: Session) -> tuple[int, int, datetime | None]:
    """Revisions to review, experts to vet, and since when the first of them has been waiting."""
    revisions, first_revision = session.execute(
        select(func.count(), func.min(OfferingRevision.submitted_at)).where(OfferingRevision.state == "in_review")
    ).one()
    applications, first_expert = session.execute(
        select(func.count(), func.min(Expert.applied_at)).where(Expert.vetting == "applied")
    ).one()
    waiting = [first for first in (first_revision, first_expert) if first is not None]
    return revisions, applications, min(waiting, default=None)


def _lately(session: Session, now: datetime) -> tuple[int, int]:
    """Sessions accepted in the last 30 days, and what was paid for them and not given back."""
    kept = func.coalesce(func.sum(Booking.gross_minor - Booking.refunded_minor), 0)
    row = session.execute(select(func.count(), kept).where(Booking.accepted_at >= now - LATELY)).one()
    return row[0], row[1]


def _alerts(session: Session) -> tuple[Alert, ...]:
    open_alerts = (
        select(AlertRow.code, AlertRow.subject, AlertRow.at)
        .where(AlertRow.settled_at.is_(None))
        .order_by(AlertRow.at)
        .limit(LISTED)
    )
    return tuple(Alert(*row) for row in session.execute(open_alerts))
