"""What must happen when things go wrong: the design's list, a test for each line, by faults of the sandbox."""

import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import text

from marketplace.cashier import operations
from marketplace.domain.errors import DomainError, Unavailable
from marketplace.services import notices
from marketplace.store.bookings import Booking
from payments.sandbox.doors import Doors
from tests.till import SLOT, Till

PAID_OUT = timedelta(hours=3, days=3)


@pytest.fixture
def doors(till: Till) -> Doors:
    """What the sandbox can be asked to do wrong."""
    return Doors(till.sandbox.address)


class Crash(BaseException):
    """The process dies here: nothing catches it."""


def _die(*_args: object) -> bool:
    raise Crash


def _later(till: Till, **by: float) -> None:
    till.clock.advance(**by)
    till.tick()


def test_a_crash_after_the_stripe_call_and_before_the_commit_leaves_one_object_and_one_posting(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserved = till.confirmed()
    with monkeypatch.context() as dying:
        dying.setattr(operations, "_settle", _die)
        with pytest.raises(Crash):
            till.cancel(reserved, till.cast.ines)
    _later(till, seconds=61)
    assert till.state(reserved) == "cancelled_by_expert"
    assert till.entries().count("refund") == 1
    assert till.work.gateway.fetch_hold(_hold(till, reserved.booking_id)).refunded_minor == 36_000


def test_a_crash_before_the_stripe_call_sends_it_once(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    reserved = till.confirmed()
    with monkeypatch.context() as dying:
        dying.setattr(operations, "_ask", _die)
        with pytest.raises(Crash):
            till.cancel(reserved, till.cast.ines)
    assert "refund" not in till.line.sent
    _later(till, seconds=61)
    assert till.line.sent.count("refund") == 1
    assert till.state(reserved) == "cancelled_by_expert"


@pytest.mark.parametrize("fault", ["reset_after", "server_error_after"])
def test_an_outcome_unknown_for_over_a_day_is_looked_up_before_a_new_key_is_used(
    till: Till, doors: Doors, fault: str
) -> None:
    reserved = till.confirmed()
    doors.go_wrong("POST /v1/refunds", fault, times=1)  # type: ignore[arg-type]
    till.cancel(reserved, till.cast.ines)
    assert till.operations()[-1] == ("refund", "unknown")
    _later(till, hours=24)
    assert till.line.sent.count("refund") == 1
    assert "find_refund" in till.line.sent
    assert till.state(reserved) == "cancelled_by_expert"
    assert till.entries().count("refund") == 1


@pytest.mark.parametrize("fault", ["server_error", "rate_limit", "conflict", "reset"])
def test_what_stripe_did_not_do_is_asked_for_again_with_the_same_key(till: Till, doors: Doors, fault: str) -> None:
    reserved = till.requested()
    doors.go_wrong("POST /v1/payment_intents/*/capture", fault, times=2)  # type: ignore[arg-type]
    till.accept(reserved)
    assert till.state(reserved) == "capturing"
    _later(till, minutes=1)
    _later(till, minutes=1)
    assert till.state(reserved) == "confirmed"
    assert [status for kind, status in till.operations() if kind == "capture"] == ["done"]


def test_an_error_that_stripe_keeps_under_the_key_is_left_behind_after_a_day(till: Till, doors: Doors) -> None:
    reserved = till.confirmed()
    doors.go_wrong("POST /v1/refunds", "server_error_kept", times=1)
    till.cancel(reserved, till.cast.ines)
    _later(till, hours=22)
    assert till.state(reserved) == "refunding"
    _later(till, hours=3)
    assert till.state(reserved) == "cancelled_by_expert"
    assert [status for kind, status in till.operations() if kind == "refund"] == ["failed", "done"]
    assert till.entries().count("refund") == 1


def test_a_lost_notice_is_made_good_by_the_poller_within_five_minutes(till: Till, doors: Doors) -> None:
    till.tick()
    doors.go_wrong("*", "notice_drop", times=None)
    reserved = till.reserve()
    till.press(reserved)
    _later(till, minutes=5)
    notices.handle_due(till.work)
    assert till.state(reserved) == "requested"


def test_a_lost_notice_is_made_good_by_the_return_page_at_once(till: Till, doors: Doors) -> None:
    doors.go_wrong("*", "notice_drop", times=None)
    reserved = till.reserve()
    till.press(reserved)
    till.look(reserved)
    assert till.state(reserved) == "requested"


def test_duplicated_reordered_and_replayed_notices_bring_no_second_mail_and_no_second_posting(till: Till) -> None:
    reserved = till.confirmed()
    for _ in range(3):
        with till.work.transaction() as tx:
            # Handled again, the last one first.
            tx.session.execute(text("update notice set handled_at = null, next_at = received_at"))
        till.handle_notices()
    assert len(till.events("BookingRequested")) == len(till.events("BookingConfirmed")) == 1
    assert till.entries().count("capture") == 1
    assert till.state(reserved) == "confirmed"


@pytest.mark.parametrize("endpoint", ["platform", "v2", "connect"])
@pytest.mark.parametrize(
    ("secret", "age"),
    [("whsec_forged", 0), ("whsec_test", 301), ("whsec_test", -301), ("", 0)],
    ids=["forged", "stale", "future", "signed with nothing"],
)
def test_forged_stale_and_future_notices_are_400_and_nothing_is_stored(
    app: Flask, till: Till, endpoint: str, secret: str, age: int
) -> None:
    if secret == "whsec_test" and endpoint == "v2":
        secret = "whsec_test_v2"
    assert _deliver(app, till, endpoint, secret, age) == 400
    with till.work.reading() as session:
        assert session.scalar(text("select count(*) from notice")) == 0


def test_the_same_notice_with_the_right_secret_in_time_is_kept(app: Flask, till: Till) -> None:
    """The control: only secret and time made the difference."""
    assert _deliver(app, till, "platform", "whsec_test", 300) == 200
    assert _deliver(app, till, "platform", "whsec_test", -300) == 200
    with till.work.reading() as session:
        assert session.scalar(text("select count(*) from notice")) == 1


def test_a_declined_card_is_tried_again_on_the_page_and_the_booking_waits(till: Till) -> None:
    reserved = till.reserve()
    till.press(reserved, "decline")
    till.handle_notices()
    assert till.state(reserved) == "awaiting_payment"
    till.press(reserved)
    till.handle_notices()
    assert till.state(reserved) == "requested"


def test_a_capture_that_fails_never_confirms_and_the_lead_is_told(till: Till) -> None:
    reserved = till.requested()
    till.work.gateway.void(_hold(till, reserved.booking_id), key="by-hand")
    till.accept(reserved)
    assert till.state(reserved) == "payment_failed"
    assert till.events("BookingConfirmed") == []
    assert till.events("BookingEnded")[-1]["state"] == "payment_failed"


@pytest.mark.parametrize("column", ["gross_minor = 36001", "currency = 'usd'", "reference = 'CAD-OTHER'"])
def test_another_amount_currency_or_reference_is_refused_voided_and_shown_to_a_person(till: Till, column: str) -> None:
    reserved = till.reserve()
    with till.work.transaction() as tx:
        tx.session.execute(text(f"update booking set {column}"))  # noqa: S608 - words of this test
    till.press(reserved)
    till.look(reserved)
    till.tick()
    assert till.alerts() == {"payment_not_as_agreed"}
    assert till.state(reserved) == "expired_unpaid"
    assert till.work.gateway.fetch_hold(_hold(till, reserved.booking_id)).status == "canceled"


def test_two_tabs_share_one_live_operation_and_one_checkout_address(till: Till) -> None:
    first, second = till.reserve(), till.reserve()
    assert first.checkout_url == second.checkout_url
    assert till.operations() == [("checkout", "done")]


@pytest.mark.parametrize("_round", range(3))
def test_accept_against_withdraw_has_one_winner_and_the_other_sees_why(till: Till, _round: int) -> None:
    reserved = till.requested()
    codes = _at_once(lambda: till.accept(reserved), lambda: till.withdraw(reserved))
    till.tick()
    assert sorted(codes, key=str) == [None, "move_not_possible"] or codes == ["move_not_possible", None]
    assert till.state(reserved) == ("confirmed" if codes[0] is None else "withdrawn")


def test_money_that_is_authorised_after_the_booking_had_expired_is_voided(till: Till, doors: Doors) -> None:
    reserved = _paid_too_late(till, doors)
    _later(till, minutes=5)
    assert till.alerts() == {"late_payment_released"}
    checkout = till.work.gateway.fetch_checkout(till.booking(reserved).checkout_id or "")
    assert till.work.gateway.fetch_hold(checkout.payment_intent_id or "").status == "canceled"
    assert till.state(reserved) == "expired_unpaid"


def test_money_that_was_captured_after_the_booking_had_expired_is_refunded(till: Till, doors: Doors) -> None:
    reserved = _paid_too_late(till, doors, capture=True)
    _later(till, minutes=5)
    assert till.alerts() == {"late_payment_returned"}
    assert sorted(set(till.entries())) == ["capture", "refund"]
    assert f"client_money:{reserved.booking_id}" not in till.balances()
    assert till.state(reserved) == "expired_unpaid"


def test_an_account_restricted_at_the_transfer_blocks_the_payout_and_the_money_stays_payable(
    till: Till, doors: Doors
) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    with till.work.reading() as session:
        account = str(session.scalar(text("select payout_account from expert where payout_account is not null")))
    till.pass_until(SLOT + PAID_OUT - timedelta(minutes=1))
    doors.set_transfers(account, "restricted")
    _later(till, minutes=1)
    assert till.state(reserved) == "payout_blocked"
    assert till.alerts() == {"transfer_refused"}
    assert till.balances()[f"expert_payable:{till.cast.ines.id}"] == -29_520
    doors.set_transfers(account, "active")
    _later(till, minutes=11)
    assert till.state(reserved) == "released"
    assert till.entries().count("transfer") == 1


def test_a_dispute_before_the_transfer_stops_it(till: Till, doors: Doors) -> None:
    till.open_payouts()
    reserved = till.held()
    doors.dispute(_hold(till, reserved.booking_id))
    till.handle_notices()
    till.pass_until(SLOT + PAID_OUT + timedelta(days=1))
    assert till.state(reserved) == "disputed"
    assert "transfer" not in till.entries()


def test_a_dispute_after_the_transfer_takes_the_share_back(till: Till, doors: Doors) -> None:
    reserved = till.released()
    doors.go_wrong("POST /v1/transfers/*/reversals", "reset_after", times=1)
    doors.dispute(_hold(till, reserved.booking_id))
    till.handle_notices()
    _later(till, minutes=1)
    _later(till, minutes=1)
    assert till.state(reserved) == "disputed"
    assert till.entries().count("reversal") == 1
    assert till.balances()["dispute_reserve"] == -29_520


def test_a_refund_that_fails_later_has_its_postings_undone_and_a_case_opened(till: Till, doors: Doors) -> None:
    reserved = till.confirmed()
    till.cancel(reserved, till.cast.ines)
    with till.work.reading() as session:
        refund = str(session.scalar(text("select object_id from operation where kind = 'refund'")))
    till.clock.advance(days=5)
    doors.fail_refund(refund)
    till.handle_notices()
    assert till.entries().count("refund_undone") == 1
    assert till.alerts() == {"refund_failed"}
    with till.work.reading() as session:
        cases = session.execute(text("select kind, refund_minor from booking_case where settled_at is null")).all()
    assert [tuple(case) for case in cases] == [("refund_failed", 36_000)]


def test_stripe_down_means_a_clear_answer_and_a_free_slot(till: Till, doors: Doors) -> None:
    doors.go_wrong("POST *", "server_error", times=None)
    with pytest.raises(Unavailable, match="stripe_unavailable"):
        till.reserve()
    assert till.slot_is_free()
    doors.go_right()
    assert till.reserve().checkout_url


def _paid_too_late(till: Till, doors: Doors, *, capture: bool = False):  # type: ignore[no-untyped-def]
    reserved = till.reserve()
    doors.go_wrong("POST /v1/checkout/sessions/*/expire", "server_error", times=1)
    _later(till, minutes=15)
    assert till.state(reserved) == "expired_unpaid"
    till.press(reserved)
    if capture:
        checkout = till.work.gateway.fetch_checkout(till.booking(reserved).checkout_id or "")
        till.work.gateway.capture(checkout.payment_intent_id or "", key="by-hand")
    till.handle_notices()
    return reserved


def _hold(till: Till, booking_id: int) -> str:
    with till.work.reading() as session:
        return session.get_one(Booking, booking_id).payment_intent_id or ""


def _deliver(app: Flask, till: Till, endpoint: str, secret: str, age: int) -> int:
    moment = int(till.clock().timestamp()) - age
    thing = {"id": "pi_1", "object": "payment_intent"}
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": moment,
        "livemode": False,
        "data": {"object": thing},
    }
    body = json.dumps(event).encode()
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
    headers = {"Stripe-Signature": f"t={moment},v1={digest}"}
    return app.test_client().post(f"/notices/stripe/{endpoint}", data=body, headers=headers).status_code


def _at_once(*acts: Callable[[], object]) -> list[str | None]:
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
