"""What must happen when things go wrong: the design's list, in its order and words; the sandbox's faults make each.

The sandbox is reached over HTTP and delivers its notices to the site's own doors, signed, as Stripe does.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from werkzeug.serving import make_server

from marketplace import reactions, worker
from marketplace.app import create_app
from marketplace.config import Settings
from marketplace.services import clockwork, notices
from marketplace.services.bookings import RefundBeyond, Reserved, refund_beyond_policy
from marketplace.store.accounts import Account
from marketplace.store.money import Notice
from marketplace.store.outbox import LetterRow
from marketplace.work import Work
from payments.sandbox import Endpoint
from payments.sandbox.doors import Doors
from payments.sandbox.mishaps import Kind
from tests.cast import Cast, StillClock
from tests.journeys.victims import Victim
from tests.till import SLOT, Till, at_once, running_till
from tests.web.browse import Browser

PAID_OUT = timedelta(hours=3, days=3)
REFUND, CAPTURE, CHECKOUT = "POST /v1/refunds", "POST /v1/payment_intents/*/capture", "POST /v1/checkout/sessions"
SECRETS = {"platform": "whsec_platform", "v2": "whsec_v2", "connect": "whsec_connect"}
PAYLOADS = {"platform": "snapshot", "v2": "thin", "connect": "connect"}


@pytest.fixture
def listening(settings: Settings) -> Settings:
    """An installation whose three endpoints have their secrets."""
    return replace(
        settings,
        stripe_secrets=(SECRETS["platform"],),
        stripe_secrets_v2=(SECRETS["v2"],),
        stripe_secrets_connect=(SECRETS["connect"],),
    )


@pytest.fixture
def address(listening: Settings, work: Work) -> Iterator[str]:
    """Where the site listens for Stripe's notices."""
    server = make_server("127.0.0.1", 0, create_app(listening, work), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def till(work: Work, clock: StillClock, cast: Cast, tmp_path: Path, address: str) -> Iterator[Till]:
    """Léa, Inès, an offering, and a sandbox that really delivers."""
    endpoints = [
        Endpoint(f"{address}/notices/stripe/{name}", secret, PAYLOADS[name])  # type: ignore[arg-type]
        for name, secret in SECRETS.items()
    ]
    with running_till(work, clock, cast, tmp_path, endpoints) as till:
        yield till


@pytest.fixture
def doors(till: Till) -> Doors:
    """What the sandbox can be asked to do wrong."""
    return till.sandbox.doors


@pytest.fixture
def app(listening: Settings, till: Till) -> Flask:
    """The site as Léa sees it, with the sandbox behind it."""
    with till.work.transaction() as tx:
        tx.session.execute(update(Account).values(language="en"))
    return create_app(listening, till.work)


# crash after the Stripe call, before commit -> one object, one posting


def test_a_crash_after_the_stripe_call_and_before_the_commit_leaves_one_object_and_one_posting(
    till: Till, doors: Doors
) -> None:
    reserved = till.confirmed()
    doors.go_wrong(REFUND, "timeout_after", seconds=20)
    victim = Victim(till, till.cast.ines, reserved.booking_id)
    till.wait_for(lambda: till.at_stripe("refund"))
    victim.kill()
    assert (till.state(reserved), till.entries().count("refund")) == ("refunding", 0)
    _later(till, seconds=61)
    assert (till.state(reserved), till.entries().count("refund")) == ("cancelled_by_expert", 1)
    assert [refund["amount"] for refund in till.at_stripe("refund")] == [36_000]


# crash before the call -> sent once


def test_a_crash_before_the_stripe_call_sends_it_once(till: Till, doors: Doors) -> None:
    reserved = till.confirmed()
    doors.go_wrong(REFUND, "timeout", seconds=20)
    victim = Victim(till, till.cast.ines, reserved.booking_id)
    till.wait_for(lambda: _statuses(till, "refund") == ["pending"] and not doors.mishaps())
    victim.kill()
    assert till.at_stripe("refund") == []
    _later(till, seconds=61)
    assert (till.state(reserved), till.entries().count("refund")) == ("cancelled_by_expert", 1)
    assert [refund["amount"] for refund in till.at_stripe("refund")] == [36_000]


# outcome unknown for over a day -> look-up before a new key


@pytest.mark.parametrize("fault", ["reset_after", "server_error_after"])
def test_an_outcome_unknown_for_over_a_day_is_looked_up_before_a_new_key_is_used(
    till: Till, doors: Doors, fault: Kind
) -> None:
    reserved = till.confirmed()
    doors.go_wrong(REFUND, fault)
    till.cancel(reserved, till.cast.ines)
    assert _statuses(till, "refund") == ["unknown"]
    _later(till, hours=24)
    assert (till.line.sent.count("refund"), "find_refund" in till.line.sent) == (1, True)
    assert (till.state(reserved), till.entries().count("refund")) == ("cancelled_by_expert", 1)


@pytest.mark.parametrize("fault", ["reset", "server_error_kept"])
def test_what_the_look_up_does_not_find_is_sent_with_a_new_key(till: Till, doors: Doors, fault: Kind) -> None:
    reserved = till.confirmed()
    doors.go_wrong(REFUND, fault)
    till.cancel(reserved, till.cast.ines)
    _later(till, hours=24)
    assert _statuses(till, "refund") == ["failed", "done"]
    assert len(till.at_stripe("refund")) == till.entries().count("refund") == 1
    assert till.state(reserved) == "cancelled_by_expert"


# notice lost -> poller or return page within 5 min


def test_a_lost_notice_is_made_good_by_the_poller_within_five_minutes(till: Till, doors: Doors) -> None:
    till.tick()
    doors.go_wrong("*", "notice_drop", times=None)
    reserved = till.reserve()
    till.press(reserved)
    till.handle_notices()
    assert till.state(reserved) == "awaiting_payment"
    _later(till, minutes=5)
    notices.handle_due(till.work)
    assert till.state(reserved) == "requested"


def test_a_lost_notice_is_made_good_by_the_return_pageat_once(till: Till, doors: Doors, app: Flask) -> None:
    doors.go_wrong("*", "notice_drop", times=None)
    reserved = till.reserve()
    till.press(reserved)
    Browser(app).sign_in(till.cast.lea).get(f"/bookings/{reserved.booking_id}/return")
    assert till.state(reserved) == "requested"


# duplicated, reordered, replayed -> no second mail or posting


@pytest.mark.parametrize("fault", ["notice_duplicate", "notice_reorder", "notice_delay", "notice_again"])
def test_duplicated_reordered_late_and_replayed_notices_bring_no_second_mail_and_no_second_posting(
    till: Till, doors: Doors, fault: Kind
) -> None:
    doors.go_wrong("*", fault, times=None, seconds=3600)
    till.open_payouts()
    reserved = till.confirmed() if fault in ("notice_duplicate", "notice_again") else _confirmed_by_looking(till)
    till.pass_until(SLOT + PAID_OUT)
    till.clock.advance(hours=1)
    till.handle_notices()
    while reactions.deliver(till.work):
        pass
    assert till.state(reserved) == "released"
    assert Counter(till.entries()) == {"capture": 1, "fee": 1, "settle": 1, "transfer": 1}
    assert [len(till.events(name)) for name in ("BookingRequested", "BookingConfirmed", "MoneyReleased")] == [1, 1, 1]
    assert max(_letters(till).values()) == 1
    with till.work.reading() as session:
        unhandled = select(Notice.id).where(Notice.handled_at.is_(None))
        assert (session.scalars(unhandled).all(), till.alerts()) == ([], set())


# forged, stale, future -> 400, nothing stored


@pytest.mark.parametrize("fault", ["notice_forged", "notice_blank", "notice_stale", "notice_future"])
def test_forged_stale_and_future_notices_are_400_and_nothing_is_stored(till: Till, doors: Doors, fault: Kind) -> None:
    doors.go_wrong("*", fault, times=None)
    till.press(till.reserve())
    till.open_payouts()
    till.handle_notices()
    refused = [each for each in doors.deliveries() if each["attempts"]]
    assert {each["url"].rpartition("/")[2] for each in refused} == set(SECRETS)
    assert {each["answer"] for each in refused} == {400}
    assert _kept(till) == set()


def test_the_same_notices_signed_as_they_should_be_are_kept_at_all_three_endpoints(till: Till, doors: Doors) -> None:
    """The control: only the signature made the difference."""
    till.press(till.reserve())
    till.open_payouts()
    till.handle_notices()
    assert (_kept(till), doors.deliveries()) == (set(SECRETS), [])


# declined -> Checkout retries, booking waits


def test_a_declined_card_is_tried_again_on_the_page_and_the_booking_waits(till: Till) -> None:
    reserved = till.reserve()
    till.press(reserved, "decline")
    till.handle_notices()
    assert till.state(reserved) == "awaiting_payment"
    till.press(reserved)
    till.handle_notices()
    assert till.state(reserved) == "requested"


# capture fails -> never confirmed, lead told


def test_a_capture_that_fails_never_confirms_and_the_lead_is_told(till: Till, doors: Doors) -> None:
    reserved = till.requested()
    doors.go_wrong(CAPTURE, "refused")
    till.accept(reserved)
    till.handle_notices()
    worker.settle(till.work)
    assert till.state(reserved) == "payment_failed"
    assert (till.events("BookingConfirmed"), till.entries()) == ([], [])
    assert ("booking_ended", till.cast.lea.id) in _letters(till)
    assert [intent["status"] for intent in till.at_stripe("payment_intent")] == ["canceled"]


# amount or currency differs -> on hold, void, alert


@pytest.mark.parametrize(
    "altered",
    [{"amount": 36_001}, {"currency": "usd"}, {"reference": "CAD-OTHER"}],
    ids=["amount", "currency", "whose"],
)
def test_another_amount_currency_or_reference_is_refused_voided_and_shown_to_a_person(
    till: Till, doors: Doors, altered: dict[str, int | str]
) -> None:
    reserved = till.reserve()
    doors.alter_checkout(till.booking(reserved).checkout_id or "", **altered)
    doors.go_wrong("POST /v1/payment_intents/*/cancel", "server_error")
    till.press(reserved)
    till.look(reserved)
    assert (till.state(reserved), till.alerts()) == ("voiding", {"payment_not_as_agreed"})
    _later(till, minutes=1)
    _later(till, minutes=1)
    assert till.state(reserved) == "expired_unpaid"
    assert [intent["status"] for intent in till.at_stripe("payment_intent")] == ["canceled"]
    assert till.slot_is_free()


# two tabs -> one live operation, same Checkout address


@pytest.mark.parametrize("fault", ["reset_after", "conflict"])
def test_two_tabs_share_one_live_operation_and_one_checkout_address(till: Till, doors: Doors, fault: Kind) -> None:
    doors.go_wrong(CHECKOUT, fault)
    assert at_once(till.reserve)[0] == "stripe_unavailable"
    addresses: list[str | None] = []
    assert at_once(*[lambda: addresses.append(_patiently(till).checkout_url)] * 2) == [None, None]
    assert len(set(addresses)) == 1
    assert [status for kind, status in till.operations() if kind == "checkout"].count("done") == 1
    till.clock.advance(seconds=5)
    till.tick()  # the page whose opening nobody had heard of is shut
    assert len([page for page in till.at_stripe("checkout.session") if page["status"] == "open"]) == 1


# accept against withdraw -> one wins, the other sees why


@pytest.mark.parametrize("fault", ["reset", "reset_after"])
def test_accept_against_withdraw_has_one_winner_and_the_other_sees_why(till: Till, doors: Doors, fault: Kind) -> None:
    reserved = till.requested()
    doors.go_wrong("POST /v1/payment_intents/*", fault)  # whoever wins does not know yet what came of it
    codes = at_once(lambda: till.accept(reserved), lambda: till.withdraw(reserved))
    assert sorted(codes, key=str) == [None, "move_not_possible"]
    _later(till, minutes=1)
    assert till.state(reserved) == ("confirmed" if codes[0] is None else "withdrawn")


# paid after expiry -> void or refund


def test_money_that_is_authorised_after_the_booking_had_expired_is_voided(till: Till, doors: Doors) -> None:
    reserved = _paid_too_late(till, doors)
    _later(till, minutes=5)
    assert till.alerts() == {"late_payment_released"}
    assert [intent["status"] for intent in till.at_stripe("payment_intent")] == ["canceled"]
    assert (till.state(reserved), till.entries()) == ("expired_unpaid", [])


def test_money_that_was_captured_after_the_booking_had_expired_is_refunded(till: Till, doors: Doors) -> None:
    reserved = _paid_too_late(till, doors, capture=True)
    _later(till, minutes=5)
    assert till.alerts() == {"late_payment_returned"}
    assert sorted(set(till.entries())) == ["capture", "refund"]
    assert f"client_money:{reserved.booking_id}" not in till.balances()
    assert till.state(reserved) == "expired_unpaid"


# account restricted -> payout_blocked, money stays payable


def test_an_account_restricted_at_the_transfer_blocks_the_payout_and_the_money_stays_payable(
    till: Till, doors: Doors
) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    (account,) = till.at_stripe("v2.core.account")
    till.pass_until(SLOT + PAID_OUT - timedelta(minutes=1))
    doors.go_wrong("v2.core.account*", "notice_drop", times=None)  # or we would know before we try
    doors.set_transfers(account["id"], "restricted")
    _later(till, minutes=1)
    assert (till.state(reserved), till.alerts()) == ("payout_blocked", {"transfer_refused"})
    assert till.balances()[f"expert_payable:{till.cast.ines.id}"] == -29_520
    doors.set_transfers(account["id"], "active")
    _later(till, minutes=11)
    assert (till.state(reserved), till.entries().count("transfer")) == ("released", 1)


# dispute before or after transfer


def test_a_dispute_before_the_transfer_stops_it(till: Till, doors: Doors) -> None:
    till.open_payouts()
    reserved = till.held()
    doors.dispute(_hold(till, reserved))
    till.handle_notices()
    till.pass_until(SLOT + PAID_OUT + timedelta(days=1))
    assert (till.state(reserved), till.at_stripe("transfer")) == ("disputed", [])


def test_a_dispute_after_the_transfer_takes_the_share_back(till: Till, doors: Doors) -> None:
    reserved = till.released()
    doors.go_wrong("POST /v1/transfers/*/reversals", "reset_after")
    doors.dispute(_hold(till, reserved))
    till.handle_notices()
    _later(till, minutes=1)
    _later(till, minutes=1)
    assert (till.state(reserved), till.entries().count("reversal")) == ("disputed", 1)
    assert till.balances()["dispute_reserve"] == -29_520


# refund after payout -> reverse first


def test_a_refund_after_the_payout_takes_the_share_back_first(till: Till, doors: Doors) -> None:
    reserved = till.released()
    doors.go_wrong("POST /v1/transfers/*/reversals", "reset")
    refund_beyond_policy(till.work, RefundBeyond(till.cast.ada.actor, reserved.booking_id, 36_000, "It went wrong."))
    assert (till.state(reserved), till.at_stripe("refund")) == ("refunding", []), "no refund before the reversal"
    _later(till, minutes=1)
    _later(till, minutes=1)
    assert till.state(reserved) == "refunded"
    moved = [kind for kind in till.entries() if kind in ("reversal", "refund")]
    assert moved == ["reversal", "refund"]
    assert "refund_reserve" not in till.balances()


# refund `failed` later -> postings undone, case opened


def test_a_refund_that_fails_later_has_its_postings_undone_and_a_case_opened(till: Till, doors: Doors) -> None:
    reserved = till.confirmed()
    till.cancel(reserved, till.cast.ines)
    (refund,) = till.at_stripe("refund")
    till.clock.advance(days=5)
    doors.fail_refund(refund["id"])
    till.handle_notices()
    assert (till.entries().count("refund_undone"), till.alerts()) == (1, {"refund_failed"})
    assert _open_cases(till) == [("refund_failed", 36_000)]
    assert till.balances()["refund_reserve"] == -36_000


# Stripe down -> a clear page, input kept, nothing lost


@pytest.mark.parametrize("fault", ["server_error", "rate_limit", "reset"])
def test_stripe_down_means_a_clear_page_with_the_input_kept_and_nothing_lost(
    till: Till, doors: Doors, app: Flask, fault: Kind
) -> None:
    lea, path = Browser(app).sign_in(till.cast.lea), f"/offerings/{till.offering_id}/booking"
    doors.go_wrong("*", fault, times=None)
    form = lea.get(path)
    slot = form.soup.select_one("[name=slot]")
    assert slot is not None
    typed = {
        "slot": slot["value"],
        "objective": "Know the ten gaps.",
        "answer_0": "Forty clusters.",
        "format": "remote",
    }
    page = lea.submit(form, path, path, **typed)
    assert (page.status, page.headers["Retry-After"].isdigit()) == (503, True)
    assert "The payment page does not answer right now. Nothing was charged" in page.text
    assert {name: page.fields(path)[name] for name in typed} == typed
    assert till.slot_is_free()
    doors.go_right()
    assert lea.submit(page, path, path).location.startswith(till.sandbox.address)


def test_stripe_down_stops_only_what_needs_stripe_and_all_of_it_is_made_up_for(till: Till, doors: Doors) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    doors.go_wrong("*", "server_error", times=None)
    till.pass_until(SLOT + timedelta(days=4))
    assert till.state(reserved) == "releasing"
    assert all(done == 0 for _, done in clockwork.due(till.work))
    doors.go_right()
    _later(till, minutes=15)
    assert till.state(reserved) == "released"


def _later(till: Till, **by: float) -> None:
    till.clock.advance(**by)
    till.tick()


def _confirmed_by_looking(till: Till) -> Reserved:
    """Whatever becomes of the notices: Léa comes back from the payment page, Inès accepts."""
    reserved = till.reserve()
    till.press(reserved)
    till.look(reserved)
    till.accept(reserved)
    return reserved


def _patiently(till: Till) -> Reserved:
    """Léa tries again while another tab of hers is just being answered."""
    for _ in range(100):
        reserved = till.reserve()
        if reserved.checkout_url.startswith(till.sandbox.address):
            return reserved
    raise AssertionError("she never got a page")


def _paid_too_late(till: Till, doors: Doors, *, capture: bool = False) -> Reserved:
    reserved = till.reserve()
    doors.go_wrong("POST /v1/checkout/sessions/*/expire", "server_error")
    _later(till, minutes=15)
    assert till.state(reserved) == "expired_unpaid"
    till.press(reserved)
    if capture:
        checkout = till.work.gateway.fetch_checkout(till.booking(reserved).checkout_id or "")
        till.work.gateway.capture(checkout.payment_intent_id or "", key="by-hand")
    till.handle_notices()
    return reserved


def _hold(till: Till, reserved: Reserved) -> str:
    return till.booking(reserved).payment_intent_id or ""


def _statuses(till: Till, kind: str) -> list[str]:
    return [status for each, status in till.operations() if each == kind]


def _kept(till: Till) -> set[str]:
    with till.work.reading() as session:
        return set(session.scalars(select(Notice.endpoint)))


def _letters(till: Till) -> Counter[tuple[str, int | None]]:
    with till.work.reading() as session:
        return Counter((kind, to) for kind, to in session.execute(select(LetterRow.kind, LetterRow.to_account)))


def _open_cases(till: Till) -> list[tuple[str, int]]:
    with till.work.reading() as session:
        rows = session.execute(text("select kind, refund_minor from booking_case where settled_at is null"))
        return [(kind, minor) for kind, minor in rows]
