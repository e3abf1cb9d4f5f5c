"""Stripe's notices on their way from the door to the worker."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.store.base import affected
from marketplace.store.money import Notice


@dataclass(frozen=True, slots=True)
class WaitingNotice:
    """A notice that was not handled yet; of its content only the object's name is used."""

    id: str
    type: str
    object_id: str
    attempts: int


def keep_notice(session: Session, notice: WaitingNotice, endpoint: str, now: datetime) -> bool:
    """Store a notice for the worker; False when it had come before."""
    if session.get(Notice, notice.id) is not None:
        return False
    row = Notice(
        id=notice.id, endpoint=endpoint, type=notice.type, object_id=notice.object_id, received_at=now, next_at=now
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False  # the same notice, delivered twice at once: the other one keeps it
    return True


def waiting_notices(session: Session, now: datetime, limit: int) -> tuple[WaitingNotice, ...]:
    """Notices to handle now, the oldest first."""
    due = (
        select(Notice.id, Notice.type, Notice.object_id, Notice.attempts)
        .where(Notice.handled_at.is_(None), Notice.parked_at.is_(None), Notice.next_at <= now)
        .order_by(Notice.received_at, Notice.id)
    )
    return tuple(WaitingNotice(*row) for row in session.execute(due.limit(limit)))


def close_notice(session: Session, notice_id: str, now: datetime) -> None:
    """It was handled."""
    session.execute(update(Notice).where(Notice.id == notice_id).values(handled_at=now, error=""))


def postpone_notice(session: Session, notice_id: str, next_at: datetime, error: str) -> None:
    """It could not be handled yet."""
    values = {"attempts": Notice.attempts + 1, "next_at": next_at, "error": error[:400]}
    session.execute(update(Notice).where(Notice.id == notice_id).values(values))


def park_notice(session: Session, notice_id: str, now: datetime, error: str) -> None:
    """Nobody knows what it is about: a person must look."""
    session.execute(update(Notice).where(Notice.id == notice_id).values(parked_at=now, error=error[:400]))


def unpark_notice(session: Session, notice_id: str, now: datetime) -> bool:
    """Give a parked notice to the worker again, with all its attempts; False when it is not parked."""
    parked = update(Notice).where(Notice.id == notice_id, Notice.parked_at.is_not(None))
    return affected(session, parked.values(parked_at=None, attempts=0, next_at=now, error="")) == 1


def is_known(session: Session, notice_id: str) -> bool:
    """Whether there is or was such a notice."""
    return session.get(Notice, notice_id) is not None
