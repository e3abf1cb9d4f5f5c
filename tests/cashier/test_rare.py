"""What hardly ever happens to money, and must still come out right."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from marketplace.cashier import moves, operations
from marketplace.cashier.operations import wait_before
from marketplace.cashier.refunds import recheck_refund
from marketplace.domain.access import SYSTEM
from marketplace.domain.errors import Conflict, Unavailable
from marketplace.services import notices
from marketplace.services.bookings import Again, give_up, pay_again
from marketplace.services.payments import Look, look_at_payment
from marketplace.services.payouts import Payouts, dashboard_page, look_at_account, onboarding_page
from marketplace.store.bookings import booking_to_change, change_state
from marketplace.store.experts import Expert
from marketplace.store.inbox import WaitingNotice, keep_notice
from marketplace.store.operations import add_operation
from marketplace.store.ratings import Rating
from payments.port import GatewayRefused, Hold, Refund
from tests.till import SLOT, Till


class Says:
    """A gateway that answers some questions differently from the sandbox."""

    def __init__(self, till: Till, **answers: Any) -> None:
        self._line = till.line
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        answer = self._answers.get(name)
        if isinstance(answer, Exception):
            return _raiser(answer)
        return getattr(self._line, name) if answer is None else answer


def _raiser(error: Exception) -> Any:
    def refuse(*_args: Any, **_named: Any) -> Any:
        raise error

    return refuse


def _hears(till: Till, **answers: Any) -> None:
    till.work = replace(till.work, gateway=Says(till, **answers))  # type: ignore[arg-type]


def _refusal(code: str = "no") -> GatewayRefused:
    return GatewayRefused(code, "never")


def _refund_id(till: Till) -> str:
    with till.work.reading() as session:
        return str(session.scalar(text("select object_id from operation where kind = 'refund'")))


def test_a_refund_that_the_bank_sends_back_is_undone_once_and_a_person_is_asked(till: Till) -> None:
    reserved = till.confirmed()
    till.cancel(reserved, till.cast.ines)
    refund = till.work.gateway.fetch_refund(_refund_id(till))
    recheck_refund(till.work, refund.id)
    assert till.alerts() == set()
    _hears(till, fetch_refund=lambda _id: replace(refund, status="failed"))
    for _ in range(2):
        recheck_refund(till.work, refund.id)
    assert till.alerts() == {"refund_failed"}
    assert till.entries().count("refund_undone") == 1
    assert till.booking(reserved).refunded_minor == 0
    assert till.balances()["refund_reserve"] == -36_000


def test_a_failed_refund_that_is_not_ours_changes_nothing(till: Till) -> None:
    stranger = Refund(id="re_x", status="failed", amount_minor=5, currency="eur", hold_id="pi_x")
    _hears(till, fetch_refund=lambda _id: stranger)
    recheck_refund(till.work, "re_x")
    assert till.entries() == []


def test_a_refund_that_stripe_refuses_stays_open_for_a_person(till: Till) -> None:
    reserved = till.confirmed()
    _hears(till, refund=_refusal("charge_disputed"))
    till.cancel(reserved, till.cast.ines)
    assert till.state(reserved) == "refunding"
    assert till.alerts() == {"refund_refused"}
    assert till.entries().count("refund") == 0


def test_a_hold_that_stripe_will_not_release_stays_open_for_a_person(till: Till) -> None:
    reserved = till.requested()
    _hears(till, void=_refusal())
    till.decline(reserved)
    assert till.state(reserved) == "voiding"
    assert till.alerts() == {"void_refused"}


def test_a_hold_that_is_gone_already_counts_as_released(till: Till) -> None:
    reserved = till.requested()
    till.work.gateway.void(till.booking(reserved).payment_intent_id or "", key="by-hand")
    till.decline(reserved)
    assert till.state(reserved) == "declined"
    assert till.alerts() == set()


def test_money_captured_by_hand_for_a_declined_request_goes_back(till: Till) -> None:
    reserved = till.requested()
    till.work.gateway.capture(till.booking(reserved).payment_intent_id or "", key="by-hand")
    till.decline(reserved)
    till.tick()
    assert till.state(reserved) == "declined"
    assert till.alerts() == {"late_payment_returned"}
    assert sorted(till.entries()) == ["capture", "refund"]
    assert till.balances() == {}


def test_money_captured_by_hand_before_anything_was_agreed_goes_back(till: Till) -> None:
    reserved = till.reserve()
    till.press(reserved)
    checkout = till.work.gateway.fetch_checkout(till.booking(reserved).checkout_id or "")
    till.work.gateway.capture(checkout.payment_intent_id or "", key="by-hand")
    till.look(reserved)
    till.tick()
    assert till.state(reserved) == "expired_unpaid"
    assert till.alerts() == {"payment_not_as_agreed", "late_payment_returned"}
    assert till.balances() == {}
    till.handle_notices()
    assert till.entries().count("refund") == 1


def test_a_capture_that_is_refused_for_good_releases_the_hold_and_asks_again(till: Till) -> None:
    reserved = till.requested()
    hold_id = till.booking(reserved).payment_intent_id or ""
    _hears(till, capture=_refusal("card_declined"))
    till.accept(reserved)
    assert till.state(reserved) == "payment_failed"
    till.tick()
    assert till.work.gateway.fetch_hold(hold_id).status == "canceled"
    assert till.alerts() == {"capture_refused"}


def test_a_refusal_that_cannot_be_understood_yet_is_asked_for_again(till: Till) -> None:
    reserved = till.requested()
    _hears(till, capture=_refusal(), fetch_hold=_refusal())
    till.accept(reserved)
    assert till.state(reserved) == "capturing"
    assert till.operations()[-1] == ("capture", "unknown")


def test_a_payment_page_that_stripe_refuses_frees_the_slot_with_an_alert(till: Till) -> None:
    _hears(till, open_checkout=_refusal("parameter_unknown"))
    with pytest.raises(Unavailable):
        till.reserve()
    assert till.slot_is_free()
    assert till.alerts() == {"checkout_refused"}


def test_a_page_without_an_answer_for_a_day_is_given_up(till: Till) -> None:
    till.line.cut_before.add("open_checkout")
    with pytest.raises(Unavailable):
        till.reserve()
    till.clock.advance(hours=24)
    till.tick()
    assert till.operations() == [("checkout", "failed")]


def test_a_fee_that_is_not_known_yet_is_asked_for_again(till: Till) -> None:
    reserved = till.confirmed()
    assert till.entries() == ["capture"]
    told: list[Hold] = []
    real = till.line.fetch_hold

    def without_fee(hold_id: str) -> Hold:
        told.append(real(hold_id))
        return replace(told[-1], fee_minor=None)

    _hears(till, fetch_hold=without_fee)
    till.clock.advance(hours=1)
    till.tick()
    assert told
    assert "fee" not in till.entries()
    _hears(till)
    till.clock.advance(minutes=10)
    till.tick()
    assert till.entries() == ["capture", "fee"]
    assert till.booking(reserved).fee_next_at is None


def test_looking_at_a_payment_while_stripe_is_away_changes_nothing(till: Till) -> None:
    reserved = till.reserve()
    till.line.cut_before.add("*")
    look_at_payment(till.work, Look(till.cast.lea.actor, reserved.booking_id))
    with pytest.raises(Unavailable):
        give_up(till.work, Again(till.cast.lea.actor, reserved.booking_id))
    assert till.state(reserved) == "awaiting_payment"


def test_paying_again_while_stripe_is_away_keeps_the_slot(till: Till) -> None:
    reserved = till.requested()
    till.work.gateway.void(till.booking(reserved).payment_intent_id or "", key="by-hand")
    till.accept(reserved)
    till.line.cut_before.add("*")
    with pytest.raises(Unavailable):
        pay_again(till.work, Again(till.cast.lea.actor, reserved.booking_id))
    till.line.cut_before.clear()
    till.clock.advance(minutes=1)
    till.tick()
    assert till.state(reserved) == "awaiting_payment"
    assert till.booking(reserved).checkout_url
    assert not till.slot_is_free()


def test_an_account_that_stripe_refuses_to_open_is_a_clear_no(till: Till) -> None:
    _hears(till, create_account=_refusal("country_unsupported"))
    with pytest.raises(Conflict, match="payouts_refused"):
        onboarding_page(till.work, Payouts(till.cast.ines.actor))
    assert till.alerts() == {"account_refused"}


def test_payouts_while_stripe_is_away(till: Till) -> None:
    till.open_payouts()
    till.line.cut_before.add("*")
    assert look_at_account(till.work, Payouts(till.cast.ines.actor)) is True
    for page in (dashboard_page, onboarding_page):
        with pytest.raises(Unavailable):
            page(till.work, Payouts(till.cast.ines.actor))
    with pytest.raises(Conflict, match="payouts_not_started"):
        dashboard_page(till.work, Payouts(till.cast.amara.actor))


def test_both_ratings_release_the_money_before_the_three_days_are_over(till: Till) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    till.pass_until(SLOT + timedelta(hours=4))
    assert till.state(reserved) == "awaiting_feedback"
    with till.work.transaction() as tx:
        booking = till.booking(reserved)
        for side, author, subject in (
            ("lead", booking.lead_id, booking.expert_id),
            ("expert", booking.expert_id, booking.lead_id),
        ):
            tx.session.add(
                Rating(
                    booking_id=booking.id,
                    offering_id=booking.offering_id,
                    side=side,
                    author_id=author,
                    subject_id=subject,
                    overall=5,
                    dimensions={},
                    recommend=True,
                    given_at=tx.now,
                )
            )
    till.tick()
    assert till.state(reserved) == "released"


def test_whoever_moves_a_booking_second_is_refused_by_the_database(till: Till) -> None:
    """Two have read 'requested'; the row itself lets one of them change it."""
    reserved = till.requested()
    stale = till.booking(reserved)
    till.withdraw(reserved)
    with pytest.raises(Conflict, match="move_not_possible"), till.work.transaction() as tx:
        moves.move(tx, till.cast.ines.actor, stale, "accept")
    assert till.state(reserved) == "withdrawn"


def test_without_the_guard_the_second_one_would_win(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same race with the conditional update switched off."""
    reserved = till.requested()
    stale = till.booking(reserved)
    till.withdraw(reserved)
    monkeypatch.setattr(moves, "change_state", _overwrite)
    with till.work.transaction() as tx:
        moves.move(tx, till.cast.ines.actor, stale, "accept")
    assert till.state(reserved) == "capturing"


