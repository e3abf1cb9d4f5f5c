"""Entries balance or do not exist."""

import pytest

from marketplace.domain import ledger
from marketplace.domain.ledger import Entry, Line, Source
from marketplace.domain.price import Share


def _lines(entry: Entry) -> dict[str, int]:
    return {line.account: line.amount for line in entry.lines}


def test_the_entries_of_the_design_line_by_line() -> None:
    assert _lines(ledger.capture(7, "ch_1", 36_000, "eur")) == {"stripe_balance": 36_000, "client_money:7": -36_000}
    assert _lines(ledger.fee(7, "ch_1", 565, "eur")) == {"stripe_fees": 565, "stripe_balance": -565}
    assert _lines(ledger.refund(7, "re_1", 18_000, "eur")) == {"client_money:7": 18_000, "stripe_balance": -18_000}
    assert _lines(ledger.settle(7, 3, Share(5_400, 1_080, 29_520), "eur")) == {
        "client_money:7": 36_000,
        "expert_payable:3": -29_520,
        "commission": -5_400,
        "vat_output": -1_080,
    }
    assert _lines(ledger.transfer(7, 3, "tr_1", 29_520, "eur")) == {
        "expert_payable:3": 29_520,
        "stripe_balance": -29_520,
    }


def test_a_refund_that_failed_is_the_refund_turned_round() -> None:
    there, back = ledger.refund(7, "re_1", 500, "eur"), ledger.refund_undone(7, "re_1", 500, "eur")
    assert _lines(back) == {account: -amount for account, amount in _lines(there).items()}
    assert (there.source, there.kind) != (back.source, back.kind)
    assert there.source == back.source


def test_source_and_kind_name_an_entry() -> None:
    entry = ledger.capture(7, "ch_1", 36_000, "eur")
    assert (entry.source, entry.kind, entry.booking_id) == (Source("charge", "ch_1"), "capture", 7)
    assert ledger.settle(7, 3, Share(1, 1, 1), "eur").source == Source("booking", "7")
    assert ledger.transfer(7, 3, "tr_1", 1, "eur").source == Source("transfer", "tr_1")


def test_lines_of_zero_are_left_out() -> None:
    assert _lines(ledger.settle(7, 3, Share(0, 0, 100), "eur")) == {"client_money:7": 100, "expert_payable:3": -100}


def test_an_entry_that_does_not_balance_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        Entry(Source("charge", "ch_1"), "capture", 7, "eur", (Line("stripe_balance", 1), Line("commission", -2)))


def test_amounts_only_move_forward() -> None:
    with pytest.raises(ValueError, match="moves forward"):
        ledger.capture(7, "ch_1", -1, "eur")
