"""Standing: what ratings and conduct add up to."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.ranking import CONSTANTS
from marketplace.domain.standing import (
    Conduct,
    RevealedRating,
    corrected,
    rater_weight,
    recency,
    reliability,
    response,
    standing,
)

PLATFORM_MEAN = 4.0
FIVE = RevealedRating(
    stars=5,
    recommend=True,
    age_days=0,
    rater_id=1,
    rater_mean=4.0,
    rater_count=10,
    company_id=None,
    lead_standing=1.0,
)


def of(*ratings):
    return standing(ratings, Conduct(), PLATFORM_MEAN)


def from_different_companies(rating, number):
    return [replace(rating, rater_id=at, company_id=at) for at in range(number)]


def test_a_newcomer_stands_at_the_platforms_mean_and_the_priors():
    fresh = of()
    assert fresh.ratings == 0
    assert fresh.mean_stars is None
    assert fresh.stars == pytest.approx(0.75)  # four stars on a scale from one to five
    assert fresh.recommend == pytest.approx(6 / 8)
    assert fresh.reliability == pytest.approx(9 / 10)
    assert fresh.response == pytest.approx(4 / 5)
    assert fresh.quality() == pytest.approx(0.45 * 0.75 + 0.35 * 0.75 + 0.20 * 0.9)


def test_five_ratings_weigh_as_much_as_the_five_pseudo_ratings():
    assert of(*from_different_companies(FIVE, 5)).stars == pytest.approx(((4 + 5) / 2 - 1) / 4)


def test_the_plain_mean_is_kept_for_display():
    assert of(FIVE, replace(FIVE, stars=2)).mean_stars == 3.5


def test_a_recommendation_counts_as_one_yes_and_a_refusal_as_one_no():
    assert of(FIVE).recommend == pytest.approx(7 / 9)
    assert of(replace(FIVE, recommend=False)).recommend == pytest.approx(6 / 9)


@pytest.mark.parametrize(("age", "weight"), [(-1, 1.0), (0, 1.0), (365, 0.5), (730, 0.25)])
def test_a_rating_weighs_half_after_a_year(age, weight):
    assert recency(age) == pytest.approx(weight)


def test_age_lowers_the_certainty_and_not_the_star_itself():
    young = of(*from_different_companies(FIVE, 50)).stars
    old = of(*from_different_companies(replace(FIVE, age_days=3650), 50)).stars
    no_ratings = of().stars
    assert no_ratings < old < young
    mixed = of(*from_different_companies(replace(FIVE, stars=4, age_days=3650), 50)).stars
    assert mixed == pytest.approx(no_ratings)  # four stars at a mean of four, whatever their age


def test_a_rating_of_a_million_days_is_forgotten_without_a_division_by_zero():
    assert of(replace(FIVE, age_days=1e9)).stars == pytest.approx(of().stars)


@pytest.mark.parametrize(
    ("mean", "count", "stars"),
    [
        (4.0, 8, 3.0),  # at the platform's mean
        (3.0, 8, 3.5),  # a star below it, half believed after eight ratings
        (3.0, 0, 3.0),  # nothing known
        (3.0, 8_000_000, 4.0),
        (5.0, 8, 3.0),  # kindness is not held against anybody
    ],
)
def test_a_harsh_raters_stars_are_raised_by_what_is_known_of_the_rater(mean, count, stars):
    rating = replace(FIVE, stars=3, rater_mean=mean, rater_count=count)
    assert corrected(rating, PLATFORM_MEAN) == pytest.approx(stars)


def test_no_correction_goes_beyond_five_stars():
    assert corrected(replace(FIVE, rater_mean=1.0, rater_count=100), PLATFORM_MEAN) == 5.0


@pytest.mark.parametrize(
    ("own", "weight"),
    [(0.0, 0.5), (0.3, 0.75), (0.59, 0.5 + 0.5 * 0.59 / 0.6), (0.6, 1.0), (0.61, 1.0), (1.0, 1.0)],
)
def test_a_lead_with_a_bad_record_weighs_less_but_never_below_one_half(own, weight):
    assert rater_weight(own) == pytest.approx(weight)


@pytest.mark.parametrize(("number", "effective"), [(2, 2), (3, 3), (4, 3), (40, 3)])
def test_one_companys_ratings_count_as_three_at_most(number, effective):
    same_company = [replace(FIVE, rater_id=at, company_id=7) for at in range(number)]
    assert of(*same_company).stars == pytest.approx(of(*from_different_companies(FIVE, effective)).stars)


def test_one_person_without_a_company_counts_as_three_at_most():
    assert of(*[FIVE] * 10).stars == pytest.approx(of(*from_different_companies(FIVE, 3)).stars)


def test_a_company_and_a_person_with_the_same_number_are_not_one():
    person, company = replace(FIVE, rater_id=7), replace(FIVE, rater_id=8, company_id=7)
    six = from_different_companies(FIVE, 6)
    assert of(*[person] * 3, *[company] * 3).stars == pytest.approx(of(*six).stars)


def test_sessions_that_failed_lower_reliability_alike():
    assert reliability(Conduct(held=10)) == pytest.approx(19 / 20)
    assert reliability(Conduct(held=10, no_shows=2)) == pytest.approx(19 / 22)
    assert reliability(Conduct(held=10, late_cancellations=2)) == pytest.approx(19 / 22)


def test_requests_left_unanswered_lower_response():
    assert response(Conduct(answered=5)) == pytest.approx(9 / 10)
    assert response(Conduct(answered=5, unanswered=5)) == pytest.approx(9 / 15)


ratings = st.builds(
    RevealedRating,
    stars=st.integers(1, 5),
    recommend=st.booleans(),
    age_days=st.floats(0, 10_000),
    rater_id=st.integers(1, 5),
    rater_mean=st.floats(1, 5),
    rater_count=st.integers(1, 1000),
    company_id=st.none() | st.integers(1, 3),
    lead_standing=st.floats(0, 1),
)
conducts = st.builds(Conduct, *[st.integers(0, 1000) for _ in ("held", "late", "no_show", "answered", "unanswered")])


@given(st.lists(ratings, max_size=30), conducts, st.floats(1, 5))
def test_every_part_stays_between_0_and_1(given_ratings, conduct, mean):
    found = standing(given_ratings, conduct, mean)
    for part in (found.stars, found.recommend, found.reliability, found.response, found.quality()):
        assert -1e-9 <= part <= 1 + 1e-9


@given(st.lists(ratings, min_size=1, max_size=10), st.integers(0, 9))
def test_another_star_never_lowers_the_standing(given_ratings, place):
    at = place % len(given_ratings)
    better = list(given_ratings)
    better[at] = replace(better[at], stars=min(5, better[at].stars + 1))
    assert of(*better).stars >= of(*given_ratings).stars - 1e-12


@given(conducts)
def test_a_held_session_never_lowers_and_a_failed_one_never_raises_reliability(conduct):
    assert reliability(replace(conduct, held=conduct.held + 1)) >= reliability(conduct)
    assert reliability(replace(conduct, no_shows=conduct.no_shows + 1)) <= reliability(conduct)


@given(st.lists(ratings, max_size=10), st.randoms())
def test_the_order_of_ratings_does_not_matter(given_ratings, random):
    shuffled = list(given_ratings)
    random.shuffle(shuffled)
    assert of(*shuffled).stars == pytest.approx(of(*given_ratings).stars)


def test_the_constants_are_those_of_the_one_table():
    lenient = replace(CONSTANTS, stars_prior=0.0001)
    assert standing([FIVE], Conduct(), PLATFORM_MEAN, lenient).stars == pytest.approx(1.0, abs=1e-3)
