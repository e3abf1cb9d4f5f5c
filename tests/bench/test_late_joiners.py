"""The table of the product's promise, in three years of its market: nobody who joins late stays unseen."""

import pytest

from tests.bench.late_joiners import RANKINGS, VARIANTS, Line, table


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return table(3, rankings=RANKINGS[:4])


def test_each_step_leaves_fewer_late_joiners_unseen(lines: list[Line]) -> None:
    plain, bayesian, _, formula = lines
    assert 0.65 < plain.never_booked < 0.85
    assert 0.28 < bayesian.never_booked < 0.48
    assert formula.never_booked < 0.03


def test_sessions_under_the_formula_are_better(lines: list[Line]) -> None:
    plain, bayesian, _, formula = lines
    assert 0.4 < plain.quality < 0.75
    assert 0.85 < formula.quality < 1.15
    assert formula.quality > bayesian.quality + 0.25
    assert formula.gini < bayesian.gini < plain.gini


def test_without_its_bonus_and_kept_place_the_formula_forgets_late_joiners(lines: list[Line]) -> None:
    unexplored, formula = lines[2:]
    assert unexplored.never_booked > 0.2 > formula.never_booked + 0.15


def test_it_forgets_more_of_them_where_most_are_recommended() -> None:
    unexplored, formula = table(3, VARIANTS["three in four like the average"], RANKINGS[2:4])
    assert unexplored.never_booked > 0.3 > formula.never_booked + 0.2
