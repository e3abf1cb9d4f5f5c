"""Are experts who join late ever booked? `python -m tests.bench.late_joiners [--json] [--sensitivity] [--seeds N]`.

A year of a market (its set-up is argued in `young_market`), played under two orders to compare with and under the
production formula: `domain.matching.rank` over `domain.standing.standing`, with the production constants.

The product's table says 73, 38 and 1 % and a quality of 0.58 against 0.98. Twelve years of this market say 75 ± 4,
36 ± 5 and 0 %, and 0.59 ± 0.14 against 0.99 ± 0.10. How that table was made is not written down. This set-up was
picked, among some hundred played, for being plausible and near the table: the order of the rows is a finding, the
nearness is not.
A place in the first results has its price where everybody fits equally: with nothing for newcomers sessions would be
better by an eighth of a standard deviation, and every fourth late joiner would never be booked.

What moves the shares most (`--sensitivity`): how many sessions there are, whether some searches fit but a few (if each
fits 25, the plain mean books no late joiner), whether the early ones have a history. In all of these markets the
formula books everybody, at a higher quality than the plain and the Bayesian mean.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

import numpy as np

from marketplace.domain.ranking import CONSTANTS, RankingConstants
from tests.bench.young_market import ASSUMED, Market, Order, Outcome, by_bayesian_mean, by_formula, by_plain_mean, play

SEEDS = 12

Ranking = tuple[str, Order, RankingConstants]

HALF_BONUS = replace(CONSTANTS, newcomer_bonus=CONSTANTS.newcomer_bonus / 2)
UNEXPLORED = replace(CONSTANTS, newcomer_bonus=0.0, newcomer_sessions=0)  # no bonus, no kept place
RANKINGS: tuple[Ranking, ...] = (
    ("plain mean", by_plain_mean, CONSTANTS),
    ("Bayesian mean", by_bayesian_mean, CONSTANTS),
    ("formula, nothing for newcomers", by_formula, UNEXPLORED),
    ("formula", by_formula, CONSTANTS),
    ("formula, half the bonus", by_formula, HALF_BONUS),
)

# What the outcome hangs on: each is another market in one respect.
VARIANTS: dict[str, Market] = {
    "half as many sessions": Market(sessions=875),
    "twice as many sessions": Market(sessions=3500),
    "every search fits 25": Market(fitting=(25, 25)),
    "who fits, fits by 0.9 to 1": Market(least_relevance=0.9),
    "nobody has a history": Market(history=0),
    "half the mood": Market(mood=0.6),
    "three in four like the average": Market(recommended=1.1),
    "only the first is booked": Market(seen=1),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One ranking over several years: means, and standard deviations between years."""

    ranking: str
    never_booked: float
    never_booked_spread: float
    quality: float
    quality_spread: float
    gini: float

    @classmethod
    def of(cls, years: Sequence[Outcome]) -> Self:
        """Sum up the years of one ranking."""
        unseen, quality = [each.never_booked for each in years], [each.quality for each in years]
        gini = float(np.mean([each.gini for each in years]))
        spreads = float(np.std(unseen)), float(np.std(quality))
        return cls(years[0].ranking, float(np.mean(unseen)), spreads[0], float(np.mean(quality)), spreads[1], gini)


def table(seeds: int, market: Market = ASSUMED, rankings: Sequence[Ranking] = RANKINGS) -> list[Line]:
    """Play each ranking with every seed."""
    return [Line.of([play(*each, seed, market) for seed in range(seeds)]) for each in rankings]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Are experts who join late ever booked?")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sensitivity", action="store_true", help="other markets, too")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="years to play")
    options = parser.parse_args(arguments)
    markets = {"as assumed": ASSUMED} | (VARIANTS if options.sensitivity else {})
    if options.json:
        print(json.dumps({name: [asdict(each) for each in table(options.seeds, it)] for name, it in markets.items()}))
        return 0
    for name, market in markets.items():
        print(f"{name + f', {options.seeds} years':<36} {'never booked':>14} {'quality of sessions':>22} {'Gini':>6}")
        for each in table(options.seeds, market):
            unseen = f"{each.never_booked:.1%} ± {100 * each.never_booked_spread:.1f}"
            quality = f"{each.quality:+.2f} ± {each.quality_spread:.2f}"
            print(f"  {each.ranking:<34} {unseen:>14} {quality:>22} {each.gini:>6.2f}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
