"""Which offerings fit a request, with the parts that explain each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from marketplace.domain.brief import MATCHES_KEPT, BriefText
from marketplace.domain.matching import Ranked
from marketplace.queries.catalogue import LANGUAGES, SLOTS_LOOK_AHEAD, Catalogue, Mask, Places
from marketplace.queries.kept_catalogue import current_catalogue
from marketplace.queries.matching import Found, Wishes, find, ranked, telling_words
from marketplace.work import Work
from search.port import Hit

WORDS_KEPT = 5  # of those that explain a match
NEAREST = 10  # offerings that say what a request without a match is about
CALENDARS = 500  # of the most relevant offerings, looked into for a slot in the days asked for


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
    speaking = np.flatnonzero(found.values > 0)
    places = found.fitting(_in_language(catalogue, speaking, text.language))
    free = _free(session, catalogue, found, places, text, zone, now)
    order = ranked(session, catalogue, found, free, Wishes(text.budget_minor, text.format), now)[:MATCHES_KEPT]
    hits = found.hits(catalogue, [each.offering_id for each in order])
    return tuple(_proposed(hits, each) for each in order)


@dataclass(frozen=True, slots=True)
class Gap:
    """What the market lacks for a request: 'words', 'language' or 'days', and the topic it is nearest to, if any."""

    lacking: str
    topic_id: int | None


def gap_for(work: Work, session: Session, text: BriefText) -> Gap:
    """Why nobody fits a request that has no match."""
    catalogue = current_catalogue(work, session)
    found = find(work, catalogue, text.words)
    speaking = np.flatnonzero(found.values > 0)
    topic = _nearest_topic(catalogue, found, speaking)
    if not len(found.fitting(speaking)):
        return Gap("words", topic)
    in_language = found.fitting(_in_language(catalogue, speaking, text.language))
    return Gap("days" if len(in_language) else "language", topic)


def _nearest_topic(catalogue: Catalogue, found: Found, speaking: Places) -> int | None:
    """The topic of the offerings that come nearest, each counting as much as its score."""
    nearest = speaking[np.argsort(-found.values[speaking], kind="stable")[:NEAREST]]
    weight: Counter[int] = Counter()
    for place in nearest.tolist():
        for topic_id in catalogue.topics_at(place):
            weight[topic_id] += float(found.values[place])  # type: ignore[assignment]  # weights, not counts
    return max(weight, key=lambda topic_id: (weight[topic_id], -topic_id), default=None)


def _in_language(catalogue: Catalogue, places: Places, language: str) -> Places:
    if not language:
        return places
    spoken: Mask = (catalogue.columns.languages[places] >> LANGUAGES.index(language)) & 1 == 1
    return places[spoken]


def _free(
    session: Session, catalogue: Catalogue, found: Found, places: Places, text: BriefText, zone: ZoneInfo, now: datetime
) -> Places:
    # Days are compared as days first: one at the end of the calendar cannot be reckoned into a moment.
    today, last_known = (moment.astimezone(zone).date() for moment in (now, now + SLOTS_LOOK_AHEAD))
    if text.latest is None or text.latest >= last_known:
        return places
    start = _midnight(max(text.earliest or today, today), zone)
    end = _midnight(text.latest + timedelta(days=1), zone)
    places = places[np.argsort(-found.values[places], kind="stable")[:CALENDARS]]
    return places[catalogue.free_between(session, places, max(start, now), end, now)]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _proposed(hits: Mapping[int, Hit], each: Ranked) -> Proposed:
    words = telling_words(hits, each.offering_id, WORDS_KEPT)
    parts = asdict(each.parts) | {"words": list(words), "kept_place": each.is_kept_place}
    return Proposed(each.offering_id, each.score, parts)