def _overwrite(session: Any, booking: Any, target: str) -> bool:
    fresh = booking_to_change(session, booking.id)
    assert fresh is not None
    fresh.state = target
    return True


def test_a_change_of_state_needs_the_state_it_starts_from(till: Till) -> None:
    reserved = till.requested()
    with till.work.transaction() as tx:
        booking = booking_to_change(tx.session, reserved.booking_id)
        assert booking is not None
        assert change_state(tx.session, booking, "capturing")
        assert booking.state == "capturing"
        stale = till.booking(reserved)
        assert not change_state(tx.session, stale, "voiding")
        tx.session.rollback()


def test_a_broken_operation_does_not_hold_up_the_others(till: Till) -> None:
    with till.work.transaction() as tx:
        add_operation(tx, "demo", "void", "booking:9", {}, None)
    reserved = till.requested()
    till.line.cut_before.add("capture")
    till.accept(reserved)
    till.line.cut_before.clear()
    till.clock.advance(minutes=1)
    assert operations.run_due(till.work) == 1
    assert till.state(reserved) == "confirmed"
    assert till.alerts() == {"operation_broken"}


def test_a_booking_that_cannot_be_moved_does_not_hold_up_the_others(till: Till) -> None:
    first, second = till.requested(), till.requested(SLOT + timedelta(hours=3))
    with till.work.transaction() as tx:
        tx.session.execute(text("update booking set state = 'nonsense' where id = :id"), {"id": first.booking_id})
        tx.session.execute(text("update booking set state = 'awaiting_feedback', release_at = accept_by where id = 1"))
        tx.session.execute(text("update booking set policy = '{}', commission_minor = -1 where id = 1"))
    till.clock.advance(hours=72)
    till.tick()
    assert till.state(second) == "expired"
    assert till.alerts() == {"deadline_broken"}


