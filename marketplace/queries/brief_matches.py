"""Which offerings fit a request, with the parts that explain each."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from marketplace.domain.brief import MATCHES_KEPT, BriefText
from marketplace.domain.matching import Ranked
from marketplace.queries.catalogue import SLOTS_LOOK_AHEAD, Catalogue, Mask, current_catalogue
from marketplace.queries.matching import Found, Wishes, find, ranked, telling_words
from marketplace.work import Work

WORDS_KEPT = 5  # of those that explain a match


@dataclass(frozen=True, slots=True)
class Proposed:
    """An offering that fits, its score, and the parts as they are stored for explaining."""

    offering_id: int
    score: float
    parts: dict[str, Any]


def matches_for(work: Work, session: Session, text: BriefText, zone: ZoneInfo, now: datetime) -> tuple[Proposed, ...]:
    """The best offerings for a request, best first, at most `MATCHES_KEPT`; its days are meant in `zone`, the lead's.

    Eligible are those in the session's language and with a slot in the days asked for, as far as calendars are known
    (`SLOTS_LOOK_AHEAD`); price and format only weigh.
    """
    catalogue = current_catalogue(work, session)
    found = find(work, catalogue, text.words)
    allowed = _allowed(session, catalogue, found, text, zone, now)
    order = ranked(session, catalogue, found, found.fitting(allowed), Wishes(text.budget_minor, text.format), now)
    return tuple(_proposed(found, each) for each in order[:MATCHES_KEPT])


def _allowed(
    session: Session, catalogue: Catalogue, found: Found, text: BriefText, zone: ZoneInfo, now: datetime
) -> Mask:
    mask = catalogue.languages[text.language] if text.language else catalogue.everything()
    # Days are compared as days first: one at the end of the calendar cannot be reckoned into a moment.
    today, last_known = (moment.astimezone(zone).date() for moment in (now, now + SLOTS_LOOK_AHEAD))
    if text.latest is None or text.latest >= last_known:
        return mask
    start = _midnight(max(text.earliest or today, today), zone)
    end = _midnight(text.latest + timedelta(days=1), zone)
    places = [int(place) for place in np.flatnonzero(mask & found.mask)]
    return mask & catalogue.free_between(session, places, max(start, now), end, now)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _proposed(found: Found, each: Ranked) -> Proposed:
    words = telling_words(found, each.offering_id, WORDS_KEPT)
    parts = asdict(each.parts) | {"words": list(words), "kept_place": each.is_kept_place}
    return Proposed(each.offering_id, each.score, parts)
