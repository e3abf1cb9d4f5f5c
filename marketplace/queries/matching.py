"""Find and rank offerings for words or for a request: relevance from the index, the rest from the catalogue."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from marketplace.domain.matching import Candidates, Ranking, rank
from marketplace.domain.ranking import CONSTANTS
from marketplace.domain.standing import Conduct, standing
from marketplace.queries.catalogue import FORMATS, Catalogue, Numbers, Places
from marketplace.work import Work
from search.port import Hit, Scores

RANKED = 200  # the most relevant ones that are ranked by everything else
PLATFORM_MEAN = 4.2
_SOON_SECONDS = 21.0 * 24 * 3600  # a slot today is worth 1, one in three weeks 0
_NEWCOMER = standing((), Conduct(), PLATFORM_MEAN)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What fits beyond the words. Money is net of VAT, in cents."""

    budget_minor: int | None = None
    format: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the words found: the places of those that pass the relevance gate, and the score of every place."""

    scores: Scores | None  # None without words: everything is found, nothing more relevant than the rest
    values: NDArray[np.float32]
    places: Places

    @property
    def suggestion(self) -> str | None:
        """The words with a typing error put right, when that helps."""
        return self.scores.suggestion if self.scores else None

    def hits(self, catalogue: Catalogue, offering_ids: Sequence[int]) -> dict[int, Hit]:
        """The words that brought these offerings here."""
        known = [catalogue.place[each] for each in offering_ids if each in catalogue.place]
        return {hit.id: hit for hit in self.scores.hits(known)} if self.scores and known else {}

    def fitting(self, places: Places) -> Places:
        """Those of these places that a long request really is about, not those that share a few words with it."""
        if self.scores is None:
            return places
        values, shares = self.values[places], self.scores.shares()[places]
        share, near_the_best = CONSTANTS.request_share, CONSTANTS.request_near
        speaking = (values > 0) & (shares >= share)
        best = values.max(where=speaking, initial=0.0) or np.inf
        near = (values >= near_the_best * best) & (shares >= near_the_best * share)
        return places[speaking | near]


def find(work: Work, catalogue: Catalogue, words: str) -> Found:
    """Ask the index; without words everything is found."""
    if not words.strip():
        return Found(None, np.zeros(len(catalogue.ids), np.float32), catalogue.everything)
    scores = work.index.score(words, catalogue.ids)
    values = np.where(catalogue.live, scores.values, np.float32(0))
    return Found(
        scores, values, np.flatnonzero((values > 0) & (values >= CONSTANTS.relevance_gate * values.max(initial=0.0)))
    )


def ranked(
    session: Session,
    catalogue: Catalogue,
    found: Found,
    places: Places,
    wishes: Wishes,
    now: datetime,
    first: NDArray[np.float64] | None = None,
) -> Ranking:
    """Rank these places: the `RANKED` most relevant, by everything that counts.

    `first` says which ones to take where there are more: an array with the highest value for the best, one per place.
    """
    if len(places) > RANKED:
        worth = found.values[places] + 1e-6 * _or(catalogue.columns.stars[places], 0.0) if first is None else first
        places = np.sort(places[np.argpartition(-worth, RANKED)[:RANKED]])
    slots = catalogue.next_slots(session, places, now)
    return rank(_candidates(catalogue, found, places, slots, wishes, now), seed=now.date().toordinal())


def _candidates(
    catalogue: Catalogue, found: Found, places: Places, slots: Numbers, wishes: Wishes, now: datetime
) -> Candidates:
    columns = catalogue.columns
    return Candidates(
        offering_id=columns.ids[places],
        expert_id=columns.expert_ids[places],
        text=found.values[places].astype(np.float64),
        stars=_or(columns.stars[places], _NEWCOMER.stars),
        recommend=_or(columns.recommend[places], _NEWCOMER.recommend),
        reliability=_or(columns.reliability[places], _NEWCOMER.reliability),
        response=_or(columns.response[places], _NEWCOMER.response),
        slot_soon=np.maximum(0.0, 1.0 - (slots - now.timestamp()) / _SOON_SECONDS),
        price_fit=price_fit(columns.price_minor[places], wishes.budget_minor),
        format_fit=_format_fit(columns.formats[places], wishes.format),
        held_sessions=columns.held_sessions[places],
        load=_or(columns.load[places], 0.0),
    )


def price_fit(prices_minor: NDArray[np.int64], budget_minor: int | None) -> Numbers:
    """1 within the budget, falling to 0 at one and a half times the budget; 1 without a budget."""
    if not budget_minor:
        return np.ones(len(prices_minor))
    return np.clip(1.0 - (prices_minor - budget_minor) / (budget_minor / 2), 0.0, 1.0)


def _format_fit(formats: NDArray[np.int8], wished: str) -> Numbers:
    if not wished:
        return np.ones(len(formats))
    return ((formats >> FORMATS.index(wished)) & 1).astype(np.float64)


def _or(values: Numbers, default: float) -> Numbers:
    return np.where(np.isnan(values), default, values)


def telling_words(hits: Mapping[int, Hit], offering_id: int, most: int) -> tuple[str, ...]:
    """The words that brought this offering here, each once, in the order they were written: the rarest where many."""
    hit = hits.get(offering_id)
    words = tuple({word.casefold(): word for word in reversed(hit.words)}.values())[::-1] if hit else ()
    if len(words) <= most:
        return words
    holders = Counter(word.casefold() for other in hits.values() for word in set(other.words))
    rarest = sorted(words, key=lambda word: holders[word.casefold()])[:most]
    return tuple(word for word in words if word in rarest)
