"""After 23 hours a key is not safe any more: every kind of operation is looked up by what it carried, then decided.

Each is lost both ways by the sandbox: carried out with the answer cut off ("reset_after"), and cut off before anything
happened ("reset"). What was done is adopted and not sent again; what was not is sent once more, with a new key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from marketplace.cashier import operations
from marketplace.cashier.calls import Call, look_up
from marketplace.domain.errors import Unavailable
from marketplace.services.payouts import Payouts, onboarding_page
from marketplace.store.bookings import Booking
from marketplace.store.experts import Expert
from marketplace.store.operations import Operation
from payments.sandbox.doors import Doors
from tests.till import SLOT, Till

PAID_OUT = timedelta(hours=3, days=3)


def _accept(till: Till) -> None:
    till.accept(till.requested())


def _decline(till: Till) -> None:
    till.decline(till.requested())


def _cancel(till: Till) -> None:
    till.cancel(till.confirmed(), till.cast.ines)


def _pay_out(till: Till) -> None:
    till.open_payouts()
    till.confirmed()
    till.pass_until(SLOT + PAID_OUT)


def _dispute_after_payout(till: Till) -> None:
    till.dispute(till.released())
    till.tick()


@dataclass(frozen=True, slots=True)
class Lost:
    """How a call of one kind comes about: its method, its route at Stripe, how Stripe's book and the booking end."""

    method: str
    route: str
    happens: Callable[[Till], None]
    state: str
    entry: str = ""


LOST = {
    "capture": Lost("capture", "POST /v1/payment_intents/*/capture", _accept, "confirmed", "capture"),
    "void": Lost("void", "POST /v1/payment_intents/*/cancel", _decline, "declined"),
    "refund": Lost("refund", "POST /v1/refunds", _cancel, "cancelled_by_expert", "refund"),
    "transfer": Lost("transfer", "POST /v1/transfers", _pay_out, "released", "transfer"),
    "reversal": Lost(
        "reverse_transfer", "POST /v1/transfers/*/reversals", _dispute_after_payout, "disputed", "reversal"
    ),
}


@pytest.fixture
def doors(till: Till) -> Doors:
    """What the sandbox can be asked to do wrong."""
    return Doors(till.sandbox.address)


def _a_day_later(till: Till) -> None:
    till.clock.advance(hours=24)
    till.tick()


def _of(till: Till, kind: str) -> list[tuple[str, str]]:
    """Key and status of every operation of a kind, in order."""
    with till.work.reading() as session:
        rows = session.execute(
            select(Operation.key, Operation.status).where(Operation.kind == kind).order_by(Operation.id)
        )
        return [(key, status) for key, status in rows]


def _statuses(till: Till, kind: str) -> list[str]:
    return [status for _, status in _of(till, kind)]


def _the_booking(till: Till) -> Booking:
    with till.work.reading() as session:
        return session.scalars(select(Booking)).one()


@pytest.mark.parametrize("kind", LOST)
def test_what_was_done_is_found_a_day_later_and_adopted_without_sending_it_again(
    till: Till, doors: Doors, kind: str
) -> None:
    lost = LOST[kind]
    doors.go_wrong(lost.route, "reset_after", times=1)
    lost.happens(till)
    assert _statuses(till, kind) == ["unknown"]
    _a_day_later(till)
    assert till.line.sent.count(lost.method) == 1
    assert _statuses(till, kind) == ["done"]
    assert _the_booking(till).state == lost.state
    assert till.entries().count(lost.entry) == (1 if lost.entry else 0)


@pytest.mark.parametrize("kind", LOST)
def test_what_was_never_done_is_sent_a_day_later_with_a_new_key(till: Till, doors: Doors, kind: str) -> None:
    lost = LOST[kind]
    doors.go_wrong(lost.route, "reset", times=1)
    lost.happens(till)
    assert _statuses(till, kind) == ["unknown"]
    _a_day_later(till)
    till.tick()
    assert till.line.sent.count(lost.method) == 2
    assert _statuses(till, kind) == ["failed", "done"]
    assert len({key for key, _ in _of(till, kind)}) == 2
    assert _the_booking(till).state == lost.state
    assert till.entries().count(lost.entry) == (1 if lost.entry else 0)


@pytest.mark.parametrize("kind", LOST)
def test_within_the_day_the_same_key_is_sent_again_and_nothing_is_looked_up(
    till: Till, doors: Doors, kind: str
) -> None:
    """The control: only the age of the key made the difference."""
    lost = LOST[kind]
    doors.go_wrong(lost.route, "reset_after", times=1)
    lost.happens(till)
    till.clock.advance(hours=22)
    till.tick()
    assert till.line.sent.count(lost.method) == 2
    assert not [method for method in till.line.sent if method.startswith("find_")]
    assert _statuses(till, kind) == ["done"]
    assert till.entries().count(lost.entry) == (1 if lost.entry else 0)


