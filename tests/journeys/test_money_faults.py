"""What else goes wrong beside the design's list (`test_money_goes_wrong`): one object at Stripe, one effect here."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace.cashier import operations
from marketplace.services import notices
from marketplace.store.inbox import WaitingNotice, keep_notice
from tests.till import SLOT, Till, at_once


@pytest.mark.parametrize("method", ["capture", "refund", "transfer", "void"])
def test_an_answer_that_never_came_is_asked_for_again_with_the_same_key(till: Till, method: str) -> None:
    till.open_payouts()
    reserved = till.requested()
    till.line.cut_after.add(method)
    if method == "void":
        till.decline(reserved)
    else:
        till.accept(reserved)
        if method == "refund":
            till.cancel(reserved, till.cast.ines)
        till.pass_until(SLOT + timedelta(days=4))
    till.line.cut_after.clear()
    till.clock.advance(minutes=11)
    till.tick()
    assert {status for _, status in till.operations()} == {"done"}
    assert len(till.entries()) == len(set(till.entries()))
    assert sum(till.balances().values()) == 0


def test_a_notice_of_an_unknown_subject_is_tried_again_and_then_parked_with_an_alert(till: Till) -> None:
    with till.work.transaction() as tx:
        assert keep_notice(
            tx.session, WaitingNotice("evt_1", "payment_intent.succeeded", "pi_x", 0), "platform", tx.now
        )
    for _ in range(12):
        notices.handle_due(till.work)
        till.clock.advance(hours=1)
    assert till.alerts() == {"notice_parked"}
    assert notices.handle_due(till.work) == 0


def test_a_notice_waits_while_stripe_does_not_answer(till: Till) -> None:
    reserved = till.reserve()
    till.press(reserved)
    notices.keep(till.work, till.work.gateway.notices_since(till.clock() - timedelta(days=1)))
    till.line.cut_before.add("*")
    for _ in range(20):
        notices.handle_due(till.work)
        till.clock.advance(seconds=20)
    assert till.alerts() == set()
    till.line.cut_before.clear()
    till.clock.advance(hours=5)
    notices.handle_due(till.work)
    assert till.state(reserved) == "requested"


def test_the_first_look_for_lost_notices_goes_back_as_far_as_stripe_tries_to_deliver(till: Till) -> None:
    """A worker that died in its very first look had never looked: what was lost before stays lost for the next."""
    reserved = till.confirmed()
    till.cancel(reserved, till.cast.ines)
    (refund,) = till.at_stripe("refund")
    till.sandbox.doors.fail_refund(refund["id"])
    till.clock.advance(days=2)
    till.tick()
    notices.handle_due(till.work)
    assert till.entries().count("refund_undone") == 1


def test_web_and_worker_never_run_one_operationat_once(till: Till) -> None:
    reserved = till.requested()
    till.line.cut_before.add("capture")
    till.accept(reserved)
    till.line.cut_before.clear()
    till.clock.advance(minutes=1)
    with till.work.reading() as session:
        operation_id = session.scalar(text("select id from operation where kind = 'capture'"))
    sent = till.line.sent.count("capture")
    at_once(*[lambda: operations.run_operation(till.work, operation_id)] * 4)
    assert till.line.sent.count("capture") == sent + 1
    assert till.state(reserved) == "confirmed"


def test_an_account_that_is_completed_later_gets_the_money(till: Till) -> None:
    reserved = till.confirmed()
    till.pass_until(SLOT + timedelta(hours=3, days=3))
    assert till.state(reserved) == "payout_blocked"
    assert len(till.events("PayoutBlocked")) == 1
    till.open_payouts()
    till.tick()
    assert till.state(reserved) == "released"
    assert f"expert_payable:{till.cast.ines.id}" not in till.balances()
