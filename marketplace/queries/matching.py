"""Find and rank offerings for words or for a request: relevance from the index, the rest from the catalogue."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from marketplace.domain.matching import CONSTANTS, Candidate, Ranked, rank
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
    scores: NDArray[np.float64]  # one place per offering of the catalogue
    shares: NDArray[np.float64]  # of the request's words, by their rarity, that each offering holds
    mask: Mask
    suggestion: str | None

    def relevant(self, allowed: Mask) -> Mask:
        """Those of the allowed ones that pass the relevance gate, measured against the best among them."""
        mask = self.mask & allowed
        best = self.scores.max(where=mask, initial=0.0)
        return np.asarray(mask & (self.scores >= CONSTANTS.relevance_gate * best), dtype=np.bool_)

    def fitting(self, allowed: Mask) -> Mask:
        """Those of the allowed ones that a long request really is about, not those that share a few words with it."""
        share, near_the_best = CONSTANTS.request_share, CONSTANTS.request_near
        speaking = self.mask & allowed & (self.shares >= share)
        best = self.scores.max(where=speaking, initial=0.0) or np.inf
        near = self.mask & allowed & (self.scores >= near_the_best * best) & (self.shares >= near_the_best * share)
        return np.asarray(speaking | near, dtype=np.bool_)


def find(work: Work, catalogue: Catalogue, words: str, limit: int = FOUND) -> Found:
    """Ask the index; without words everything is found."""
    scores, shares = np.zeros(len(catalogue.ids)), np.zeros(len(catalogue.ids))
    if not words.strip():
        return Found({}, scores, shares, catalogue.everything(), None)
    result: Result = work.index.search(words, limit)
    hits = {hit.id: hit for hit in result.hits if hit.id in catalogue.place}
    places = [catalogue.place[offering_id] for offering_id in hits]
    scores[places] = [hit.score for hit in hits.values()]
    shares[places] = [hit.share for hit in hits.values()]
    return Found(hits, scores, shares, catalogue.mask_of(hits), result.suggestion)


def ranked(
    session: Session,
    catalogue: Catalogue,
    found: Found,
    allowed: Mask,
    wishes: Wishes,
    now: datetime,
    first: NDArray[Any] | None = None,
) -> tuple[Ranked, ...]:
    """Rank the allowed ones among the found: the `RANKED` most relevant, by everything that counts.

    `first` says which ones to take where there are more: an array with the highest value for the best.
    """
    places = _foremost(found.relevant(allowed), found.scores + 1e-6 * catalogue.stars if first is None else first)
    slots = catalogue.next_slots(session, places, now)
    candidates = [
        _candidate(catalogue.facts[place], float(found.scores[place]), slots[place], wishes, now) for place in places
    ]
    return rank(candidates, seed=now.date().toordinal())


def _foremost(mask: Mask, worth: NDArray[Any]) -> list[int]:
    places = np.flatnonzero(mask)
    if len(places) > RANKED:
        places = np.sort(places[np.argpartition(-worth[places], RANKED)[:RANKED]])
    return [int(place) for place in places]


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


def telling_words(found: Found, offering_id: int, most: int) -> tuple[str, ...]:
    """The words that brought this offering here, each once, in the order they were written: the rarest where many."""
    hit = found.hits.get(offering_id)
    words = tuple({word.casefold(): word for word in reversed(hit.words)}.values())[::-1] if hit else ()
    if len(words) <= most:
        return words
    holders = Counter(word.casefold() for other in found.hits.values() for word in set(other.words))
    rarest = sorted(words, key=lambda word: holders[word.casefold()])[:most]
    return tuple(word for word in words if word in rarest)


def topics_shared(catalogue: Catalogue, offering_id: int, topic_ids: Sequence[int]) -> tuple[int, ...]:
    """Which of these topics the offering has."""
    place = catalogue.place[offering_id]
    return tuple(
        topic_id for topic_id in topic_ids if topic_id in catalogue.topics and catalogue.topics[topic_id][place]
    )
