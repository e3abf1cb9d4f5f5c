"""Which offering comes first for a request, and why: one formula, all its constants in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from math import ceil, sqrt
from typing import Any


def N_(message: str) -> str:  # noqa: N802  # the name under which Babel collects sentences for translation
    """Mark a sentence for translation; the page translates it."""
    return message


def _constant(value: float, meaning: str) -> Any:
    return field(default=value, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class RankingConstants:
    """Every number of the ranking; the page "how ranking works" is made from this table."""

    relevance_gate: float = _constant(
        0.15, N_("An offering less relevant than this share of the best one is left out.")
    )
    request_share: float = _constant(
        0.125, N_("Share of a request, by the rarity of its words, that an offering must speak of to be its match.")
    )
    request_near: float = _constant(
        0.4, N_("Or it must reach this part of that share, and of the most relevant offering’s relevance.")
    )
    quality_weight: float = _constant(0.65, N_("Weight of quality: ratings, recommendations and reliability."))
    response_weight: float = _constant(0.15, N_("Weight of answering requests in time."))
    fit_weight: float = _constant(0.20, N_("Weight of the fit: slot, price and format."))
    stars_share: float = _constant(0.45, N_("Share of the ratings within quality."))
    recommend_share: float = _constant(0.35, N_("Share of the private recommendations within quality."))
    reliability_share: float = _constant(0.20, N_("Share of reliability within quality."))
    slot_share: float = _constant(0.5, N_("Share of a slot soon within the fit."))
    price_share: float = _constant(0.3, N_("Share of a price within the budget within the fit."))
    format_share: float = _constant(0.2, N_("Share of the wished format within the fit."))
    newcomer_bonus: float = _constant(0.10, N_("Bonus of an offering without sessions; it fades as sessions are held."))
    load_penalty: float = _constant(0.08, N_("Deduction for an expert whose coming weeks are fully booked."))
    per_expert: int = _constant(2, N_("Most results of one expert among neighbouring ones."))
    neighbours: int = _constant(10, N_("Number of neighbouring results in which that holds."))
    first_places: int = _constant(5, N_("First results of which one is kept for a new offering."))
    newcomer_sessions: int = _constant(5, N_("An offering with fewer sessions than this is new."))
    newcomer_relevance: float = _constant(
        1 / 3, N_("A new offering must be among this share of the most relevant ones.")
    )
    stars_prior: float = _constant(5, N_("Ratings at the platform’s mean that every expert starts with."))
    half_life_days: float = _constant(365, N_("Days after which a rating weighs half."))
    harsh_prior: float = _constant(8, N_("Ratings at the platform’s mean that everybody who rates starts with."))
    company_cap: float = _constant(3, N_("Most ratings that one company’s ratings of one expert count as."))
    recommend_prior_yes: float = _constant(6, N_("Recommendations that every expert starts with."))
    recommend_prior_no: float = _constant(2, N_("Missing recommendations that every expert starts with."))
    reliability_prior_held: float = _constant(9, N_("Sessions held that every expert starts with."))
    reliability_prior_failed: float = _constant(1, N_("Sessions failed that every expert starts with."))
    response_prior_answered: float = _constant(4, N_("Requests answered that every expert starts with."))
    response_prior_missed: float = _constant(1, N_("Requests left unanswered that every expert starts with."))
    least_rater_weight: float = _constant(0.5, N_("Weight of a rating by a lead with the worst record."))
    sound_record: float = _constant(0.6, N_("Standing of a lead from which a rating weighs in full."))


CONSTANTS = RankingConstants()


@dataclass(frozen=True, slots=True)
class ConstantLine:
    """One line of the page "how ranking works"."""

    name: str
    value: float
    meaning: str  # English; a msgid


def constant_lines(constants: RankingConstants = CONSTANTS) -> tuple[ConstantLine, ...]:
    """Return the table for people, in its order."""
    return tuple(
        ConstantLine(each.name, getattr(constants, each.name), each.metadata["meaning"]) for each in fields(constants)
    )


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
class Parts:
    """What a score is made of: relevance * (quality + response + fit) + newcomer - load.

    `relevance` is 0 to 1; the others are weighted already, so that they can be read as points.
    """

    relevance: float
    quality: float
    response: float
    fit: float
    newcomer: float
    load: float

    @property
    def score(self) -> float:
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


def rank(candidates: Sequence[Candidate], seed: int, constants: RankingConstants = CONSTANTS) -> tuple[Ranked, ...]:
    """Put candidates in order, best first, those below the relevance gate left out.

    `seed` decides between equal scores; the day's number makes that fair over time and steady within a day.
    """
    return _Ranking(candidates, seed, constants).ordered()


class _Ranking:
    def __init__(self, candidates: Sequence[Candidate], seed: int, constants: RankingConstants) -> None:
        self._constants = constants
        best = max((each.text for each in candidates), default=0.0)
        relevances = [each.text / best if best > 0 else 1.0 for each in candidates]
        relevant = [
            (each, relevance)
            for each, relevance in zip(candidates, relevances, strict=True)
            if relevance >= constants.relevance_gate
        ]
        self._least_of_newcomers = self._top_share([relevance for _, relevance in relevant])
        self._held = {each.offering_id: each.held_sessions for each, _ in relevant}
        scored = [_ranked(each, parts_of(each, relevance, constants)) for each, relevance in relevant]
        self._by_score = sorted(scored, key=lambda each: (-each.score, _draw(seed, each.offering_id)))

    def ordered(self) -> tuple[Ranked, ...]:
        spread = self._spread([], self._by_score)
        kept = self._for_kept_place(spread)
        if kept is None:
            return tuple(spread)
        head = [*spread[: self._constants.first_places - 1], _in_kept_place(kept)]
        return tuple(self._spread(head, [each for each in spread if each not in (*head, kept)]))

    def _spread(self, placed: list[Ranked], waiting: Sequence[Ranked]) -> list[Ranked]:
        """Follow the order, but let an expert's third offering wait; at the end nobody else is left to wait for."""
        placed, waiting = list(placed), list(waiting)
        while waiting:
            crowd = self._crowd(placed)
            following = next((each for each in waiting if each.expert_id not in crowd), waiting[0])
            waiting.remove(following)
            placed.append(following)
        return placed

    def _crowd(self, placed: Sequence[Ranked]) -> set[int]:
        """Return the experts who have all the places they may have among the next neighbours."""
        near = Counter(each.expert_id for each in placed[1 - self._constants.neighbours :])
        return {expert for expert, places in near.items() if places >= self._constants.per_expert}

    def _for_kept_place(self, spread: Sequence[Ranked]) -> Ranked | None:
        """Return the new offering to bring up, None if one is among the first or none is good enough."""
        places = self._constants.first_places
        if any(self._is_newcomer(each) for each in spread[:places]):
            return None
        crowd = self._crowd(spread[: places - 1])
        return next((each for each in spread[places:] if self._is_newcomer(each) and each.expert_id not in crowd), None)

    def _is_newcomer(self, ranked: Ranked) -> bool:
        is_new = self._held[ranked.offering_id] < self._constants.newcomer_sessions
        return is_new and ranked.parts.relevance >= self._least_of_newcomers

    def _top_share(self, relevances: list[float]) -> float:
        places = ceil(len(relevances) * self._constants.newcomer_relevance)
        return sorted(relevances, reverse=True)[places - 1] if relevances else 0.0


