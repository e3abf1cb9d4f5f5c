"""Problems, absences and refunds beyond the policy: what an admin's verdict or silence does to the money."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace.cashier.moves import move
from marketplace.domain.errors import Conflict, Forbidden, Invalid
from marketplace.services.audits import check_ledger
from marketplace.services.bookings import (
    RefundBeyond,
    Reserved,
    SettleCase,
    SettleProblem,
    refund_beyond_policy,
    repeat_refund,
    settle_problem,
)
from marketplace.services.bookings.no_shows import Absence, decide_due, report_no_show
from tests.cast import Person
from tests.till import SLOT, Till

SHARED = {"commission": -5_400, "vat_output": -1_080}


def _books(till: Till) -> dict[str, int]:
    balances = till.balances()
    assert sum(balances.values()) == 0
    balances["stripe_balance"] = balances.get("stripe_balance", 0) + balances.pop("stripe_fees", 0)
    return {account: amount for account, amount in balances.items() if amount}


def _on_hold(till: Till) -> Reserved:
    reserved = till.held()
    with till.work.transaction() as tx:
        move(tx, till.cast.lea.actor, tx.session.merge(till.booking(reserved)), "report_problem")
    return reserved


def _verdict(till: Till, reserved: Reserved, refund_minor: int, absent: str = "", admin: Person | None = None) -> None:
    actor = (admin or till.cast.ada).actor
    settle_problem(till.work, SettleProblem(actor, reserved.booking_id, refund_minor, "Both were heard.", absent))


@pytest.mark.parametrize(
    ("refund", "state", "sent", "left"),
    [
        (0, "released", 29_520, {"stripe_balance": 6_480, **SHARED}),
        (18_000, "released", 14_760, {"stripe_balance": 3_240, "commission": -2_700, "vat_output": -540}),
        (36_000, "refunded", 0, {}),
    ],
)
def test_a_verdict_divides_the_money_to_the_cent(
    till: Till, refund: int, state: str, sent: int, left: dict[str, int]
) -> None:
    till.open_payouts()
    reserved = _on_hold(till)
    till.pass_until(SLOT + timedelta(days=9))
    assert till.state(reserved) == "on_hold"
    assert "transfer" not in till.entries()
    _verdict(till, reserved, refund)
    till.tick()
    assert till.state(reserved) == state
    assert till.booking(reserved).sent_minor == sent
    assert _books(till) == left


def test_only_an_admin_gives_a_verdict_with_a_reason_and_never_more_than_was_paid(till: Till) -> None:
    reserved = _on_hold(till)
    with pytest.raises(Forbidden):
        _verdict(till, reserved, 0, admin=till.cast.lea)
    with pytest.raises(Invalid, match="refund_too_large"):
        _verdict(till, reserved, 36_001)
    with pytest.raises(Invalid, match="absent_unknown"):
        _verdict(till, reserved, 0, absent="nobody")
    for note, code in (("  ", "reason_missing"), ("x" * 2_001, "text_too_long")):
        with pytest.raises(Invalid, match=code):
            settle_problem(till.work, SettleProblem(till.cast.ada.actor, reserved.booking_id, 0, note))
    _verdict(till, reserved, 0)
    with pytest.raises(Conflict, match="move_not_possible"):
        _verdict(till, reserved, 0)


@pytest.mark.parametrize(
    ("absent", "state", "sent", "refunded"), [("lead", "released", 29_520, 0), ("expert", "no_show_expert", 0, 36_000)]
)
def test_silence_after_a_no_show_decides_against_who_was_absent(
    till: Till, absent: str, state: str, sent: int, refunded: int
) -> None:
    till.open_payouts()
    reserved = till.held()
    reporter = till.cast.ines if absent == "lead" else till.cast.lea
    report_no_show(till.work, Absence(reporter.actor, reserved.booking_id, "I waited for half an hour."))
    till.pass_until(SLOT + timedelta(hours=3, days=3))
    assert till.state(reserved) == "no_show_reported"
    assert decide_due(till.work) == 1
    till.tick()
    assert till.state(reserved) == state
    booking = till.booking(reserved)
    assert (booking.sent_minor, booking.refunded_minor, booking.rate_by) == (sent, refunded, None)


def test_a_contested_absence_of_the_expert_that_is_confirmed_gives_everything_back(till: Till) -> None:
    reserved = _on_hold(till)
    _verdict(till, reserved, 36_000, absent="expert")
    assert till.state(reserved) == "no_show_expert"
    assert till.booking(reserved).absent == "expert"


def _beyond(till: Till, reserved: Reserved, amount_minor: int, reason: str = "The room did not work.") -> None:
    refund_beyond_policy(till.work, RefundBeyond(till.cast.ada.actor, reserved.booking_id, amount_minor, reason))


def test_a_refund_after_the_payout_takes_the_share_back_first(till: Till) -> None:
    reserved = till.released()
    till.line.sent.clear()
    _beyond(till, reserved, 18_000)
    till.tick()
    assert till.line.sent.index("reverse_transfer") < till.line.sent.index("refund")
    assert till.state(reserved) == "released"
    booking = till.booking(reserved)
    assert (booking.refunded_minor, booking.sent_minor, booking.share_minor) == (18_000, 14_760, 14_760)
    assert _books(till) == {"stripe_balance": 3_240, "commission": -2_700, "vat_output": -540}
    _beyond(till, reserved, 18_000)
    till.tick()
    assert till.state(reserved) == "refunded"
    assert _books(till) == {}
    with pytest.raises(Invalid, match="refund_too_large"):
        _beyond(till, reserved, 1)


def test_a_refund_after_the_payout_is_made_although_the_share_cannot_be_taken_back(till: Till) -> None:
    reserved = till.released()
    with till.work.reading() as session:
        account = session.scalar(text("select payout_account from expert where payout_account is not null"))
    till.door(f"/accounts/{account}", paid_out=29_520)
    _beyond(till, reserved, 36_000)
    till.tick()
    assert till.state(reserved) == "refunded"
    assert till.alerts() == {"reversal_refused"}
    assert _books(till) == {"stripe_balance": -29_520, f"expert_receivable:{till.cast.ines.id}": 29_520}


def test_a_refund_of_a_share_that_still_waits_needs_no_reversal(till: Till) -> None:
    reserved = till.confirmed()
    till.pass_until(SLOT + timedelta(hours=3, days=3))
    _beyond(till, reserved, 18_000)
    assert till.state(reserved) == "payout_blocked"
    till.open_payouts()
    till.tick()
    assert till.state(reserved) == "released"
    assert till.booking(reserved).sent_minor == 14_760
    assert "reversal" not in till.entries()


def test_a_lead_who_cancelled_too_late_may_get_more_back_after_all(till: Till) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    till.pass_until(SLOT - timedelta(hours=30))
    till.cancel(reserved, till.cast.lea)
    till.tick()
    assert till.booking(reserved).refunded_minor == 18_000
    _beyond(till, reserved, 18_000)
    till.tick()
    assert till.state(reserved) == "cancelled_by_lead"
    assert till.booking(reserved).refunded_minor == 36_000
    assert _books(till) == {}


def test_a_part_given_back_before_the_session_leaves_it_confirmed_and_shares_out_the_rest(till: Till) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    with pytest.raises(Conflict, match="cancel_instead"):
        _beyond(till, reserved, 36_000)
    _beyond(till, reserved, 6_000)
    assert till.state(reserved) == "confirmed"
    assert not till.slot_is_free()
    till.pass_until(SLOT + timedelta(hours=3, days=3))
    assert till.state(reserved) == "released"
    assert till.booking(reserved).sent_minor == 24_600
    assert _books(till) == {"stripe_balance": 5_400, "commission": -4_500, "vat_output": -900}


def test_after_a_part_was_given_back_a_cancellation_gives_back_the_rest(till: Till) -> None:
    reserved = till.confirmed()
    _beyond(till, reserved, 6_000)
    till.cancel(reserved, till.cast.ines)
    assert till.state(reserved) == "cancelled_by_expert"
    assert till.booking(reserved).refunded_minor == 36_000
    assert _books(till) == {}


def test_a_refund_that_fails_days_later_is_undone_opens_a_case_and_is_made_again_by_an_admin(till: Till) -> None:
    reserved = till.confirmed()
    till.cancel(reserved, till.cast.ines)
    with till.work.reading() as session:
        refund = session.scalar(text("select object_id from operation where kind = 'refund'"))
    till.clock.advance(days=3)
    till.door(f"/refunds/{refund}", outcome="failed")
    till.handle_notices()
    assert till.alerts() == {"refund_failed"}
    booking = till.booking(reserved)
    assert (booking.refunded_minor, booking.undone_minor) == (0, 36_000)
    assert _books(till) == {"stripe_balance": 36_000, "refund_reserve": -36_000}
    command = SettleCase(till.cast.ada.actor, reserved.booking_id, "The bank has a new account.")
    with pytest.raises(Forbidden):
        repeat_refund(till.work, SettleCase(till.cast.lea.actor, reserved.booking_id, ""))
    repeat_refund(till.work, command)
    booking = till.booking(reserved)
    assert (booking.refunded_minor, booking.undone_minor, booking.state) == (36_000, 0, "cancelled_by_expert")
    assert _books(till) == {}
    with pytest.raises(Conflict, match="nothing_to_repeat"):
        repeat_refund(till.work, command)


def test_a_refund_that_fails_at_once_ends_the_booking_and_is_made_again_by_an_admin(till: Till) -> None:
    reserved = till.confirmed()
    till.sandbox.doors.fail_next_refund()
    till.cancel(reserved, till.cast.ines)
    booking = till.booking(reserved)
    assert (booking.state, booking.refunded_minor, booking.undone_minor) == ("cancelled_by_expert", 0, 36_000)
    assert _books(till) == {"stripe_balance": 36_000, "refund_reserve": -36_000}
    assert till.alerts() == {"refund_failed"}
    till.handle_notices()
    assert till.entries().count("refund_undone") == 1
    repeat_refund(till.work, SettleCase(till.cast.ada.actor, reserved.booking_id, "Another card."))
    assert _books(till) == {}
    assert not [finding.name for finding in check_ledger(till.work) if finding.breached]


def test_a_refund_that_fails_when_it_is_made_again_can_be_made_once_more(till: Till) -> None:
    reserved = till.confirmed()
    for _ in range(2):
        till.sandbox.doors.fail_next_refund()
        if till.state(reserved) == "confirmed":
            till.cancel(reserved, till.cast.ines)
        else:
            repeat_refund(till.work, SettleCase(till.cast.ada.actor, reserved.booking_id, "Once more."))
        assert till.booking(reserved).undone_minor == 36_000
    repeat_refund(till.work, SettleCase(till.cast.ada.actor, reserved.booking_id, "And again."))
    booking = till.booking(reserved)
    assert (booking.refunded_minor, booking.undone_minor, _books(till)) == (36_000, 0, {})


def test_a_refund_that_failed_before_its_answer_came_is_undone_once_the_answer_is_there(till: Till) -> None:
    """The key answers with what the refund was at first; what its notice says must not be lost meanwhile."""
    reserved = till.confirmed()
    till.sandbox.doors.go_wrong("POST /v1/refunds", "reset_after")
    till.cancel(reserved, till.cast.ines)
    (refund,) = till.at_stripe("refund")
    till.sandbox.doors.fail_refund(refund["id"])
    till.handle_notices()
    assert till.entries().count("refund") == 0
    till.clock.advance(minutes=1)
    till.tick()
    till.handle_notices()
    assert (till.entries().count("refund"), till.entries().count("refund_undone")) == (1, 1)
    assert _books(till) == {"stripe_balance": 36_000, "refund_reserve": -36_000}


def test_stray_money_whose_refund_fails_is_sent_back_again_to_where_it_came_from(till: Till) -> None:
    reserved = till.reserve()
    checkout_id = till.booking(reserved).checkout_id or ""
    till.sandbox.doors.go_wrong("POST /v1/checkout/sessions/*/expire", "server_error")
    till.clock.advance(minutes=15)
    till.tick()
    till.press(reserved)
    hold_id = till.work.gateway.fetch_checkout(checkout_id).payment_intent_id or ""
    till.work.gateway.capture(hold_id, key="by-hand")
    till.sandbox.doors.fail_next_refund()
    till.handle_notices()
    till.tick()
    assert (till.state(reserved), _books(till)) == (
        "expired_unpaid",
        {"stripe_balance": 36_000, "refund_reserve": -36_000},
    )
    repeat_refund(till.work, SettleCase(till.cast.ada.actor, reserved.booking_id, "Another card."))
    assert (_books(till), till.work.gateway.fetch_hold(hold_id).refunded_minor) == ({}, 36_000)
    assert not [finding.name for finding in check_ledger(till.work) if finding.breached]


def test_another_refund_leaves_the_one_that_a_bank_had_sent_back_to_be_made_again(till: Till) -> None:
    reserved = till.released()
    _beyond(till, reserved, 18_000)
    till.tick()
    with till.work.reading() as session:
        refund = session.scalar(text("select object_id from operation where kind = 'refund'"))
    till.door(f"/refunds/{refund}", outcome="failed")
    till.handle_notices()
    _beyond(till, reserved, 9_000)
    till.tick()
    booking = till.booking(reserved)
    assert (booking.refunded_minor, booking.undone_minor, booking.share_minor) == (9_000, 18_000, 7_380)
    assert not [finding.name for finding in check_ledger(till.work) if finding.breached]
    repeat_refund(till.work, SettleCase(till.cast.ada.actor, reserved.booking_id, "The bank has a new account."))
    booking = till.booking(reserved)
    assert (booking.refunded_minor, booking.undone_minor) == (27_000, 0)
    assert not [finding.name for finding in check_ledger(till.work) if finding.breached]