def _tell(till: Till, kind: str, object_id: str) -> None:
    with till.work.transaction() as tx:
        keep_notice(tx.session, WaitingNotice(f"evt_{object_id}", kind, object_id, 0), "platform", tx.now)
    notices.handle_due(till.work)


def test_a_notice_about_an_experts_account_brings_its_state_up_to_date(till: Till) -> None:
    url = onboarding_page(till.work, Payouts(till.cast.ines.actor))
    till.browser.post(url, data={"outcome": "complete"}, allow_redirects=False, timeout=10)
    with till.work.reading() as session:
        account_id = session.get_one(Expert, till.cast.ines.id).payout_account or ""
        assert not session.get_one(Expert, till.cast.ines.id).payouts_active
    _tell(till, "v2.core.account[requirements].updated", account_id)
    _tell(till, "account.updated", "acct_stranger")
    with till.work.reading() as session:
        assert session.get_one(Expert, till.cast.ines.id).payouts_active


def test_a_reversal_made_by_hand_is_shown_to_a_person_and_one_of_ours_is_not(till: Till) -> None:
    reserved = till.released()
    transfer_id = till.booking(reserved).transfer_id or ""
    till.dispute(reserved)
    till.tick()
    till.handle_notices()
    assert till.alerts() == {"payment_disputed"}
    transfer = till.work.gateway.fetch_transfer(transfer_id)
    _hears(till, fetch_transfer=lambda _id: replace(transfer, reversed_minor=29_521))
    _tell(till, "transfer.reversed", transfer_id)
    assert till.alerts() == {"payment_disputed", "transfer_reversed"}


