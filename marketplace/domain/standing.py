"""What revealed ratings and conduct add up to. Formulas: search.md's, with the constants of domain.matching.

Bayesian mean: (k m + sum w s) / (k + sum w), k ratings at the platform's mean m, as in Evan Miller's "Bayesian
Average Ratings" (2012). Age and a doubtful rater lower the weight w, hence the certainty, and leave the star as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.domain.ranking import CONSTANTS, RankingConstants

LEAST_STARS = 1.0
MOST_STARS = 5.0


@dataclass(frozen=True, slots=True)
class RevealedRating:
    """A rating that both sides can see, with what we know of the one who gave it."""

    stars: int  # 1 to 5
    recommend: bool  # the private answer
    age_days: float
    rater_id: int
    rater_mean: float  # of all that the rater ever gave, this one included
    rater_count: int
    company_id: int | None
    lead_standing: float  # 0 to 1; the rater's own


@dataclass(frozen=True, slots=True)
class Conduct:
    """What became of the sessions that were agreed on, and of the requests that came in."""

    held: int = 0
    late_cancellations: int = 0
    no_shows: int = 0
    answered: int = 0
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """All parts are 0 to 1; `mean_stars` is the plain mean, for display only, None without ratings."""

    ratings: int
    mean_stars: float | None
    stars: float
    recommend: float
    reliability: float
    response: float

    def quality(self, constants: RankingConstants = CONSTANTS) -> float:
        """Return the three parts of quality in one number, 0 to 1."""
        return (
            constants.stars_share * self.stars
            + constants.recommend_share * self.recommend
            + constants.reliability_share * self.reliability
        )


def standing(
    ratings: Sequence[RevealedRating],
    conduct: Conduct,
    platform_mean: float,
    constants: RankingConstants = CONSTANTS,
) -> Standing:
    """Add up the standing of one person; `platform_mean` is the mean of all revealed stars, 1 to 5."""
    weights = _weights(ratings, constants)
    return Standing(
        ratings=len(ratings),
        mean_stars=_mean([rating.stars for rating in ratings]),
        stars=_stars(ratings, weights, platform_mean, constants),
        recommend=_recommend(ratings, weights, constants),
        reliability=reliability(conduct, constants),
        response=response(conduct, constants),
    )


def reliability(conduct: Conduct, constants: RankingConstants = CONSTANTS) -> float:
    """Return the chance that an agreed session is held: the mean of a Beta distribution."""
    failed = conduct.late_cancellations + conduct.no_shows
    return _beta(conduct.held, failed, constants.reliability_prior_held, constants.reliability_prior_failed)


def response(conduct: Conduct, constants: RankingConstants = CONSTANTS) -> float:
    """Return the chance that a request is answered in time: the mean of a Beta distribution."""
    return _beta(
        conduct.answered,
        conduct.unanswered,
        constants.response_prior_answered,
        constants.response_prior_missed,
    )


def rater_weight(lead_standing: float, constants: RankingConstants = CONSTANTS) -> float:
    """Return what a rating by such a lead weighs: 1 from a sound record on, falling to one half at the worst."""
    soundness = min(1.0, lead_standing / constants.sound_record)
    return constants.least_rater_weight + (1 - constants.least_rater_weight) * soundness


def recency(age_days: float, constants: RankingConstants = CONSTANTS) -> float:
    """Return what age leaves of a rating's weight: one half per half-life."""
    return float(0.5 ** (max(0.0, age_days) / constants.half_life_days))


def corrected(rating: RevealedRating, platform_mean: float, constants: RankingConstants = CONSTANTS) -> float:
    """Return the stars, raised by as much as the rater is known to be harsh, at most to five.

    What is known of a rater is shrunk towards the platform's mean: one bad rating makes nobody harsh.
    """
    given = rating.rater_mean * rating.rater_count + platform_mean * constants.harsh_prior
    habit = given / (rating.rater_count + constants.harsh_prior)
    return min(MOST_STARS, rating.stars + max(0.0, platform_mean - habit))


def _stars(
    ratings: Sequence[RevealedRating],
    weights: Sequence[float],
    platform_mean: float,
    constants: RankingConstants,
) -> float:
    stars = [corrected(rating, platform_mean, constants) for rating in ratings]
    total = constants.stars_prior * platform_mean + sum(w * s for w, s in zip(weights, stars, strict=True))
    mean = total / (constants.stars_prior + sum(weights))
    return (mean - LEAST_STARS) / (MOST_STARS - LEAST_STARS)


def _recommend(ratings: Sequence[RevealedRating], weights: Sequence[float], constants: RankingConstants) -> float:
    yes = sum(weight for weight, rating in zip(weights, ratings, strict=True) if rating.recommend)
    return _beta(yes, sum(weights) - yes, constants.recommend_prior_yes, constants.recommend_prior_no)


def _weights(ratings: Sequence[RevealedRating], constants: RankingConstants) -> list[float]:
    """Return the weight of each rating; one company's together weigh no more than the cap."""
    weights = [recency(each.age_days, constants) * rater_weight(each.lead_standing, constants) for each in ratings]
    by_company: defaultdict[tuple[str, int], float] = defaultdict(float)
    for rating, weight in zip(ratings, weights, strict=True):
        by_company[_company(rating)] += weight
    return [
        weight * constants.company_cap / max(constants.company_cap, by_company[_company(rating)])
        for rating, weight in zip(ratings, weights, strict=True)
    ]


def _company(rating: RevealedRating) -> tuple[str, int]:
    # Somebody without a company is a company of one.
    return ("rater", rating.rater_id) if rating.company_id is None else ("company", rating.company_id)


def _beta(yes: float, no: float, prior_yes: float, prior_no: float) -> float:
    return (prior_yes + yes) / (prior_yes + yes + prior_no + no)


def _mean(stars: Sequence[int]) -> float | None:
    return sum(stars) / len(stars) if stars else None
