"""Which offering comes first for a request, and why: one formula, for one offering or for many at once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from itertools import groupby
from math import ceil
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from marketplace.domain.ranking import CONSTANTS, RankingConstants


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offering that may be shown (published, vetted, language, no client wall, free); parts are 0 to 1."""

    offering_id: int
    expert_id: int
    text: float  # score of the words, 0 and more; 0 for all where nothing was asked for
    stars: float
    recommend: float
    reliability: float
    response: float
    slot_soon: float
    price_fit: float
    format_fit: float
    held_sessions: int
    load: float  # share of the coming weeks already sold


@dataclass(frozen=True, slots=True)
class Candidates:
    """Many candidates at once: the fields of `Candidate`, each an array with one place per candidate."""

    offering_id: NDArray[np.int64]
    expert_id: NDArray[np.int64]
    text: NDArray[np.float64]
    stars: NDArray[np.float64]
    recommend: NDArray[np.float64]
    reliability: NDArray[np.float64]
    response: NDArray[np.float64]
    slot_soon: NDArray[np.float64]
    price_fit: NDArray[np.float64]
    format_fit: NDArray[np.float64]
    held_sessions: NDArray[np.int64]
    load: NDArray[np.float64]

    @classmethod
    def of(cls, each: Iterable[Candidate]) -> Candidates:
        """Lay candidates side by side."""
        rows = tuple(each)
        return cls(*(np.array([getattr(row, name.name) for row in rows]) for name in fields(Candidate)))

    def relevance(self) -> NDArray[np.float64]:
        """Return the text scores over the best one; 1 for all where nothing was asked for."""
        best = self.text.max(initial=0.0)
        return self.text / best if best > 0 else np.ones(len(self.text))

    def at(self, places: NDArray[np.intp]) -> Candidates:
        """Return those at these places, in their order."""
        return Candidates(*(getattr(self, each.name)[places] for each in fields(self)))


Number = Any  # a float, or an array of them with one place per candidate: the formula is the same


@dataclass(frozen=True, slots=True)
class Parts:
    """What a score is made of: relevance * (quality + response + fit) + newcomer - load.

    `relevance` is 0 to 1; the others are weighted already, so that they can be read as points.
    """

    relevance: Number
    quality: Number
    response: Number
    fit: Number
    newcomer: Number
    load: Number

    @property
    def score(self) -> Number:
        """Return the score that ranks."""
        return self.relevance * (self.quality + self.response + self.fit) + self.newcomer - self.load


@dataclass(frozen=True, slots=True)
class Ranked:
    """An offering in its place."""

    offering_id: int
    expert_id: int
    score: float
    parts: Parts
    is_kept_place: bool = False  # came up to the place that is kept for new offerings


def rank(candidates: Candidates, seed: int, constants: RankingConstants = CONSTANTS) -> Ranking:
    """Put candidates in order, best first, those below the relevance gate left out.

    `seed` decides between equal scores; the day's number makes that fair over time and steady within a day.
    """
    relevance = candidates.relevance()
    relevant = np.flatnonzero(relevance >= constants.relevance_gate)
    kept = candidates.at(relevant)
    parts = parts_of(kept, relevance[relevant], constants)
    places, newcomer = _Order(kept, parts, seed, constants).places()
    return Ranking(kept, parts, places, newcomer)


class Ranking(Sequence[Ranked]):
    """The order; an offering's place is explained when it is looked at, for few are shown."""

    def __init__(self, candidates: Candidates, parts: Parts, places: Sequence[int], newcomer: int | None) -> None:
        self._candidates, self._parts, self._places, self._newcomer = candidates, parts, places, newcomer

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Ranked: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Ranked, ...]: ...

    def __getitem__(self, index: int | slice) -> Ranked | tuple[Ranked, ...]:
        if isinstance(index, slice):
            return tuple(map(self._ranked, self._places[index]))
        return self._ranked(self._places[index])

    def offering_ids(self) -> list[int]:
        """Return the offerings in their order."""
        return [int(each) for each in self._candidates.offering_id[list(self._places)]]

    def shown(self, most: int) -> list[Candidate]:
        """Return the first ones as they came in, in their order; the most relevant one last if it is not there."""
        places = list(self._places[:most])
        best = [int(self._candidates.text.argmax())] if len(self) else []
        columns = [getattr(self._candidates, each.name) for each in fields(Candidate)]
        rows = dict.fromkeys((*places, *best))
        return [Candidate(*(column[place].item() for column in columns)) for place in rows]

    def of_expert(self, expert_id: int) -> Iterator[tuple[int, Ranked]]:
        """Yield the places (from 1) of one expert's offerings, explained."""
        for number, place in enumerate(self._places, 1):
            if self._candidates.expert_id[place] == expert_id:
                yield number, self._ranked(place)

    def _ranked(self, place: int) -> Ranked:
        parts = Parts(*(float(getattr(self._parts, each.name)[place]) for each in fields(Parts)))
        offering_id, expert_id = int(self._candidates.offering_id[place]), int(self._candidates.expert_id[place])
        return Ranked(offering_id, expert_id, parts.score, parts, is_kept_place=place == self._newcomer)