def test_without_the_look_up_the_share_is_sent_a_second_time(
    till: Till, doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the look-up saves us from."""
    monkeypatch.setattr(operations, "KEY_LIFE", timedelta(days=99))
    doors.go_wrong(LOST["transfer"].route, "reset_after", times=1)
    _pay_out(till)
    _a_day_later(till)
    assert till.line.sent.count("transfer") == 2
    assert "find_transfer" not in till.line.sent


def test_an_account_that_was_opened_is_found_and_becomes_the_experts(till: Till, doors: Doors) -> None:
    doors.go_wrong("POST /v2/core/accounts", "reset_after", times=1)
    with pytest.raises(Unavailable):
        onboarding_page(till.work, Payouts(till.cast.ines.actor))
    _a_day_later(till)
    assert till.line.sent.count("create_account") == 1
    assert "find_account" in till.line.sent
    assert _statuses(till, "account") == ["done"]
    with till.work.reading() as session:
        assert session.get_one(Expert, till.cast.ines.id).payout_account


def test_an_account_that_was_never_opened_is_opened_with_a_new_key_when_the_expert_asks_again(
    till: Till, doors: Doors
) -> None:
    doors.go_wrong("POST /v2/core/accounts", "reset", times=1)
    with pytest.raises(Unavailable):
        onboarding_page(till.work, Payouts(till.cast.ines.actor))
    _a_day_later(till)
    assert till.line.sent.count("create_account") == 1
    assert _statuses(till, "account") == ["failed"]
    assert onboarding_page(till.work, Payouts(till.cast.ines.actor))
    assert _statuses(till, "account") == ["failed", "done"]
    assert len({key for key, _ in _of(till, "account")}) == 2


def test_a_payment_page_that_was_opened_is_found_and_shut_because_its_booking_is_over(till: Till, doors: Doors) -> None:
    doors.go_wrong("POST /v1/checkout/sessions", "reset_after", times=1)
    _ask_for_a_page(till)
    _a_day_later(till)
    assert till.line.sent.count("open_checkout") == 1
    assert "find_checkout" in till.line.sent
    assert _statuses(till, "checkout") == ["done"]
    assert till.slot_is_free()
    with till.work.reading() as session:
        page = str(session.scalar(text("select object_id from operation where kind = 'checkout'")))
    assert till.work.gateway.fetch_checkout(page).status == "expired"


def test_a_payment_page_that_was_never_opened_is_opened_with_a_new_key_for_a_new_booking_alone(
    till: Till, doors: Doors
) -> None:
    doors.go_wrong("POST /v1/checkout/sessions", "reset", times=1)
    _ask_for_a_page(till)
    _a_day_later(till)
    assert till.line.sent.count("open_checkout") == 1
    assert _statuses(till, "checkout") == ["failed"]
    assert till.reserve().checkout_url
    assert len({key for key, _ in _of(till, "checkout")}) == 2


def _ask_for_a_page(till: Till) -> None:
    with pytest.raises(Unavailable):
        till.reserve()


@pytest.mark.parametrize("fault", ["reset_after", "reset"])
def test_a_page_that_was_to_be_shut_is_looked_at_and_not_shut_twice(till: Till, doors: Doors, fault: str) -> None:
    """After a day every page is shut: by us, or by its own deadline at Stripe."""
    doors.go_wrong("POST /v1/checkout/sessions/*/expire", fault, times=1)  # type: ignore[arg-type]
    till.reserve()
    till.clock.advance(minutes=15)
    till.tick()
    assert _statuses(till, "expire") == ["unknown"]
    _a_day_later(till)
    assert till.line.sent.count("expire_checkout") == 1
    assert "fetch_checkout" in till.line.sent
    assert _statuses(till, "expire") == ["done"]


def test_a_page_that_is_still_open_was_not_shut(till: Till) -> None:
    reserved = till.reserve()
    page = till.booking(reserved).checkout_id or ""
    began = datetime(2026, 10, 1, tzinfo=UTC)
    asked = Call(1, "expire", f"page:{page}", reserved.booking_id, {"checkout_id": page}, "op", 2, began)
    assert look_up(till.work.gateway, asked) is None
    till.work.gateway.expire_checkout(page, key="by-hand")
    found = look_up(till.work.gateway, asked)
    assert found is not None
    assert found.id == page
