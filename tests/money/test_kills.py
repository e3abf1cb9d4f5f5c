"""SIGKILL between any two steps of every move of money: a fresh process finds one object, one posting, one ending."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.money.kills import MOVES, kill_at, seams_of
from tests.money.stall import Blueprint, memory_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder / "scene"


@pytest.mark.parametrize("name", MOVES)
def test_whoever_is_killed_between_two_steps_is_replaced_without_loss(
    folder: Path, blueprint: Blueprint, name: str
) -> None:
    seams = seams_of(folder, blueprint, name)
    committed = next(number for number, seam in enumerate(seams) if seam.startswith("after the commit"))
    for number, seam in enumerate(seams):
        outcome = kill_at(folder, blueprint, name, number)
        assert not outcome.breaches, (seam, outcome.breaches)
        if number >= committed:
            assert outcome.states == [MOVES[name].becomes], (seam, outcome.states)


@pytest.mark.parametrize(("name", "kind"), [("refund", "refund"), ("half a transfer", "transfer")])
def test_without_the_key_a_kill_after_the_call_moves_the_money_twice(
    folder: Path, blueprint: Blueprint, name: str, kind: str
) -> None:
    seams = seams_of(folder, blueprint, name)
    called = next(number for number, seam in enumerate(seams) if seam.startswith(f"after POST /v1/{kind}s"))
    outcome = kill_at(folder, blueprint, name, called, keys=False)
    assert any(f"2 of {kind} for cadran:" in breach for breach in outcome.breaches), outcome
