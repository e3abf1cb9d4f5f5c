"""A bank takes a payment back: before and after the expert was paid, won and lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from marketplace import reactions
from marketplace.domain.errors import Conflict, Forbidden, NotFound
from marketplace.services.audits import check_ledger
from marketplace.services.bookings import RefundBeyond, Reserved, SettleCase, refund_beyond_policy, settle_dispute
from marketplace.store.outbox import LetterRow
from tests.till import SLOT, Till

COSTS = ("stripe_fees", "dispute_fees")


def _books(till: Till) -> dict[str, int]:
    """What is not empty, without what Stripe has cost us."""
    assert sum(till.balances().values()) == 0
    balances = till.balances()
    cost = sum(balances.pop(name, 0) for name in COSTS)
    balances["stripe_balance"] = balances.get("stripe_balance", 0) + cost
    return {account: amount for account, amount in balances.items() if amount}


def test_a_dispute_before_the_transfer_blocks_it_and_a_win_brings_the_booking_back_to_where_it_was(till: Till) -> None:
    till.open_payouts()
    reserved = till.held()
    dispute = till.dispute(reserved)
    assert till.state(reserved) == "disputed"
    assert till.alerts() == {"payment_disputed"}
    money, funds = f"client_money:{reserved.booking_id}", f"disputed_funds:{reserved.booking_id}"
    assert _books(till) == {money: -36_000, funds: 36_000}
    till.pass_until(SLOT + timedelta(days=5))
    assert "transfer" not in till.entries()
    till.decide(dispute, "won")
    assert till.state(reserved) == "awaiting_feedback"
    till.tick()
    assert till.state(reserved) == "released"
    assert _books(till) == {"stripe_balance": 6_480, "commission": -5_400, "vat_output": -1_080}


def test_a_dispute_before_the_transfer_that_is_lost_leaves_nothing_with_anybody(till: Till) -> None:
    till.open_payouts()
    reserved = till.held()
    till.decide(till.dispute(reserved), "lost")
    assert till.state(reserved) == "lost"
    till.tick()
    assert _books(till) == {}
    assert till.balances() == {"stripe_balance": -till.balances()["stripe_fees"] - 2_000, **_costs(till)}
    assert "transfer" not in till.entries()


def test_a_dispute_after_the_transfer_takes_the_share_back_and_a_win_sends_it_again(till: Till) -> None:
    reserved = till.released()
    dispute = till.dispute(reserved)
    till.tick()
    assert till.state(reserved) == "disputed"
    assert ("reversal", "done") in till.operations()
    assert _books(till)["dispute_reserve"] == -29_520
    assert till.booking(reserved).sent_minor == 0
    till.decide(dispute, "won")
    till.tick()
    assert till.state(reserved) == "released"
    assert till.booking(reserved).sent_minor == 29_520
    assert [status for kind, status in till.operations() if kind == "transfer"] == ["done", "done"]
    assert _books(till) == {"stripe_balance": 6_480, "commission": -5_400, "vat_output": -1_080}


def test_a_dispute_after_the_transfer_that_is_lost_costs_the_share_and_the_commission(till: Till) -> None:
    reserved = till.released()
    dispute = till.dispute(reserved)
    till.tick()
    till.decide(dispute, "lost")
    assert till.state(reserved) == "lost"
    till.tick()
    assert _books(till) == {}
    assert till.booking(reserved).lost_minor == 36_000


def test_a_share_that_cannot_be_taken_back_is_owed_by_the_expert_and_can_be_written_off(till: Till) -> None:
    reserved = till.released()
    till.door(f"/accounts/{_account(till)}", paid_out=29_520)
    dispute = till.dispute(reserved)
    till.tick()
    assert "reversal_refused" in till.alerts()
    owed = f"expert_receivable:{till.cast.ines.id}"
    assert till.balances()[owed] == 29_520
    command = SettleCase(till.cast.ada.actor, reserved.booking_id, "She has closed her account.")
    with pytest.raises(Conflict, match="dispute_open"):
        settle_dispute(till.work, dispute, command)
    till.decide(dispute, "lost")
    assert _books(till) == {"stripe_balance": -29_520, owed: 29_520}
    with pytest.raises(Forbidden):
        settle_dispute(till.work, dispute, SettleCase(till.cast.lea.actor, reserved.booking_id, "x"))
    with pytest.raises(NotFound):
        settle_dispute(till.work, "du_other", command)
    settle_dispute(till.work, dispute, command)
    assert _books(till) == {"stripe_balance": -29_520, "bad_debt": 29_520}
    with pytest.raises(Conflict, match="nothing_owed"):
        settle_dispute(till.work, dispute, command)


def test_the_same_share_sent_a_second_time_has_a_second_letter(till: Till) -> None:
    reserved = till.released()
    dispute = till.dispute(reserved)
    till.tick()
    till.decide(dispute, "won")
    till.tick()
    assert till.booking(reserved).sent_minor == 29_520
    while reactions.deliver(till.work):
        pass
    with till.work.reading() as session:
        kinds = session.scalars(select(LetterRow.kind).where(LetterRow.to_account == till.cast.ines.id)).all()
    assert kinds.count("money_released") == 2


def test_a_share_that_could_not_be_taken_back_stays_the_experts_when_the_dispute_is_won(till: Till) -> None:
    reserved = till.released()
    till.door(f"/accounts/{_account(till)}", paid_out=29_520)
    dispute = till.dispute(reserved)
    till.tick()
    till.decide(dispute, "won")
    till.tick()
    assert till.state(reserved) == "released"
    assert _books(till) == {"stripe_balance": 6_480, "commission": -5_400, "vat_output": -1_080}
    assert [kind for kind, _ in till.operations()].count("transfer") == 1


def test_a_dispute_while_the_transfer_is_on_its_way_waits_for_its_outcome_and_then_takes_the_share_back(
    till: Till,
) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    till.line.cut_after.add("transfer")
    till.pass_until(SLOT + timedelta(hours=3, days=3))
    assert till.state(reserved) == "releasing"
    till.dispute(reserved)
    assert till.state(reserved) == "disputed"
    assert "reversal" not in [kind for kind, _ in till.operations()]
    till.line.cut_after.clear()
    till.clock.advance(minutes=15)
    till.tick()
    assert ("reversal", "done") in till.operations()
    assert _books(till)["dispute_reserve"] == -29_520


def test_a_transfer_that_nobody_has_sent_yet_is_not_sent_once_the_payment_is_disputed(till: Till) -> None:
    reserved = till.confirmed()
    till.pass_until(SLOT + timedelta(hours=3, days=3))
    assert till.state(reserved) == "payout_blocked"
    dispute = till.dispute(reserved)
    assert till.balances()["dispute_reserve"] == -29_520
    till.open_payouts()
    till.tick()
    assert "transfer" not in till.entries()
    till.decide(dispute, "won")
    till.tick()
    assert till.state(reserved) == "released"
    assert _books(till) == {"stripe_balance": 6_480, "commission": -5_400, "vat_output": -1_080}


def test_a_part_that_is_disputed_and_lost_takes_its_part_of_every_share(till: Till) -> None:
    reserved = till.released()
    dispute = till.dispute(reserved, amount=18_000)
    till.tick()
    till.decide(dispute, "lost")
    till.tick()
    assert till.state(reserved) == "lost"
    assert till.booking(reserved).sent_minor == 14_760
    assert _books(till) == {"stripe_balance": 3_240, "commission": -2_700, "vat_output": -540}


def test_a_part_that_is_lost_before_the_money_was_shared_out_leaves_the_rest_to_the_expert(till: Till) -> None:
    till.open_payouts()
    reserved = till.held()
    till.decide(till.dispute(reserved, amount=18_000), "lost")
    till.tick()
    assert _books(till) == {"stripe_balance": 3_240, "commission": -2_700, "vat_output": -540}
    assert till.booking(reserved).sent_minor == 14_760


def test_a_dispute_lost_before_the_session_frees_the_slot(till: Till) -> None:
    reserved = till.confirmed()
    till.decide(till.dispute(reserved), "lost")
    assert till.state(reserved) == "lost"
    assert till.slot_is_free()


def test_an_inquiry_moves_no_money_and_nobody_is_stopped(till: Till) -> None:
    reserved = till.confirmed()
    till.dispute(reserved, inquiry=True)
    assert till.state(reserved) == "confirmed"
    assert till.alerts() == {"payment_questioned"}
    assert "dispute" not in till.entries()


def test_a_dispute_told_ten_times_is_posted_once(till: Till) -> None:
    reserved = till.released()
    till.dispute(reserved)
    for _ in range(10):
        with till.work.transaction() as tx:
            tx.session.execute(text("update notice set handled_at = null, next_at = received_at"))
        till.handle_notices()
    till.tick()
    assert till.entries().count("dispute") == 1
    assert till.entries().count("reversal") == 1


def test_a_dispute_whose_notice_was_lost_is_found_by_whoever_looks_at_the_payment(till: Till) -> None:
    reserved = till.confirmed()
    till.door("/disputes", payment_intent=till.booking(reserved).payment_intent_id)
    till.look(reserved)
    assert till.state(reserved) == "disputed"


def _overtaken(till: Till, *, sent: bool) -> tuple[Reserved, str]:
    """Half is to go back beyond the policy, but the bank is faster: Stripe refuses the refund."""
    reserved = till.released() if sent else till.confirmed()
    if not sent:
        till.pass_until(SLOT + timedelta(hours=3, days=3))
        assert till.state(reserved) == "payout_blocked"
    till.sandbox.doors.go_wrong("POST /v1/refunds", "server_error")
    refund_beyond_policy(till.work, RefundBeyond(till.cast.ada.actor, reserved.booking_id, 18_000, "Goodwill."))
    till.tick()
    dispute = till.sandbox.doors.dispute(till.booking(reserved).payment_intent_id or "")
    for _ in range(3):
        till.clock.advance(minutes=1)
        till.tick()
        till.handle_notices()
    assert (till.state(reserved), "refund_refused" in till.alerts()) == ("disputed", True)
    return reserved, dispute


@pytest.mark.parametrize("sent", [False, True])
def test_a_refund_that_a_dispute_has_overtaken_is_lost_with_it_and_nobody_pays_twice(till: Till, sent: bool) -> None:
    reserved, dispute = _overtaken(till, sent=sent)
    till.decide(dispute, "lost")
    till.tick()
    assert (till.state(reserved), _books(till)) == ("lost", {})
    assert {status for kind, status in till.operations() if kind == "reversal"} <= {"done"}
    assert not [finding.name for finding in check_ledger(till.work) if finding.breached]


@pytest.mark.parametrize("sent", [False, True])
def test_a_refund_that_a_dispute_has_overtaken_is_made_once_the_dispute_is_won(till: Till, sent: bool) -> None:
    reserved, dispute = _overtaken(till, sent=sent)
    till.decide(dispute, "won")
    till.tick()
    till.tick()
    booking = till.booking(reserved)
    assert (booking.refunded_minor, booking.share_minor) == (18_000, 14_760)
    assert booking.state == ("released" if sent else "payout_blocked")
    assert "refund_reserve" not in till.balances()
    assert not [finding.name for finding in check_ledger(till.work) if finding.breached]


def _account(till: Till) -> str:
    with till.work.reading() as session:
        return str(session.scalar(text("select payout_account from expert where payout_account is not null")))


def _costs(till: Till) -> dict[str, int]:
    return {name: amount for name, amount in till.balances().items() if name in COSTS}


def _told(till: Till) -> list[int]:
    while reactions.deliver(till.work):
        pass
    with till.work.reading() as session:
        return list(session.scalars(text("select to_account from letter where kind = 'money_news' order by id")))


def test_the_expert_is_told_of_a_dispute_and_of_its_end_and_both_sides_of_a_refund_beyond_the_policy(
    till: Till,
) -> None:
    reserved = till.released()
    dispute = till.dispute(reserved)
    till.tick()
    ines, lea = till.cast.ines.id, till.cast.lea.id
    assert _told(till) == [ines]
    till.decide(dispute, "won")
    till.tick()
    assert _told(till) == [ines, ines]
    refund_beyond_policy(till.work, RefundBeyond(till.cast.ada.actor, reserved.booking_id, 1_000, "A gesture."))
    assert _told(till) == [ines, ines, lea, ines]
