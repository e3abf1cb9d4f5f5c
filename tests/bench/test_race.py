"""One slot is sold once, on every path and on both databases; the control shows that the key sees to it."""

from pathlib import Path

import pytest

from tests.bench.race import CONTENDERS, race
from tests.bench.race_over_http import BOOKED, LOST, race_over_http
from tests.bench.race_paths import PATHS

ROUNDS = 3  # `python -m tests.bench.race --rounds 500` prints the report


@pytest.mark.parametrize("path", PATHS)
def test_of_twenty_at_once_exactly_one_gets_the_slot(database_url: str, tmp_path: Path, path: str):
    report = race(database_url, tmp_path, path, "as shipped", ROUNDS)
    assert (report.one_winner, report.several, report.none, report.failed) == (ROUNDS, 0, 0, 0)


@pytest.mark.parametrize("path", PATHS)
def test_also_where_nobody_looks_beforehand(database_url: str, tmp_path: Path, path: str):
    report = race(database_url, tmp_path, path, "only the key", ROUNDS)
    assert (report.one_winner, report.several, report.none, report.failed) == (ROUNDS, 0, 0, 0)


@pytest.mark.parametrize("path", PATHS)
def test_without_the_key_the_slot_is_sold_several_times(database_url: str, tmp_path: Path, path: str):
    report = race(database_url, tmp_path, path, "guard off", ROUNDS)
    assert report.several >= 0.9 * ROUNDS


def test_over_http_one_browser_gets_the_slot_and_the_others_the_nearest_ones(database_url: str, tmp_path: Path):
    outcomes = race_over_http(database_url, tmp_path, 2)
    assert outcomes == [{BOOKED: 1, LOST: CONTENDERS - 1}] * 2
