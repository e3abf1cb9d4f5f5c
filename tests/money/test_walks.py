"""Random walks find nothing; with a bug put in on purpose they find it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis.stateful import run_state_machine_as_test

from marketplace.domain import ledger
from tests.money.stall import Blueprint, Stall
from tests.money.walker import Tally
from tests.money.walks import machine_on, walk_settings

WALKS, STEPS = 6, 15
UNTIL_FOUND = 120  # the control below needs some twenty


def walk(stall: Stall, blueprint: Blueprint, walks: int) -> Tally:
    tally = Tally()
    machine = machine_on(stall, blueprint, tally)
    run_state_machine_as_test(machine, settings=walk_settings(walks, STEPS, same=True))
    return tally


def test_whatever_happens_in_whatever_order_the_books_balance_and_nothing_is_done_twice(
    stall: Stall, blueprint: Blueprint
) -> None:
    tally = walk(stall, blueprint, WALKS)
    assert tally.walks >= WALKS
    assert len(tally.states) >= 2
    assert tally.crashes + stall.wire.failed.total() > 0


def _dropped(entry_of: Callable[..., ledger.Entry]) -> Callable[..., ledger.Entry]:
    """The entry is made, its lines are forgotten."""
    return lambda *args, **named: replace(entry_of(*args, **named), lines=())


@pytest.mark.parametrize("name", ["refund", "transfer"])
def test_a_posting_that_is_dropped_is_found(
    stall: Stall, blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(ledger, name, _dropped(getattr(ledger, name)))
    with pytest.raises(AssertionError, match="our ledger says"):
        walk(stall, blueprint, UNTIL_FOUND)
