"""Tell those who saved a search what is new in it: once a day at most, in their language."""

from datetime import datetime

from marketplace.domain.events import SearchNews
from marketplace.queries.saved_searches import new_offerings
from marketplace.queries.search_address import asked
from marketplace.services.saved_searches import ALERT_EVERY
from marketplace.store.saved_searches import SavedSearch, due_alerts, note_looked
from marketplace.work import Work

BATCH = 20


def look_for_news(work: Work) -> int:
    """Look into the saved searches whose day is over; returns how many had news."""
    with work.reading() as session:
        due = due_alerts(session, work.now() - ALERT_EVERY, BATCH)
    return sum(_look(work, saved_id) for saved_id in due)


def _look(work: Work, saved_id: int) -> bool:
    now = work.now()
    with work.reading() as session:
        saved = session.get(SavedSearch, saved_id)
        news = new_offerings(work, session, asked(saved.query), saved.looked_at, now) if saved else ()
    return saved is not None and _note(work, saved_id, saved.looked_at, [each.offering_id for each in news])


def _note(work: Work, saved_id: int, before: datetime, offering_ids: list[int]) -> bool:
    """Move on to the next day, and have the letter written, in one transaction: never the same news twice."""
    with work.transaction() as tx:
        if note_looked(tx.session, saved_id, before, tx.now) and offering_ids:
            tx.emit(SearchNews(saved_id, offering_ids))
            return True
    return False