def parts_of(candidate: Candidate, relevance: float, constants: RankingConstants = CONSTANTS) -> Parts:
    """Return the parts of a candidate's score; `relevance` is its text score over the best one."""
    quality = (
        constants.stars_share * candidate.stars
        + constants.recommend_share * candidate.recommend
        + constants.reliability_share * candidate.reliability
    )
    fit = (
        constants.slot_share * candidate.slot_soon
        + constants.price_share * candidate.price_fit
        + constants.format_share * candidate.format_fit
    )
    return Parts(
        relevance=relevance,
        quality=constants.quality_weight * quality,
        response=constants.response_weight * candidate.response,
        fit=constants.fit_weight * fit,
        newcomer=constants.newcomer_bonus / sqrt(1 + candidate.held_sessions),
        load=constants.load_penalty * candidate.load,
    )


def _ranked(candidate: Candidate, parts: Parts) -> Ranked:
    return Ranked(candidate.offering_id, candidate.expert_id, parts.score, parts)


def _in_kept_place(ranked: Ranked) -> Ranked:
    return Ranked(ranked.offering_id, ranked.expert_id, ranked.score, ranked.parts, is_kept_place=True)


def _draw(seed: int, offering_id: int) -> bytes:
    """Return the lot that an offering draws on a day: the same in every process, unlike hash()."""
    return blake2b(f"{seed}:{offering_id}".encode(), digest_size=8).digest()
