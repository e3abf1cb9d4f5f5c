"""A year of a market of 250 experts, for `tests.bench.late_joiners`: how it is set up, and why.

* 150 experts are there from the start with ten sessions each, so that the market knows them; 100 join on any day of the
  year, the last one 60 days before its end, the time in which a new expert should be booked.
* 1750 sessions, seven per expert: three hours at a full price are bought now and then, not daily.
* A search fits 1 to 50 experts who have time, any number alike: one point is known by hardly anybody, another by a
  fifth of the market. Who fits, fits equally: what is compared is what an order makes of ratings.
* A lead books one of the first four; the second is booked half as often as the first, the third a third as often.
* Quality is normal. Stars are generous and say little: 4.6 for the average expert, as on most sites, a fifth of a star
  per standard deviation, and 1.2 stars of mood. The private answer is frank and says more: every other lead would
  recommend the average expert, 88 of 100 one who is a standard deviation better. So the prior, three in four, hopes for
  the best. Everybody answers, comes, and is as dear and as free.
* In the plain mean, who has no rating yet stands last. An expert with 12 sessions in four weeks is full, as production
  reckons load.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketplace.domain.matching import Candidates, rank
from marketplace.domain.ranking import RankingConstants
from marketplace.domain.standing import Conduct, RevealedRating, standing
from marketplace.store.standings import FULL_LOAD

DAYS, WITHIN, FOUR_WEEKS = 365, 60, 28


@dataclass(frozen=True, slots=True)
class Market:
    """What is assumed of the market."""

    early: int = 150
    late: int = 100
    history: int = 10  # sessions of each early expert before the year
    sessions: int = 1750
    fitting: tuple[int, int] = (1, 50)  # least and most experts whom a search fits
    least_relevance: float = 1.0  # of those who fit, with 1 as the best
    seen: int = 4  # first results; the nth of them is booked n times less often than the first
    stars: float = 4.6  # of the average expert
    stars_per_deviation: float = 0.2
    mood: float = 1.2  # standard deviation, in stars
    recommended: float = 0.0  # the average expert, in log-odds
    recommended_per_deviation: float = 2.0


ASSUMED = Market()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a year brought."""

    ranking: str
    never_booked: float  # share of the late joiners
    quality: float  # mean of all sessions held, in standard deviations
    gini: float  # of sessions among experts: 0 all the same, 1 one has everything


class Year:
    """One year of a market: what nobody sees (quality), and what sessions brought to light; arrays are by expert."""

    def __init__(self, market: Market, constants: RankingConstants, seed: int) -> None:
        self.market, self.constants, self.chance = market, constants, np.random.default_rng(seed)
        count = market.early + market.late
        self.quality = self.chance.standard_normal(count)
        self.joins = np.zeros(count, dtype=int)
        self.joins[market.early :] = self.chance.integers(1, DAYS - WITHIN, market.late)
        self.ratings: list[list[tuple[int, int, bool]]] = [[] for _ in range(count)]  # day, stars, recommended
        self.held, self.days = np.zeros(count, dtype=int), np.empty((0, 2), dtype=int)  # days: of a session, its expert
        self.plain, self.bayes, self.recommend, self.reliability, self.response = np.zeros((5, count))
        self.sum_of_stars, self.count_of_stars = market.stars, 1
        for expert in np.repeat(np.arange(market.early), market.history):
            self.rate(int(expert), -1)

    def load(self, day: int) -> NDArray[np.float64]:
        """Share of four weeks that is sold, by expert."""
        recent = self.days[self.days[:, 0] > day - FOUR_WEEKS, 1]
        return np.bincount(recent, minlength=len(self.held)) / FULL_LOAD

    def hold(self, expert: int, day: int) -> None:
        """Hold a session, which is rated the same day."""
        self.days = np.vstack([self.days, (day, expert)])
        self.rate(expert, day)

    def rate(self, expert: int, day: int) -> None:
        """Stars are generous and say little; the private answer says more."""
        market, quality = self.market, self.quality[expert]
        felt = market.stars + market.stars_per_deviation * quality + market.mood * self.chance.standard_normal()
        stars = int(np.clip(np.round(felt), 1, 5))
        liked = market.recommended + market.recommended_per_deviation * quality
        recommended = bool(self.chance.random() < 1 / (1 + np.exp(-liked)))
        self.ratings[expert].append((day, stars, recommended))
        self.held[expert] += 1
        self.sum_of_stars += stars
        self.count_of_stars += 1
        self.reckon(expert, day)

    def reckon(self, expert: int, day: int) -> None:
        """Take the production standing over, as production does after each session, and when an expert joins."""
        mean = self.sum_of_stars / self.count_of_stars
        given = [
            RevealedRating(stars, recommended, day - rated, number, mean, 1, None, 1.0)
            for number, (rated, stars, recommended) in enumerate(self.ratings[expert])
        ]
        found = standing(given, Conduct(held=len(given)), mean, self.constants)
        self.plain[expert] = found.mean_stars or 0.0
        self.bayes[expert], self.recommend[expert] = found.stars, found.recommend
        self.reliability[expert], self.response[expert] = found.reliability, found.response