class _Order:
    """Places of candidates in the order in which they are shown."""

    def __init__(self, candidates: Candidates, parts: Parts, seed: int, constants: RankingConstants) -> None:
        self._constants = constants
        self._experts: list[int] = candidates.expert_id.tolist()
        self._by_score = _by_score(parts.score, candidates.offering_id, seed)
        least = _least_of_top_share(parts.relevance, constants.newcomer_relevance)
        is_new = (candidates.held_sessions < constants.newcomer_sessions) & (parts.relevance >= least)
        self._newcomers = frozenset(np.flatnonzero(is_new).tolist())

    def places(self) -> tuple[list[int], int | None]:
        """Return the order, and who came up to the kept place."""
        spread = self._spread([], self._by_score)
        newcomer = self._for_kept_place(spread)
        if newcomer is None:
            return spread, None
        head = [*spread[: self._constants.first_places - 1], newcomer]
        return self._spread(head, [each for each in spread if each not in head]), newcomer

    def _spread(self, placed: list[int], waiting: Iterable[int]) -> list[int]:
        """Follow the order, but let an expert's third offering wait; at the end nobody else is left to wait for."""
        placed, held_back, coming = list(placed), deque[int](), iter(waiting)
        near = Counter(self._neighbours_of_next(placed))
        while (following := self._following(held_back, coming, near)) is not None:
            placed.append(following)
            near[self._experts[following]] += 1
            if len(placed) >= self._constants.neighbours:
                near[self._experts[placed[-self._constants.neighbours]]] -= 1
        return placed

    def _following(self, held_back: deque[int], coming: Iterator[int], near: Counter[int]) -> int | None:
        for each in held_back:
            if near[self._experts[each]] < self._constants.per_expert:
                held_back.remove(each)
                return each
        for each in coming:
            if near[self._experts[each]] < self._constants.per_expert:
                return each
            held_back.append(each)
        return held_back.popleft() if held_back else None

    def _for_kept_place(self, spread: Sequence[int]) -> int | None:
        """Return the new offering to bring up, None if one is among the first or none is good enough."""
        places = self._constants.first_places
        if not self._newcomers.isdisjoint(spread[:places]):
            return None
        near = Counter(self._neighbours_of_next(spread[: places - 1]))
        fitting = (each for each in spread[places:] if each in self._newcomers)
        return next((each for each in fitting if near[self._experts[each]] < self._constants.per_expert), None)

    def _neighbours_of_next(self, placed: Sequence[int]) -> list[int]:
        """Return the experts among whose neighbours the next one will stand."""
        return [self._experts[each] for each in placed[1 - self._constants.neighbours :]]


def parts_of(each: Candidate | Candidates, relevance: Number, constants: RankingConstants = CONSTANTS) -> Parts:
    """Return the parts of the score of one candidate, or of many at once; `relevance` is the text score over the best.

    The formula, in one place.
    """
    quality = (
        constants.stars_share * each.stars
        + constants.recommend_share * each.recommend
        + constants.reliability_share * each.reliability
    )
    fit = (
        constants.slot_share * each.slot_soon
        + constants.price_share * each.price_fit
        + constants.format_share * each.format_fit
    )
    return Parts(
        relevance=relevance,
        quality=constants.quality_weight * quality,
        response=constants.response_weight * each.response,
        fit=constants.fit_weight * fit,
        newcomer=constants.newcomer_bonus / (1 + each.held_sessions) ** 0.5,
        load=constants.load_penalty * each.load,
    )


def _by_score(scores: NDArray[np.float64], offering_ids: NDArray[np.int64], seed: int) -> list[int]:
    """Return the places, best score first; among equals the lot decides."""
    best_first = np.argsort(-scores, kind="stable").tolist()
    equals = (list(group) for _, group in groupby(best_first, key=lambda place: float(scores[place])))
    return [place for group in equals for place in _drawn(group, offering_ids, seed)]


def _drawn(group: list[int], offering_ids: NDArray[np.int64], seed: int) -> list[int]:
    return group if len(group) == 1 else sorted(group, key=lambda place: _draw(seed, int(offering_ids[place])))


def _least_of_top_share(relevance: NDArray[np.float64], share: float) -> float:
    """Return the relevance that the most relevant share of all reaches."""
    if not len(relevance):
        return 0.0
    return float(np.sort(relevance)[-ceil(len(relevance) * share)])


def _draw(seed: int, offering_id: int) -> bytes:
    """Return the lot that an offering draws on a day: the same in every process, unlike hash()."""
    return blake2b(f"{seed}:{offering_id}".encode(), digest_size=8).digest()
