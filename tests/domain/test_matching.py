"""Ranking: relevance first, then quality, a chance for newcomers, room for everybody."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.matching import Candidate, Candidates, parts_of
from marketplace.domain.matching import rank as rank_all
from marketplace.domain.ranking import CONSTANTS, constant_lines

PLAIN = Candidate(
    offering_id=1,
    expert_id=1,
    text=10.0,
    stars=0.75,
    recommend=0.75,
    reliability=0.9,
    response=0.8,
    slot_soon=0.5,
    price_fit=1.0,
    format_fit=1.0,
    held_sessions=20,
    load=0.0,
)
TODAY, TOMORROW = 20_000, 20_001


def rank(candidates, seed, *constants):
    return rank_all(Candidates.of(candidates), seed, *constants)[:]


def offering(number, **changed):
    return replace(PLAIN, **{"offering_id": number, "expert_id": number, **changed})


def order(*candidates, seed=TODAY):
    return [each.offering_id for each in rank(candidates, seed)]


def test_nothing_ranks_as_nothing():
    assert rank([], TODAY) == ()


def test_the_score_is_the_sum_that_the_page_shows():
    (only,) = rank([offering(1, load=0.5, held_sessions=3, text=7.0)], TODAY)
    quality = 0.45 * 0.75 + 0.35 * 0.75 + 0.20 * 0.9
    fit = 0.5 * 0.5 + 0.3 * 1 + 0.2 * 1
    assert only.score == pytest.approx(0.65 * quality + 0.15 * 0.8 + 0.20 * fit + 0.10 / 2 - 0.08 * 0.5)
    assert only.parts.relevance == 1.0
    assert only.parts.score == only.score
    assert not only.is_kept_place


@pytest.mark.parametrize(("text", "is_shown"), [(1.4999, False), (1.5, True), (1.5001, True)])
def test_an_offering_below_fifteen_percent_of_the_best_is_left_out(text, is_shown):
    assert (2 in order(offering(1, text=10.0), offering(2, text=text))) is is_shown


def test_an_unfit_offering_never_wins_by_stars():
    unfit = offering(2, text=1.0, stars=1.0, recommend=1.0, reliability=1.0, response=1.0, slot_soon=1.0)
    assert order(offering(1), unfit) == [1]


def test_without_words_everything_is_equally_relevant_and_quality_decides():
    assert order(offering(1, text=0.0, stars=0.2), offering(2, text=0.0, stars=0.9)) == [2, 1]


@pytest.mark.parametrize(
    "better",
    [
        {"text": 10.1},
        {"stars": 0.8},
        {"recommend": 0.8},
        {"reliability": 0.95},
        {"response": 0.9},
        {"slot_soon": 0.6},
        {"held_sessions": 19},
    ],
)
def test_a_better_part_ranks_higher(better):
    assert order(offering(1), offering(2, **better)) == [2, 1]


@pytest.mark.parametrize("worse", [{"price_fit": 0.5}, {"format_fit": 0.0}, {"load": 0.1}])
def test_a_worse_part_ranks_lower(worse):
    assert order(offering(1, **worse), offering(2)) == [2, 1]


def test_equal_scores_keep_their_order_within_a_day_and_change_it_between_days():
    equals = [offering(number) for number in range(1, 9)]
    assert order(*equals) == order(*reversed(equals))
    assert order(*equals, seed=TODAY) != order(*equals, seed=TOMORROW)


def test_a_third_offering_of_one_expert_waits_for_the_others():
    busy = [offering(number, expert_id=1, text=20.0) for number in (1, 2, 3)]
    others = [offering(number) for number in range(11, 21)]
    found = rank([*busy, *others], TODAY)
    assert {each.expert_id for each in found[:2]} == {1}
    assert [each.expert_id for each in found[:10]].count(1) == 2
    assert found[10].expert_id == 1  # the first two are far enough away by then


def test_an_expert_who_is_alone_keeps_all_places():
    assert len(order(*[offering(number, expert_id=1) for number in range(5)])) == 5


def established(number, **changed):
    return offering(number, stars=0.9, recommend=0.9, **changed)


def test_one_of_the_first_five_places_is_kept_for_a_new_offering():
    candidates = [established(number) for number in range(1, 10)]
    found = rank([*candidates, offering(10, held_sessions=4, stars=0.1, recommend=0.1)], TODAY)
    assert found[4].offering_id == 10
    assert found[4].is_kept_place
    assert sum(each.is_kept_place for each in found) == 1
    assert len(found) == 10


@pytest.mark.parametrize(("held", "place"), [(4, 4), (5, 9), (6, 9)])
def test_an_offering_is_new_below_five_sessions(held, place):
    candidates = [established(number) for number in range(1, 10)]
    new = offering(10, held_sessions=held, stars=0.1, recommend=0.1)
    assert order(*candidates, new).index(10) == place


def test_a_new_offering_among_the_first_needs_no_kept_place():
    candidates = [established(number) for number in range(1, 10)]
    found = rank([*candidates, established(10, held_sessions=0)], TODAY)
    assert found[0].offering_id == 10
    assert not any(each.is_kept_place for each in found)


@pytest.mark.parametrize(("text", "is_kept"), [(9.2, False), (9.3, True), (9.4, True)])
def test_a_new_offering_must_be_in_the_top_third_of_relevance(text, is_kept):
    # Of nine, the third most relevant stands at 9.3, itself counted.
    texts = [10.0, 9.5, 9.3, 9.3, 9.3, 9.3, 9.3, 9.3]
    candidates = [established(number, text=text) for number, text in enumerate(texts, start=1)]
    new = offering(10, held_sessions=0, text=text, stars=0.0, recommend=0.0)
    assert any(each.is_kept_place for each in rank([*candidates, new], TODAY)) is is_kept


def test_the_kept_place_does_not_give_an_expert_a_third_one():
    crowd = [established(1, expert_id=1, text=20.0), established(2, expert_id=1, text=20.0)]
    candidates = [established(number, text=19.0) for number in range(3, 12)]
    new = offering(12, expert_id=1, held_sessions=0, text=20.0, stars=0.0, recommend=0.0)
    found = rank([*crowd, *candidates, new], TODAY)
    assert not any(each.is_kept_place for each in found)
    assert [each.expert_id for each in found[:10]].count(1) == 2


def test_five_results_keep_their_order():
    candidates = [established(number) for number in range(1, 5)]
    assert order(*candidates, offering(5, held_sessions=0, stars=0.0, recommend=0.0)).index(5) == 4


def test_the_page_shows_every_constant_with_its_meaning():
    lines = {line.name: line for line in constant_lines()}
    assert lines["relevance_gate"].value == 0.15
    assert lines["per_expert"].value == 2
    assert all(line.meaning.endswith(".") for line in lines.values())
    assert len(lines) == len(CONSTANTS.__slots__)


shares = st.floats(0, 1)
candidates = st.builds(
    Candidate,
    offering_id=st.integers(1, 10_000),
    expert_id=st.integers(1, 8),
    text=st.floats(0, 100),
    stars=shares,
    recommend=shares,
    reliability=shares,
    response=shares,
    slot_soon=shares,
    price_fit=shares,
    format_fit=shares,
    held_sessions=st.integers(0, 50),
    load=shares,
)
catalogues = st.lists(candidates, max_size=40, unique_by=lambda each: each.offering_id)


@given(catalogues, st.integers(0, 100_000))
def test_ranking_loses_and_invents_nothing(catalogue, seed):
    found = order(*catalogue, seed=seed)
    best = max((each.text for each in catalogue), default=0.0)
    relevant = [each.offering_id for each in catalogue if best == 0 or each.text / best >= 0.15]
    assert sorted(found) == sorted(relevant)


@given(catalogues, st.integers(0, 100_000))
def test_no_expert_has_three_of_ten_places_while_another_expert_waits(catalogue, seed):
    found = rank(catalogue, seed)
    for start in range(len(found) - 9):
        window = [each.expert_id for each in found[start : start + 10]]
        following = {each.expert_id for each in found[start + 9 :]}
        if any(window.count(expert) > 2 for expert in window):
            allowed = {expert for expert in following if window[:-1].count(expert) < 2}
            assert not allowed or window.count(window[-1]) <= 2


@given(candidates, shares)
def test_scores_are_bounded(candidate, relevance):
    parts = parts_of(candidate, relevance)
    assert -0.08 <= parts.score <= 1.1 + 1e-9


@given(candidates, shares)
def test_more_stars_never_lower_a_score(candidate, more):
    better = replace(candidate, stars=max(candidate.stars, more))
    assert parts_of(better, 0.5).score >= parts_of(candidate, 0.5).score
