"""Crashes, lost answers, duplicates and races: one object at Stripe, one effect here."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.cashier import operations
from marketplace.domain.errors import DomainError
from marketplace.services import notices
from marketplace.services.clockwork import due
from marketplace.store.inbox import WaitingNotice, keep_notice
from tests.till import SLOT, Till


class Crash(Exception):
    """The process dies here."""


def test_a_crash_between_the_call_and_the_commit_leaves_one_capture_and_one_posting(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserved = till.requested()
    with monkeypatch.context() as patched:
        patched.setattr(operations, "_settle", _die)
        with pytest.raises(Crash):
            till.accept(reserved)
    assert till.state(reserved) == "capturing"
    assert operations.run_due(till.work) == 0  # still leased by the dead one
    till.clock.advance(seconds=61)
    till.tick()
    assert till.state(reserved) == "confirmed"
    assert till.line.sent.count("capture") == 2  # the same key twice: Stripe acts once
    assert till.entries().count("capture") == 1


def test_a_crash_before_the_call_sends_it_once(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    reserved = till.requested()
    with monkeypatch.context() as patched:
        patched.setattr(operations, "_ask", _die)
        with pytest.raises(Crash):
            till.accept(reserved)
    till.clock.advance(seconds=61)
    till.tick()
    assert till.state(reserved) == "confirmed"
    assert till.line.sent.count("capture") == 1


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


def test_after_a_day_without_an_answer_the_refund_is_looked_up_before_a_new_key_is_used(till: Till) -> None:
    reserved = till.confirmed()
    till.line.cut_after.add("refund")
    till.cancel(reserved, till.cast.ines)
    till.clock.advance(hours=24)
    till.tick()
    assert till.state(reserved) == "cancelled_by_expert"
    assert till.line.sent.count("refund") == 1
    assert "find_refund" in till.line.sent


def test_after_a_day_a_call_that_never_arrived_is_made_with_a_new_key(till: Till) -> None:
    reserved = till.confirmed()
    till.line.cut_before.add("refund")
    till.cancel(reserved, till.cast.ines)
    till.clock.advance(hours=22)
    till.tick()
    till.line.cut_before.clear()
    till.clock.advance(hours=2)
    till.tick()
    assert till.state(reserved) == "cancelled_by_expert"
    assert [status for kind, status in till.operations() if kind == "refund"] == ["failed", "done"]
    assert till.entries().count("refund") == 1


def test_notices_ten_times_shuffled_have_one_effect(till: Till) -> None:
    reserved = till.confirmed()
    arrived = till.work.gateway.notices_since(till.clock() - timedelta(days=1))
    deck = [replace(notice, id=f"{notice.id}-{copy}") for notice in arrived for copy in range(10)]
    random.Random(7).shuffle(deck)
    assert notices.keep(till.work, deck) == len(deck)
    assert notices.keep(till.work, deck) == 0
    while notices.handle_due(till.work):
        pass
    assert till.state(reserved) == "confirmed"
    assert len(till.events("BookingRequested")) == len(till.events("BookingConfirmed")) == 1
    assert till.entries().count("capture") == 1
    assert till.alerts() == set()


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


def test_lost_notices_are_fetched_within_five_minutes(till: Till) -> None:
    till.tick()
    reserved = till.reserve()
    till.press(reserved)
    till.clock.advance(minutes=5)
    till.tick()
    notices.handle_due(till.work)
    assert till.state(reserved) == "requested"


def test_stripe_being_away_stops_only_what_needs_stripe(till: Till) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    till.line.cut_before.add("*")
    till.pass_until(SLOT + timedelta(days=4))
    assert till.state(reserved) == "releasing"
    assert all(done == 0 for _, done in due(till.work))
    till.line.cut_before.clear()
    till.clock.advance(minutes=15)
    till.tick()
    assert till.state(reserved) == "released"


@pytest.mark.parametrize("_round", range(5))
def test_accept_against_withdraw_one_wins_and_the_other_sees_why(till: Till, _round: int) -> None:
    reserved = till.requested()
    codes = _at_once(lambda: till.accept(reserved), lambda: till.withdraw(reserved))
    till.tick()
    assert sorted(codes, key=str) == [None, "move_not_possible"] or codes == ["move_not_possible", None]
    assert till.state(reserved) == ("confirmed" if codes[0] is None else "withdrawn")


def test_web_and_worker_never_run_one_operation_at_once(till: Till) -> None:
    reserved = till.requested()
    till.line.cut_before.add("capture")
    till.accept(reserved)
    till.line.cut_before.clear()
    till.clock.advance(minutes=1)
    with till.work.reading() as session:
        operation_id = session.scalar(text("select id from operation where kind = 'capture'"))
    sent = till.line.sent.count("capture")
    _at_once(*[lambda: operations.run_operation(till.work, operation_id)] * 4)
    assert till.line.sent.count("capture") == sent + 1
    assert till.state(reserved) == "confirmed"


def test_a_transfer_that_is_refused_keeps_the_money_payable_until_it_can_be_sent(till: Till) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    with till.work.transaction() as tx:
        tx.session.execute(text("update expert set payout_account = 'acct_unknown' where payouts_active"))
    till.pass_until(SLOT + timedelta(hours=3, days=3))
    assert till.state(reserved) == "payout_blocked"
    assert till.alerts() == {"transfer_refused"}
    assert till.events("PayoutBlocked")
    assert till.balances()[f"expert_payable:{till.cast.ines.id}"] == -29_520


def test_another_amount_than_agreed_is_sent_back_with_an_alert(till: Till) -> None:
    reserved = till.reserve()
    with till.work.transaction() as tx:
        tx.session.execute(text("update booking set gross_minor = 36001"))
    till.press(reserved)
    till.look(reserved)
    assert till.alerts() == {"payment_not_as_agreed"}
    till.tick()
    assert till.state(reserved) == "expired_unpaid"
    assert till.slot_is_free()
    hold = till.work.gateway.fetch_hold(till.booking(reserved).payment_intent_id or "")
    assert hold.status == "canceled"


def test_the_ledger_refuses_to_be_changed(till: Till) -> None:
    till.confirmed()
    for statement in ("update posting set amount_minor = 1", "delete from posting", "delete from ledger_entry"):
        with pytest.raises(DBAPIError, match="append-only"), till.work.transaction() as tx:
            tx.session.execute(text(statement))


def test_an_account_that_is_completed_later_gets_the_money(till: Till) -> None:
    reserved = till.confirmed()
    till.pass_until(SLOT + timedelta(hours=3, days=3))
    assert till.state(reserved) == "payout_blocked"
    assert len(till.events("PayoutBlocked")) == 1
    till.open_payouts()
    till.tick()
    assert till.state(reserved) == "released"
    assert f"expert_payable:{till.cast.ines.id}" not in till.balances()


def _die(*_args: object) -> bool:
    raise Crash


def _at_once(*acts: Callable[[], object]) -> list[str | None]:
    """Run all from a barrier, in threads of their own; the code of each one's refusal, None for a success."""
    barrier = Barrier(len(acts))
    codes: list[str | None] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except DomainError as refusal:
            codes[number] = refusal.code

    threads = [Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes
