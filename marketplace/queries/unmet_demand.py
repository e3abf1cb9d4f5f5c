"""What leads asked for and nobody offers, by topic: where the market needs experts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.domain.access import Actor, Role, require
from marketplace.store.unmet_demand import unmet_by_topic
from marketplace.work import Work

LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Unmet:
    """Requests of one topic that nobody fitted, and what was lacking: 'words', 'language' or 'days'."""

    topic: str  # in the reader's language, '' for nothing we have a topic for
    lacking: str
    requests: int
    met_since: int  # of those, fitted by an offering that came later
    newest: datetime


@dataclass(frozen=True, slots=True)
class UnmetPage:
    """The last ninety days, most frequent first."""

    days: int
    total: int
    rows: tuple[Unmet, ...]


def unmet_page(work: Work, actor: Actor, language: str) -> UnmetPage:
    """For admins; one query."""
    require(actor, Role.ADMIN)
    with work.reading() as session:
        found = unmet_by_topic(session, work.now() - LOOK_BACK)
    rows = tuple(
        Unmet((fr if language == "fr" else en) or "", lacking, requests, met, newest)
        for fr, en, lacking, requests, met, newest in found
    )
    return UnmetPage(LOOK_BACK.days, sum(row.requests for row in rows), rows)
