"""How a booking ends without a session, and what happens to its money."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from marketplace.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from marketplace.services.bookings import Again, Cancel, Reserved, cancel, give_up, pay_again
from marketplace.store.offerings import Offering
from tests.till import SLOT, Till, publish

ALL_BACK = ["capture", "fee", "refund"]


def _hold_status(till: Till, booking_id: int) -> str:
    from marketplace.store.bookings import Booking

    with till.work.reading() as session:
        hold_id = session.get_one(Booking, booking_id).payment_intent_id
    assert hold_id
    return till.work.gateway.fetch_hold(hold_id).status


def test_a_declined_request_releases_the_card_and_the_slot(till: Till) -> None:
    reserved = till.requested()
    till.decline(reserved)
    assert till.state(reserved) == "declined"
    assert _hold_status(till, reserved.booking_id) == "canceled"
    assert till.slot_is_free()
    assert till.events("BookingEnded") == [
        {"booking_id": reserved.booking_id, "state": "declined", "was_confirmed": False}
    ]
    assert till.balances() == {}


def test_silence_releases_the_card_at_the_deadline_and_not_before(till: Till) -> None:
    reserved = till.requested()
    deadline = till.booking(reserved).accept_by
    assert deadline == till.clock() + timedelta(hours=72)
    till.pass_until(deadline - timedelta(seconds=1))
    assert till.state(reserved) == "requested"
    till.pass_until(deadline)
    assert till.state(reserved) == "expired"
    assert _hold_status(till, reserved.booking_id) == "canceled"
    with pytest.raises(Conflict, match="move_not_possible"):
        till.accept(reserved)


def test_the_expert_can_accept_at_the_deadline_but_not_a_second_later(till: Till) -> None:
    first, second = till.requested(), till.requested(SLOT + timedelta(hours=3))
    till.clock.advance(hours=72)
    till.accept(first)
    assert till.state(first) == "confirmed"
    till.clock.advance(seconds=1)
    with pytest.raises(Conflict, match="answer_too_late"):
        till.accept(second)
    assert till.state(second) == "requested"


def test_a_withdrawn_request_releases_the_card(till: Till) -> None:
    reserved = till.requested()
    till.withdraw(reserved)
    assert till.state(reserved) == "withdrawn"
    assert _hold_status(till, reserved.booking_id) == "canceled"


@pytest.mark.parametrize(
    ("before", "refund"),
    [
        (timedelta(hours=72), 36_000),
        (timedelta(hours=72, seconds=-1), 18_000),
        (timedelta(hours=24), 18_000),
        (timedelta(hours=24, seconds=-1), 0),
    ],
)
def test_a_lead_who_cancels_gets_back_what_the_policy_says_and_the_rest_is_settled(
    till: Till, before: timedelta, refund: int
) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    till.clock.advance(seconds=(SLOT - before - till.clock()).total_seconds())
    till.cancel(reserved, till.cast.lea)
    assert till.state(reserved) == "cancelled_by_lead"
    assert till.slot_is_free()
    till.tick()
    booking = till.booking(reserved)
    assert booking.refunded_minor == refund
    kept = 36_000 - refund
    assert booking.share_minor == kept - kept * 18 // 100
    balances = till.balances()
    fee = balances.pop("stripe_fees")
    left = {"stripe_balance": kept * 18 // 100 - fee, "commission": -kept * 15 // 100, "vat_output": -kept * 3 // 100}
    assert balances == {account: amount for account, amount in left.items() if amount}
    assert sum(till.balances().values()) == 0
    assert [told["amount_minor"] for told in till.events("MoneyReleased")] == ([booking.sent_minor] if kept else [])


def test_an_expert_without_an_account_is_told_of_the_part_that_is_due(till: Till) -> None:
    reserved = till.confirmed()
    till.clock.advance(seconds=(SLOT - timedelta(hours=24) - till.clock()).total_seconds())
    till.cancel(reserved, till.cast.lea)
    till.tick()
    assert [told["amount_minor"] for told in till.events("PayoutBlocked")] == [14_760]
    till.open_payouts()
    till.tick()
    assert [told["amount_minor"] for told in till.events("MoneyReleased")] == [14_760]


def test_everything_comes_back_when_the_expert_cancels_an_hour_before(till: Till) -> None:
    reserved = till.confirmed()
    till.clock.advance(seconds=(SLOT - timedelta(hours=1) - till.clock()).total_seconds())
    till.cancel(reserved, till.cast.ines)
    till.tick()
    assert till.state(reserved) == "cancelled_by_expert"
    assert till.booking(reserved).refunded_minor == 36_000
    assert sorted(till.entries()) == ALL_BACK
    assert f"client_money:{reserved.booking_id}" not in till.balances()
    assert till.events("BookingEnded")[-1]["was_confirmed"] is True


def test_the_share_of_a_late_cancellation_waits_for_an_account_that_is_not_open_yet(till: Till) -> None:
    reserved = till.confirmed()
    till.clock.advance(seconds=(SLOT - timedelta(hours=1) - till.clock()).total_seconds())
    till.cancel(reserved, till.cast.lea)
    till.tick()
    assert till.booking(reserved).released_at is None
    assert till.balances()[f"expert_payable:{till.cast.ines.id}"] == -29_520
    till.open_payouts()
    till.tick()
    assert till.booking(reserved).released_at is not None
    assert till.state(reserved) == "cancelled_by_lead"


def test_an_unpaid_hold_frees_itself_after_a_quarter_of_an_hour(till: Till) -> None:
    reserved = till.reserve()
    till.clock.advance(minutes=15, seconds=-1)
    till.tick()
    assert till.state(reserved) == "awaiting_payment"
    till.clock.advance(seconds=1)
    till.tick()
    assert till.state(reserved) == "expired_unpaid"
    assert till.slot_is_free()
    checkout_id = till.booking(reserved).checkout_id
    assert checkout_id
    assert till.work.gateway.fetch_checkout(checkout_id).status == "expired"


def test_a_payment_whose_notice_was_lost_counts_when_the_hold_ends(till: Till) -> None:
    reserved = till.reserve()
    till.press(reserved)
    till.clock.advance(minutes=15)
    till.tick()
    assert till.state(reserved) == "requested"


def test_money_that_comes_for_a_dead_booking_goes_back_with_an_alert(till: Till) -> None:
    reserved = till.reserve()
    till.clock.advance(minutes=15)
    till.line.cut_before.add("expire_checkout")
    till.tick()
    assert till.state(reserved) == "expired_unpaid"
    till.press(reserved)
    till.handle_notices()
    assert till.alerts() == {"late_payment_released"}
    till.line.cut_before.clear()
    till.clock.advance(minutes=1)
    till.tick()
    hold = till.work.gateway.fetch_checkout(till.booking(reserved).checkout_id or "").payment_intent_id
    assert hold
    assert till.work.gateway.fetch_hold(hold).status == "canceled"
    assert till.state(reserved) == "expired_unpaid"
    assert till.balances() == {}


def test_a_lead_who_lets_the_slot_go_after_paying_is_told_that_it_is_paid(till: Till) -> None:
    reserved = till.reserve()
    till.press(reserved)
    with pytest.raises(Conflict, match="move_not_possible"):
        give_up(till.work, Again(till.cast.lea.actor, reserved.booking_id))
    assert till.state(reserved) == "requested"


def test_a_declined_card_can_be_tried_again_on_the_same_page(till: Till) -> None:
    reserved = till.reserve()
    till.press(reserved, "decline")
    till.look(reserved)
    assert till.state(reserved) == "awaiting_payment"
    till.press(reserved)
    till.look(reserved)
    assert till.state(reserved) == "requested"


def test_a_capture_that_cannot_succeed_asks_the_lead_to_pay_again_and_then_needs_no_second_answer(till: Till) -> None:
    reserved = till.requested()
    hold_id = till.booking(reserved).payment_intent_id
    assert hold_id
    till.work.gateway.void(hold_id, key="by-hand-in-the-dashboard")
    till.accept(reserved)
    assert till.state(reserved) == "payment_failed"
    assert till.alerts() == {"capture_refused"}
    assert not till.slot_is_free()
    again = pay_again(till.work, Again(till.cast.lea.actor, reserved.booking_id))
    assert again.checkout_url != reserved.checkout_url
    till.press(again)
    till.look(again)
    till.tick()
    assert till.state(reserved) == "confirmed"
    assert till.entries().count("capture") == 1


def test_what_was_accepted_can_be_paid_again_although_the_offering_is_off_the_market(till: Till) -> None:
    reserved = till.requested()
    till.work.gateway.void(till.booking(reserved).payment_intent_id or "", key="by-hand")
    till.accept(reserved)
    with till.work.transaction() as tx:
        tx.session.get_one(Offering, till.offering_id).state = "paused"
    till.press(pay_again(till.work, Again(till.cast.lea.actor, reserved.booking_id)))
    till.look(reserved)
    assert till.state(reserved) in ("capturing", "confirmed")


def test_nobody_pays_again_within_a_day_and_the_slot_is_free(till: Till) -> None:
    reserved = till.requested()
    till.work.gateway.void(till.booking(reserved).payment_intent_id or "", key="by-hand")
    till.accept(reserved)
    till.pass_until(till.clock() + timedelta(hours=24), step_hours=23)
    assert till.state(reserved) == "expired_unpaid"
    assert till.slot_is_free()


def test_a_hold_that_vanishes_before_the_answer_ends_the_request(till: Till) -> None:
    reserved = till.requested()
    till.work.gateway.void(till.booking(reserved).payment_intent_id or "", key="by-hand")
    till.handle_notices()
    assert till.state(reserved) == "expired"
    assert till.slot_is_free()


def test_without_stripe_the_slot_is_free_again_and_nothing_is_lost(till: Till) -> None:
    till.line.cut_before.add("*")
    with pytest.raises(Unavailable, match="stripe_unavailable"):
        till.reserve()
    assert till.slot_is_free()
    till.line.cut_before.clear()
    assert till.reserve().checkout_url


def test_a_page_that_came_up_after_its_booking_had_ended_is_shut(till: Till) -> None:
    till.line.cut_after.add("open_checkout")
    with pytest.raises(Unavailable):
        till.reserve()
    till.line.cut_after.clear()
    till.clock.advance(minutes=1)
    till.tick()
    assert till.operations() == [("checkout", "done"), ("expire", "done")]


def test_a_wrong_slot_names_the_nearest_free_ones(till: Till) -> None:
    with pytest.raises(Conflict) as refusal:
        till.reserve(starts_at=SLOT + timedelta(hours=1))
    assert refusal.value.code == "slot_not_offered"
    assert SLOT in {slot.starts_at for slot in refusal.value.facts["nearest"]}
    till.requested()
    with pytest.raises(Conflict) as lost:
        till.reserve(till.cast.marta)
    assert lost.value.code == "slot_taken"
    assert next(slot.starts_at for slot in lost.value.facts["nearest"]) == SLOT + timedelta(hours=3)
    with pytest.raises(Conflict, match="slot_past"):
        till.reserve(starts_at=till.clock() - timedelta(days=7))


def test_two_tabs_get_the_same_payment_page(till: Till) -> None:
    assert till.reserve() == till.reserve()
    assert till.operations() == [("checkout", "done")]


def test_a_lead_keeps_three_unpaid_slots_at_most(till: Till) -> None:
    for hours in (0, 3, 6):
        till.reserve(starts_at=SLOT + timedelta(hours=hours))
    with pytest.raises(Conflict, match="too_many_holds"):
        till.reserve(starts_at=SLOT + timedelta(days=1))
    till.clock.advance(minutes=16)
    till.tick()
    till.reserve(starts_at=SLOT + timedelta(days=1))


def test_who_and_what_may_not_be_reserved(till: Till) -> None:
    with pytest.raises(Forbidden, match="not_verified"):
        till.reserve(till.cast.noor)
    with pytest.raises(Forbidden, match="not_your_role"):
        till.reserve(till.cast.ines)
    with pytest.raises(NotFound):
        till.reserve(offering_id=999)
    with pytest.raises(NotFound):
        till.reserve(brief_id=999)
    with pytest.raises(NotFound):
        till.reserve(offering_id=publish(till.work, till.cast.jeanne))
    for wishes, code in (
        ({"format": "onsite"}, "format_not_offered"),
        ({"objective": "  "}, "objective_missing"),
        ({"objective": "x" * 2_001}, "text_too_long"),
        ({"answers": ("a", "b")}, "too_many_answers"),
        ({"po_number": "x" * 51}, "po_number_too_long"),
        ({"starts_at": SLOT.replace(tzinfo=None)}, "slot_unreadable"),
    ):
        with pytest.raises(Invalid, match=code):
            till.reserve(**wishes)
    assert till.slot_is_free()


def test_a_refund_that_is_not_what_the_page_had_shown_is_not_made(till: Till) -> None:
    reserved = till.confirmed()
    with pytest.raises(Conflict, match="refund_changed"):
        cancel(till.work, Cancel(till.cast.lea.actor, reserved.booking_id, "Ill.", shown_refund_minor=18_000))
    assert till.state(reserved) == "confirmed"
    assert not till.slot_is_free()


def test_what_the_lead_writes_last_before_paying_is_what_the_expert_reads(till: Till) -> None:
    first = till.reserve(objective="Know the gaps.")
    second = till.reserve(objective="Close the gaps.", answers=("Fifty.",), po_number="PO-7")
    assert second == first
    booking = till.booking(first)
    assert (booking.objective, booking.answers, booking.po_number) == ("Close the gaps.", ["Fifty."], "PO-7")
    with pytest.raises(Invalid):
        till.reserve(objective=" ")
    till.press(first)
    till.look(first)
    with pytest.raises(Conflict):
        till.reserve(objective="Something else.")
    assert till.booking(first).objective == "Close the gaps."


def test_two_clicks_at_once_hold_one_slot_and_neither_is_told_that_somebody_else_took_it(till: Till) -> None:
    at_once = Barrier(5)

    def click(_number: int) -> Reserved:
        at_once.wait()
        return till.reserve()

    with ThreadPoolExecutor(5) as clicks:
        got = list(clicks.map(click, range(5)))
    assert len({reserved.booking_id for reserved in got}) == 1
    assert till.booking(got[0]).checkout_url in {reserved.checkout_url for reserved in got}
    own_page = f"{till.work.base_url}/bookings/{got[0].booking_id}/return?left=1"
    assert {reserved.checkout_url for reserved in got} <= {till.booking(got[0]).checkout_url, own_page}
