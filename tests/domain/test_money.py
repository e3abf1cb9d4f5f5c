"""Cents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.money import part_of, ratio_of


@pytest.mark.parametrize(
    ("minor", "basis_points", "expected"),
    [(36_000, 1_500, 5_400), (0, 1_500, 0), (1, 5_000, 1), (1, 4_999, 0), (3, 5_000, 2), (99, 10_000, 99), (7, 0, 0)],
)
def test_a_part_is_rounded_half_up_to_the_cent(minor: int, basis_points: int, expected: int) -> None:
    assert part_of(minor, basis_points) == expected


@pytest.mark.parametrize(("minor", "numerator", "denominator"), [(-1, 1, 2), (1, -1, 2), (1, 1, 0), (1, 1, -2)])
def test_nothing_negative_is_divided(minor: int, numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError):
        ratio_of(minor, numerator, denominator)


def test_nothing_and_a_whole_are_exact() -> None:
    assert ratio_of(0, 1, 1) == 0
    assert ratio_of(12_345, 0, 7) == 0
    assert ratio_of(12_345, 7, 7) == 12_345


@given(st.integers(0, 10**9), st.integers(0, 10_000))
def test_a_part_and_its_rest_never_lose_more_than_a_cent(minor: int, basis_points: int) -> None:
    both = part_of(minor, basis_points) + part_of(minor, 10_000 - basis_points)
    assert minor <= both <= minor + 1
