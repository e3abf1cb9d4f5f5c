"""The demo's clock: everybody who reads its file agrees, and it only goes forward."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from marketplace.clock import DemoClock, real_clock
from tests.cast import START


def test_the_real_clock_is_aware_and_utc() -> None:
    assert real_clock().tzinfo is UTC


def test_a_fresh_demo_shows_the_real_time(tmp_path: Path) -> None:
    assert DemoClock(tmp_path / "clock", lambda: START)() == START


def test_two_processes_agree_after_an_advance(tmp_path: Path) -> None:
    mine, theirs = (DemoClock(tmp_path / "clock", lambda: START) for _ in range(2))
    assert theirs() == START
    assert mine.advance(timedelta(days=3)) == START + timedelta(days=3)
    assert theirs() == START + timedelta(days=3)


def test_advances_add_up(tmp_path: Path) -> None:
    clock = DemoClock(tmp_path / "clock", lambda: START)
    clock.advance(timedelta(hours=2))
    assert clock.advance(timedelta(minutes=30)) == START + timedelta(hours=2, minutes=30)


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="forward"):
        DemoClock(tmp_path / "clock", lambda: START).advance(timedelta(seconds=-1))
