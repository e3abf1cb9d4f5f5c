"""Entries balance or do not exist."""

import pytest

from marketplace.domain import ledger
from marketplace.domain.ledger import Entry, Line, Party, Source
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


def test_a_refund_that_failed_waits_in_reserve_and_is_made_again_from_there() -> None:
    there, back = ledger.refund(7, "re_1", 500, "eur", settled=True), ledger.refund_undone(7, "re_1", 500, "eur")
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


PARTY = Party(booking_id=7, expert_id=3, currency="eur")
DISPUTE = Source("dispute", "du_1")


def test_the_entries_of_a_dispute_line_by_line() -> None:
    assert _lines(ledger.dispute_moved(PARTY, "txn_1", -36_000, 2_000)) == {
        "disputed_funds:7": 36_000,
        "dispute_fees": 2_000,
        "stripe_balance": -38_000,
    }
    assert _lines(ledger.dispute_moved(PARTY, "txn_2", 36_000, -2_000)) == {
        "disputed_funds:7": -36_000,
        "dispute_fees": -2_000,
        "stripe_balance": 38_000,
    }
    assert _lines(ledger.dispute_reserved(PARTY, "du_1", 29_520)) == {
        "expert_payable:3": 29_520,
        "dispute_reserve": -29_520,
    }
    assert _lines(ledger.reversal(PARTY, "trr_1", 29_520, "dispute_reserve")) == {
        "stripe_balance": 29_520,
        "dispute_reserve": -29_520,
    }
    assert _lines(ledger.reversal_refused(PARTY, DISPUTE, 29_520, "dispute_reserve")) == {
        "expert_receivable:3": 29_520,
        "dispute_reserve": -29_520,
    }
    assert _lines(ledger.written_off(PARTY, DISPUTE, 29_520)) == {"bad_debt": 29_520, "expert_receivable:3": -29_520}


def test_a_won_dispute_gives_the_reserve_to_whom_it_was_taken_from() -> None:
    assert _lines(ledger.dispute_won(PARTY, "du_1", 20_000, 9_520)) == {
        "dispute_reserve": 29_520,
        "expert_payable:3": -20_000,
        "expert_receivable:3": -9_520,
    }


def test_a_lost_dispute_is_borne_by_whoever_had_got_the_money_and_the_rest_by_us() -> None:
    borne = Share(5_400, 1_080, 29_520)
    assert _lines(ledger.dispute_lost(PARTY, "du_1", 36_000, borne, settled=True)) == {
        "dispute_reserve": 29_520,
        "commission": 5_400,
        "vat_output": 1_080,
        "disputed_funds:7": -36_000,
    }
    assert _lines(ledger.dispute_lost(PARTY, "du_1", 36_010, borne, settled=False)) == {
        "client_money:7": 36_000,
        "bad_debt": 10,
        "disputed_funds:7": -36_010,
    }


def test_what_was_set_aside_for_an_overtaken_refund_goes_to_the_bank_before_we_lose_anything() -> None:
    kept = Share(2_700, 540, 14_760)
    assert _lines(ledger.dispute_lost(PARTY, "du_1", 36_010, kept, set_aside=18_000, settled=True)) == {
        "dispute_reserve": 14_760,
        "commission": 2_700,
        "vat_output": 540,
        "refund_reserve": 18_000,
        "bad_debt": 10,
        "disputed_funds:7": -36_010,
    }


def test_a_late_refund_takes_from_every_share() -> None:
    assert _lines(ledger.unsettle(PARTY, 5, Share(2_700, 540, 14_760), unsent=760)) == {
        "commission": 2_700,
        "vat_output": 540,
        "expert_payable:3": 760,
        "refund_reserve": -4_000,
    }


def test_a_line_of_stripes_own_book_is_about_no_booking() -> None:
    payout = ledger.own_line("txn_1", "bank", -5_000, 0, "eur")
    assert _lines(payout) == {"stripe_balance": -5_000, "bank": 5_000}
    assert payout.booking_id is None
    assert _lines(ledger.own_line("txn_2", "stripe_fees", -200, 10, "eur")) == {
        "stripe_balance": -210,
        "stripe_fees": 210,
    }