def test_a_dispute_of_a_payment_that_is_none_of_ours_is_parked(till: Till) -> None:
    reserved = till.confirmed()
    dispute = till.work.gateway.fetch_dispute(till.dispute(reserved))
    _hears(till, fetch_dispute=lambda _id: replace(dispute, charge_id="ch_x"))
    for _ in range(8):
        _tell(till, "charge.dispute.updated", "du_x")
        till.clock.advance(hours=3)
    assert "notice_parked" in till.alerts()


def test_a_dispute_that_comes_while_a_refund_is_under_way_waits_for_it(till: Till) -> None:
    reserved = till.confirmed()
    till.line.cut_before.add("refund")
    till.cancel(reserved, till.cast.ines)
    till.dispute(reserved)
    assert till.state(reserved) == "refunding"
    till.line.cut_before.clear()
    till.clock.advance(hours=1)
    till.tick()
    till.handle_notices()
    assert till.state(reserved) == "disputed"
    assert till.booking(reserved).disputed_from in ("refunding", "cancelled_by_expert")


def test_a_reversal_that_is_refused_and_tried_again_pays_the_experts_debt(till: Till) -> None:
    reserved = till.released()
    _hears(till, reverse_transfer=_refusal("balance_insufficient"))
    dispute = till.dispute(reserved)
    till.tick()
    owed = f"expert_receivable:{till.cast.ines.id}"
    assert till.balances()[owed] == 29_520
    _again(till, f"dispute:{dispute}", reserved.booking_id)
    assert till.balances()[owed] == 29_520
    _hears(till)
    _again(till, f"dispute:{dispute}", reserved.booking_id)
    assert owed not in till.balances()
    till.decide(dispute, "lost")
    assert till.alerts() == {"payment_disputed", "reversal_refused"}
    assert f"disputed_funds:{reserved.booking_id}" not in till.balances()
    assert "dispute_reserve" not in till.balances()


def test_a_share_that_comes_back_after_the_verdict_is_shown_to_a_person(till: Till) -> None:
    reserved = till.released()
    _hears(till, reverse_transfer=_refusal("balance_insufficient"))
    dispute = till.dispute(reserved)
    till.tick()
    till.decide(dispute, "lost")
    _hears(till)
    _again(till, f"dispute:{dispute}", reserved.booking_id)
    assert "reversal_after_verdict" in till.alerts()
    assert f"expert_receivable:{till.cast.ines.id}" not in till.balances()


def _again(till: Till, subject: str, booking_id: int) -> None:
    params = {"transfer_id": till.booking_by(booking_id).transfer_id, "amount_minor": 29_520}
    with till.work.transaction() as tx:
        operation = add_operation(tx, "demo", "reversal", subject, params, booking_id)
    operations.run_operation(till.work, operation.id)


def test_a_payment_on_an_earlier_page_of_the_booking_is_released(till: Till) -> None:
    reserved = till.requested()
    first_page = till.booking(reserved).checkout_id or ""
    till.work.gateway.void(till.booking(reserved).payment_intent_id or "", key="by-hand")
    till.accept(reserved)
    again = pay_again(till.work, Again(till.cast.lea.actor, reserved.booking_id))
    _tell(till, "checkout.session.completed", first_page)
    assert till.state(reserved) == "awaiting_payment"
    till.press(again)
    _tell(till, "checkout.session.completed", till.booking(reserved).checkout_id or "")
    assert till.state(reserved) == "capturing"


def test_a_notice_about_anything_else_is_done_with_at_once(till: Till) -> None:
    _tell(till, "balance.available", "balance")
    assert till.alerts() == set()
    assert notices.handle_due(till.work) == 0


def test_a_broken_notice_does_not_hold_up_the_others(till: Till) -> None:
    reserved = till.reserve()
    till.press(reserved)
    with till.work.transaction() as tx:
        keep_notice(tx.session, WaitingNotice("a", "refund.failed", "re_1", 0), "platform", tx.now)
    _hears(till, fetch_refund=lambda _id: None)
    till.handle_notices()
    assert till.state(reserved) == "requested"


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 2), (2, 4), (9, 512), (10, 600), (40, 600)])
def test_the_wait_doubles_up_to_ten_minutes(attempt: int, seconds: int) -> None:
    assert wait_before(attempt) == timedelta(seconds=seconds)


def test_the_clock_acts_as_the_system(till: Till) -> None:
    assert SYSTEM.account_id is None
    reserved = till.reserve()
    till.clock.advance(minutes=15)
    till.tick()
    with till.work.reading() as session:
        rows = session.execute(
            text("select what, actor_role from journal where subject_type = 'booking' order by id")
        ).all()
    assert [tuple(row) for row in rows] == [("booking.hold", "lead"), ("booking.lapse", "system")]
    assert till.state(reserved) == "expired_unpaid"
