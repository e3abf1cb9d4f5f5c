"""One slot is sold once; the control shows that it is the database's key that sees to it."""

from pathlib import Path

import pytest

from tests.bench.race import CONTENDERS, race
from tests.bench.race_over_http import BOOKED, LOST, race_over_http

ROUNDS = 10  # `python -m tests.bench.race` runs a hundred and prints the report


@pytest.mark.parametrize("setting", ["as shipped", "only the key"])
def test_of_twenty_at_once_exactly_one_gets_the_slot(tmp_path: Path, setting: str):
    report = race(setting, ROUNDS, tmp_path)
    assert report.one_winner == ROUNDS
    assert report.refused == ROUNDS * (CONTENDERS - 1)
    assert report.failed == 0


def test_without_the_key_the_slot_is_sold_several_times(tmp_path: Path):
    report = race("guard off", ROUNDS, tmp_path)
    assert report.several >= 0.9 * ROUNDS


def test_over_http_one_browser_gets_the_slot_and_the_others_the_nearest_ones(tmp_path: Path):
    outcomes = race_over_http(3, tmp_path)
    assert outcomes == [{BOOKED: 1, LOST: CONTENDERS - 1}] * 3
