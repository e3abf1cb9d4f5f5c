"""Are experts who join late ever booked? `python -m tests.bench.late_joiners [--json]` plays a year four times.

250 experts, two in five of whom join after the market has begun. Leads search all day, each for a precise point that a
part of the market knows and has time for; they book what stands high, and rate generously, as people do. Three
orders to compare with, and last the production formula itself, `domain.matching.rank` over `domain.standing`.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from marketplace.domain.matching import Candidate, Candidates, rank
from marketplace.domain.ranking import CONSTANTS, RankingConstants
from marketplace.domain.standing import Conduct, RevealedRating, standing

EXPERTS, LATE = 250, 100
DAYS, SEARCHES = 300, 8  # searches a day
KNOWING = 40  # experts who know something of what is asked and have time, in one search
RELEVANCE = (0.9, 1.0)  # of those, to the words
FULL = 20  # sessions in four weeks
PLACES = np.array([0.36, 0.24, 0.17, 0.13, 0.10])  # who looks at a page books the first results
SEEN_WITHIN = 60  # days that a late joiner has at least
PLATFORM_MEAN = 4.4
SEED = 2026


@dataclass(slots=True)
class Expert:
    """One expert: what nobody sees (quality, in standard deviations), and what sessions brought to light."""

    number: int
    quality: float
    joins: int
    ratings: list[RevealedRating] = field(default_factory=list)
    days: list[int] = field(default_factory=list)  # of its sessions
    parts: tuple[float, float] = (0.0, 0.0)  # stars, recommend

    def load(self, day: int) -> float:
        """Share of four weeks that is sold: five sessions a week are a full calendar."""
        return sum(each > day - 28 for each in self.days[-FULL:]) / FULL

    @property
    def plain_mean(self) -> float:
        """As a naive market sorts: 0 without ratings."""
        return float(np.mean([each.stars for each in self.ratings])) if self.ratings else 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a year brought."""

    ranking: str
    late_never_booked: float  # share
    quality: float  # mean of all sessions held, in standard deviations
    gini: float  # of sessions among experts: 0 all the same, 1 one has everything


Order = Callable[[Sequence[Expert], np.ndarray, int], list[int]]


def play(name: str, order: Order, constants: RankingConstants, seed: int = SEED) -> Outcome:
    """Play a year."""
    chance = np.random.default_rng(seed)
    experts = _cast(chance)
    held: list[float] = []
    for expert in experts:
        _reckon(expert, constants)
    for day in range(DAYS):
        present = [each for each in experts if each.joins <= day]
        for _ in range(SEARCHES):
            free = [each for each in present if each.load(day) < 1]
            knowing = [free[n] for n in chance.choice(len(free), min(KNOWING, len(free)), replace=False)]
            relevance = chance.uniform(*RELEVANCE, len(knowing))
            first = order(knowing, relevance, day)[: len(PLACES)]
            booked = knowing[first[chance.choice(len(first), p=PLACES[: len(first)] / PLACES[: len(first)].sum())]]
            held.append(booked.quality)
            booked.ratings.append(_rating(chance, booked.quality, len(held)))
            booked.days.append(day)
            _reckon(booked, constants)
    late = [each for each in experts if 0 < each.joins < DAYS - SEEN_WITHIN]
    return Outcome(
        name,
        float(np.mean([not each.ratings for each in late])),
        float(np.mean(held)),
        _gini([len(each.ratings) for each in experts]),
    )


def _cast(chance: np.random.Generator) -> list[Expert]:
    quality = chance.standard_normal(EXPERTS)
    joins = np.where(np.arange(EXPERTS) < EXPERTS - LATE, 0, chance.integers(60, 240, EXPERTS))
    return [Expert(number, float(quality[number]), int(joins[number])) for number in range(EXPERTS)]


def _rating(chance: np.random.Generator, quality: float, rater: int) -> RevealedRating:
    """Stars are generous and say little; the private answer says more."""
    stars = int(np.clip(np.round(PLATFORM_MEAN + 0.35 * quality + 0.6 * chance.standard_normal()), 1, 5))
    recommend = bool(chance.random() < 1 / (1 + np.exp(-(0.8 + 1.8 * quality))))
    return RevealedRating(stars, recommend, 0.0, rater, PLATFORM_MEAN, 1, rater, 1.0)


def _reckon(expert: Expert, constants: RankingConstants) -> None:
    found = standing(expert.ratings, Conduct(held=len(expert.ratings)), PLATFORM_MEAN, constants)
    expert.parts = (found.stars, found.recommend)


def by_plain_mean(experts: Sequence[Expert], relevance: np.ndarray, day: int) -> list[int]:
    """The best-rated first: what most sites do."""
    return _sorted(relevance * [each.plain_mean for each in experts])


def by_bayesian_mean(experts: Sequence[Expert], relevance: np.ndarray, day: int) -> list[int]:
    """The Bayesian mean of the stars alone."""
    return _sorted(relevance * [1 + 4 * each.parts[0] for each in experts])


def _sorted(worth: np.ndarray) -> list[int]:
    return np.argsort(-worth, kind="stable").tolist()


def by_formula(constants: RankingConstants) -> Order:
    """The production formula, with these constants."""

    def order(experts: Sequence[Expert], relevance: np.ndarray, day: int) -> list[int]:
        rows = [_candidate(number, each, float(relevance[number]), day) for number, each in enumerate(experts)]
        return rank(Candidates.of(rows), day, constants).offering_ids()

    return order


def _candidate(number: int, expert: Expert, relevance: float, day: int) -> Candidate:
    stars, recommend = expert.parts
    return Candidate(
        offering_id=number, expert_id=expert.number, text=relevance, stars=stars, recommend=recommend, reliability=0.95,
        response=0.9, slot_soon=0.7, price_fit=1.0, format_fit=1.0, held_sessions=len(expert.ratings),
        load=expert.load(day),
    )  # fmt: skip


def _gini(counts: Sequence[int]) -> float:
    ordered = np.sort(counts)
    ranks = np.arange(1, len(ordered) + 1)
    return float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))


# Without what keeps newcomers seen: no bonus, no kept place, no private recommendation.
UNEXPLORED = replace(CONSTANTS, newcomer_bonus=0.0, newcomer_sessions=0, stars_share=0.8, recommend_share=0.0)
RANKINGS: tuple[tuple[str, Order, RankingConstants], ...] = (
    ("plain mean", by_plain_mean, CONSTANTS),
    ("Bayesian mean", by_bayesian_mean, CONSTANTS),
    ("formula, nothing for newcomers", by_formula(UNEXPLORED), UNEXPLORED),
    ("formula", by_formula(CONSTANTS), CONSTANTS),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    outcomes = [play(*each) for each in RANKINGS]
    if options.json:
        print(json.dumps([asdict(each) for each in outcomes]))
        return 0
    print(f"{'ranking':<32} {'late joiners never booked':>26} {'quality of sessions':>20} {'Gini':>6}")
    for each in outcomes:
        print(f"{each.ranking:<32} {each.late_never_booked:>25.0%} {each.quality:>+20.2f} {each.gini:>6.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
