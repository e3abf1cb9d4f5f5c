"""Every kind of entry, whole: source, kind, booking, currency and lines, so that no word or sign changes unseen."""

import pytest

from marketplace.domain import ledger
from marketplace.domain.ledger import Entry, Line, Party, Source
from marketplace.domain.money import part_of, ratio_of
from marketplace.domain.price import Share, share_of

PARTY = Party(booking_id=7, expert_id=3, currency="chf")
SHARE = Share(commission=540, commission_vat=108, payout=2_952)
DISPUTE = Source("dispute", "du_1")


def entry(source_type: str, source_id: str, kind: str, booking_id: int | None, *lines: tuple[str, int]) -> Entry:
    return Entry(Source(source_type, source_id), kind, booking_id, "chf", tuple(Line(*line) for line in lines))


TABLE = {
    "capture": (
        lambda: ledger.capture(7, "ch_1", 100, "chf"),
        entry("charge", "ch_1", "capture", 7, ("stripe_balance", 100), ("client_money:7", -100)),
    ),
    "fee": (
        lambda: ledger.fee(7, "ch_1", 4, "chf"),
        entry("charge", "ch_1", "fee", 7, ("stripe_fees", 4), ("stripe_balance", -4)),
    ),
    "refund": (
        lambda: ledger.refund(7, "re_1", 50, "chf"),
        entry("refund", "re_1", "refund", 7, ("client_money:7", 50), ("stripe_balance", -50)),
    ),
    "refund from the reserve": (
        lambda: ledger.refund(7, "re_1", 50, "chf", settled=True),
        entry("refund", "re_1", "refund", 7, ("refund_reserve", 50), ("stripe_balance", -50)),
    ),
    "refund undone": (
        lambda: ledger.refund_undone(7, "re_1", 50, "chf"),
        entry("refund", "re_1", "refund_undone", 7, ("stripe_balance", 50), ("refund_reserve", -50)),
    ),
    "settle": (
        lambda: ledger.settle(7, 3, SHARE, "chf"),
        entry(
            "booking", "7", "settle", 7,
            ("client_money:7", 3_600), ("expert_payable:3", -2_952), ("commission", -540), ("vat_output", -108),
        ),
    ),
    "unsettle": (
        lambda: ledger.unsettle(PARTY, 5, SHARE, 1_000),
        entry(
            "case", "5", "unsettle", 7,
            ("commission", 540), ("vat_output", 108), ("expert_payable:3", 1_000), ("refund_reserve", -1_648),
        ),
    ),
    "transfer": (
        lambda: ledger.transfer(7, 3, "tr_1", 2_952, "chf"),
        entry("transfer", "tr_1", "transfer", 7, ("expert_payable:3", 2_952), ("stripe_balance", -2_952)),
    ),
    "reversal": (
        lambda: ledger.reversal(PARTY, "trr_1", 10, "dispute_reserve"),
        entry("reversal", "trr_1", "reversal", 7, ("stripe_balance", 10), ("dispute_reserve", -10)),
    ),
    "reversal refused": (
        lambda: ledger.reversal_refused(PARTY, DISPUTE, 10, "dispute_reserve"),
        entry("dispute", "du_1", "reversal_refused", 7, ("expert_receivable:3", 10), ("dispute_reserve", -10)),
    ),
    "written off": (
        lambda: ledger.written_off(PARTY, DISPUTE, 10),
        entry("dispute", "du_1", "written_off", 7, ("bad_debt", 10), ("expert_receivable:3", -10)),
    ),
    "dispute opened": (
        lambda: ledger.dispute_moved(PARTY, "txn_1", -3_600, 200),
        entry(
            "line", "txn_1", "dispute", 7,
            ("stripe_balance", -3_800), ("dispute_fees", 200), ("disputed_funds:7", 3_600),
        ),
    ),
    "dispute reserved": (
        lambda: ledger.dispute_reserved(PARTY, "du_1", 10),
        entry("dispute", "du_1", "reserve", 7, ("expert_payable:3", 10), ("dispute_reserve", -10)),
    ),
    "dispute won": (
        lambda: ledger.dispute_won(PARTY, "du_1", 10, 3),
        entry(
            "dispute", "du_1", "won", 7,
            ("dispute_reserve", 13), ("expert_payable:3", -10), ("expert_receivable:3", -3),
        ),
    ),
    "dispute lost before it was settled": (
        lambda: ledger.dispute_lost(PARTY, "du_1", 3_700, SHARE, settled=False),
        entry(
            "dispute", "du_1", "lost", 7,
            ("client_money:7", 3_600), ("bad_debt", 100), ("disputed_funds:7", -3_700),
        ),
    ),
    "dispute lost after it was settled": (
        lambda: ledger.dispute_lost(PARTY, "du_1", 3_700, SHARE, settled=True),
        entry(
            "dispute", "du_1", "lost", 7,
            ("dispute_reserve", 2_952), ("commission", 540), ("vat_output", 108), ("bad_debt", 100),
            ("disputed_funds:7", -3_700),
        ),
    ),
    "payout to our bank": (
        lambda: ledger.own_line("txn_2", "bank", -500, 3, "chf"),
        entry("line", "txn_2", "own", None, ("stripe_balance", -503), ("stripe_fees", 3), ("bank", 500)),
    ),
    "a fee of Stripe's own": (
        lambda: ledger.own_line("txn_3", "stripe_fees", -500, 3, "chf"),
        entry("line", "txn_3", "own", None, ("stripe_balance", -503), ("stripe_fees", 503)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_an_entry_is_exactly_this(name: str) -> None:
    make, expected = TABLE[name]
    made = make()  # not before: what is made while the tests are collected belongs to none of them
    assert made == expected
    assert sum(line.amount for line in made.lines) == 0


def test_nothing_moves_backward_and_the_reason_is_said() -> None:
    with pytest.raises(ValueError, match=r"^an amount moves forward; turn the accounts round instead$"):
        ledger.fee(7, "ch_1", -1, "chf")
    assert ledger.fee(7, "ch_1", 0, "chf").lines == ()
    assert len(ledger.fee(7, "ch_1", 1, "chf").lines) == 2


def test_an_uneven_entry_names_itself() -> None:
    with pytest.raises(ValueError, match=r"^an entry that does not balance: capture of charge ch_1$"):
        entry("charge", "ch_1", "capture", 7, ("stripe_balance", 1))


def test_shares_and_parts_refuse_what_is_no_amount_in_words() -> None:
    with pytest.raises(ValueError, match=r"^no more can be kept than was paid$"):
        share_of(2, gross_minor=1, commission_minor=0)
    for minor, numerator, denominator in ((-1, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, -1)):
        with pytest.raises(ValueError, match=r"^amounts and shares are not negative here$"):
            ratio_of(minor, numerator, denominator)
    assert ratio_of(3, 1, 1) == 3
    assert (part_of(1, 5_000), part_of(1, 4_999), ratio_of(0, 0, 1)) == (1, 0, 0)
