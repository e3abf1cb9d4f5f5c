"""Whether the machinery behind the pages works: database, index, worker, notices. For operators."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from marketplace.queries.health import readiness
from marketplace.store.money import Notice
from marketplace.store.outbox import OutboxRow, last_beat
from marketplace.store.search_documents import last_change
from marketplace.work import Work
from search.port import SearchError

WORKER_SILENT = timedelta(minutes=2)
INDEX_BEHIND = 1_000  # changes that the index has not seen
NOTICE_OVERDUE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Working:
    """How each part does. `index_lag` counts changes; seconds are None where nothing was ever heard; `parked` counts
    notices and events that wait for a person."""

    database: bool
    index: bool
    index_lag: int | None
    worker: bool
    worker_seconds: int | None
    notices: bool
    notices_waiting: int
    oldest_notice_seconds: int | None
    parked: int

    @property
    def ready(self) -> bool:
        """Whether requests can be answered and their consequences follow."""
        return self.database and self.index and self.worker and self.notices


def working(work: Work) -> Working:
    """Ask each part. A database that does not answer makes all the others unknown."""
    known = readiness(work)
    if not (known.database and known.schema):
        return Working(False, known.index, None, False, None, False, 0, None, 0)
    try:
        with work.reading() as session:
            return _asked(work, session, known.index)
    except SQLAlchemyError:
        return Working(False, known.index, None, False, None, False, 0, None, 0)


def _asked(work: Work, session: Session, index_answers: bool) -> Working:
    now = work.now()
    beat = last_beat(session, "worker")
    waiting = (Notice.handled_at.is_(None), Notice.parked_at.is_(None))
    count = session.scalar(select(func.count()).select_from(Notice).where(*waiting)) or 0
    oldest = session.scalar(select(func.min(Notice.received_at)).where(*waiting))
    lag = _index_lag(work, session) if index_answers else None
    return Working(
        database=True,
        index=lag is not None and lag < INDEX_BEHIND,
        index_lag=lag,
        worker=beat is not None and now - beat < WORKER_SILENT,
        worker_seconds=None if beat is None else int((now - beat).total_seconds()),
        notices=oldest is None or now - oldest < NOTICE_OVERDUE,
        notices_waiting=count,
        oldest_notice_seconds=None if oldest is None else int((now - oldest).total_seconds()),
        parked=_parked(session),
    )


def _index_lag(work: Work, session: Session) -> int | None:
    try:
        return last_change(session) - work.index.sequence()
    except SearchError:
        return None


def _parked(session: Session) -> int:
    notices = select(func.count()).select_from(Notice).where(Notice.parked_at.is_not(None))
    events = select(func.count()).select_from(OutboxRow).where(OutboxRow.parked_at.is_not(None))
    return sum(session.scalar(query) or 0 for query in (notices, events))
