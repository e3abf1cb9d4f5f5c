"""The money of a session, from the card to the expert's account, through the real client and the sandbox."""

from datetime import timedelta

from tests.till import SLOT, Till


def test_a_session_is_paid_held_and_released_with_exactly_the_ledger_of_the_design(till: Till) -> None:
    till.open_payouts()
    reserved = till.reserve()
    assert till.state(reserved) == "awaiting_payment"
    till.press(reserved)
    till.look(reserved)
    assert till.state(reserved) == "requested"
    assert till.entries() == []
    till.accept(reserved)
    assert till.state(reserved) == "confirmed"
    till.pass_until(SLOT - timedelta(hours=30))
    till.pass_until(SLOT + timedelta(hours=3, minutes=1), step_hours=0.5)
    assert till.state(reserved) == "awaiting_feedback"
    till.pass_until(SLOT + timedelta(hours=3) + timedelta(hours=72))
    assert till.state(reserved) == "released"
    balances = till.balances()
    fee = balances.pop("stripe_fees")
    assert fee > 0
    assert balances == {"stripe_balance": 36_000 - 29_520 - fee, "commission": -5_400, "vat_output": -1_080}
    assert sorted(till.entries()) == ["capture", "fee", "settle", "transfer"]
    assert till.alerts() == set()
    assert [event["hours"] for event in till.events("SessionNear")] == [24, 1]
    for name in ("BookingRequested", "BookingConfirmed", "SessionHeld", "MoneyReleased"):
        assert len(till.events(name)) == 1, name