Order = Callable[[Year, NDArray[np.intp], NDArray[np.float64], int], Sequence[int]]


def play(name: str, order: Order, constants: RankingConstants, seed: int, market: Market = ASSUMED) -> Outcome:
    """Play a year."""
    year = Year(market, constants, seed)
    booked: list[int] = []
    before = 0
    for number in range(market.sessions):
        day = number * DAYS // market.sessions
        for expert in np.flatnonzero((year.joins > before) & (year.joins <= day)):
            year.reckon(int(expert), day)
        before = day
        booked.append(_booked(year, order, day))
        year.hold(booked[-1], day)
    got = np.bincount(booked, minlength=len(year.held))
    unseen = float(np.mean(got[market.early :] == 0))
    return Outcome(name, unseen, float(year.quality[booked].mean()), _gini(got))


def _booked(year: Year, order: Order, day: int) -> int:
    """One search: who fits, in which order, and who is booked."""
    market, chance, load = year.market, year.chance, year.load(day)
    free = np.flatnonzero((year.joins <= day) & (load < 1))
    least, most = market.fitting
    fitting = chance.choice(free, min(int(chance.integers(least, most + 1)), len(free)), replace=False)
    relevance = chance.uniform(market.least_relevance, 1.0, len(fitting))
    first = order(year, fitting, relevance, day)[: market.seen]
    attention = 1 / np.arange(1, len(first) + 1)
    return int(fitting[first[chance.choice(len(first), p=attention / attention.sum())]])


def by_plain_mean(year: Year, fitting: NDArray[np.intp], relevance: NDArray[np.float64], day: int) -> Sequence[int]:
    """The best-rated first: what most sites do."""
    return _sorted(relevance * year.plain[fitting])


def by_bayesian_mean(year: Year, fitting: NDArray[np.intp], relevance: NDArray[np.float64], day: int) -> Sequence[int]:
    """The Bayesian mean of the stars alone."""
    return _sorted(relevance * (1 + 4 * year.bayes[fitting]))


def _sorted(worth: NDArray[np.float64]) -> list[int]:
    return np.argsort(-worth, kind="stable").tolist()


def by_formula(year: Year, fitting: NDArray[np.intp], relevance: NDArray[np.float64], day: int) -> Sequence[int]:
    """The production formula, with the year's constants."""
    same = np.ones(len(fitting))
    candidates = Candidates(
        offering_id=np.arange(len(fitting)), expert_id=fitting, text=relevance, stars=year.bayes[fitting],
        recommend=year.recommend[fitting], reliability=year.reliability[fitting], response=year.response[fitting],
        slot_soon=0.7 * same, price_fit=same, format_fit=same, held_sessions=year.held[fitting],
        load=year.load(day)[fitting],
    )  # fmt: skip
    return rank(candidates, day, year.constants).offering_ids()


def _gini(counts: NDArray[np.intp]) -> float:
    ordered = np.sort(counts)
    ranks = np.arange(1, len(ordered) + 1)
    return float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))
