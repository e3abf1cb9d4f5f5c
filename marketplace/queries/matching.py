"""Find and rank offerings for words or for a request: relevance from the index, the rest from the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from marketplace.domain.matching import Candidate, Ranked, rank
from marketplace.domain.standing import Conduct, standing
from marketplace.queries.catalogue import Catalogue, Mask
from marketplace.store.catalogue import Facts
from marketplace.work import Work
from search.port import Hit, Result

FOUND = 2_000  # documents asked of the index: facets count these
RANKED = 200  # the most relevant ones that are ranked by everything else
PLATFORM_MEAN = 4.2
_DAY = timedelta(days=1)
_SOON_DAYS = 21.0  # a slot today is worth 1, one in three weeks 0
_NEWCOMER = standing((), Conduct(), PLATFORM_MEAN)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What fits beyond the words. Money is net of VAT, in cents."""

    budget_minor: int | None = None
    format: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the words found: all that matched, with score and matching words, and the index's suggestion."""

    hits: Mapping[int, Hit]
    mask: Mask
    suggestion: str | None
    language: str
    has_words: bool


def find(work: Work, catalogue: Catalogue, words: str, limit: int = FOUND) -> Found:
    """Ask the index; without words everything is found."""
    if not words.strip():
        return Found({}, catalogue.everything(), None, "", has_words=False)
    result: Result = work.index.search(words, limit)
    hits = {hit.id: hit for hit in result.hits if hit.id in catalogue.place}
    return Found(hits, catalogue.mask_of(hits), result.suggestion, result.language, has_words=True)


def ranked(
    session: Session, catalogue: Catalogue, found: Found, allowed: Mask, wishes: Wishes, now: datetime
) -> tuple[Ranked, ...]:
    """Rank the allowed ones among the found: the most relevant `RANKED`, by everything that counts."""
    places = _most_relevant(catalogue, found, found.mask & allowed)
    slots = catalogue.next_slots(session, places, now)
    candidates = [
        _candidate(catalogue.facts[place], _score(found, catalogue.facts[place]), slots[place], wishes, now)
        for place in places
    ]
    return rank(candidates, seed=now.date().toordinal())


def _most_relevant(catalogue: Catalogue, found: Found, mask: Mask) -> list[int]:
    places = [int(place) for place in np.flatnonzero(mask)]
    if len(places) <= RANKED:
        return places
    # Without words nothing is more relevant: the better rated come first.
    key = {place: (_score(found, catalogue.facts[place]), catalogue.facts[place].stars or 0.0) for place in places}
    return sorted(places, key=key.__getitem__, reverse=True)[:RANKED]


def _score(found: Found, facts: Facts) -> float:
    hit = found.hits.get(facts.offering_id)
    return hit.score if hit else 0.0


def _candidate(facts: Facts, text: float, slot: datetime | None, wishes: Wishes, now: datetime) -> Candidate:
    return Candidate(
        offering_id=facts.offering_id,
        expert_id=facts.expert_id,
        text=text,
        stars=_or(facts.stars, _NEWCOMER.stars),
        recommend=_or(facts.recommend, _NEWCOMER.recommend),
        reliability=_or(facts.reliability, _NEWCOMER.reliability),
        response=_or(facts.response, _NEWCOMER.response),
        slot_soon=_soon(slot, now),
        price_fit=price_fit(facts.price_minor, wishes.budget_minor),
        format_fit=1.0 if not wishes.format or facts.format in (wishes.format, "both") else 0.0,
        held_sessions=facts.held_sessions,
        load=facts.load or 0.0,
    )


def price_fit(price_minor: int, budget_minor: int | None) -> float:
    """1 within the budget, falling to 0 at one and a half times the budget; 1 without a budget."""
    if not budget_minor or price_minor <= budget_minor:
        return 1.0
    return max(0.0, 1.0 - (price_minor - budget_minor) / (budget_minor / 2))


def _soon(slot: datetime | None, now: datetime) -> float:
    return 0.0 if slot is None else max(0.0, 1.0 - (slot - now) / _DAY / _SOON_DAYS)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def topics_shared(catalogue: Catalogue, offering_id: int, topic_ids: Sequence[int]) -> tuple[int, ...]:
    """Which of these topics the offering has."""
    place = catalogue.place[offering_id]
    return tuple(
        topic_id for topic_id in topic_ids if topic_id in catalogue.topics and catalogue.topics[topic_id][place]
    )
