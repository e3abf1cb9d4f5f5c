"""The ledger beside Stripe's own book: what differs is found to the cent, and a breach stops transfers alone."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace.cashier import reducer
from marketplace.domain.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.services import audits
from marketplace.services.audits import AdoptLine, adopt_line, check_ledger, reconcile
from marketplace.store.ledger_checks import Finding, keep_findings
from tests.till import KEY, SLOT, Till

PAID_OUT = timedelta(hours=3, days=3)


def _figures(till: Till) -> dict[str, int]:
    return {each.name: each.figure for each in check_ledger(till.work)}


def _breaches(till: Till) -> set[str]:
    return {each.name for each in check_ledger(till.work) if each.breached}


def test_after_a_whole_life_both_books_agree_to_the_cent(till: Till) -> None:
    reserved = till.released()
    till.decide(till.dispute(reserved), "won")
    till.tick()
    other = till.confirmed(SLOT + timedelta(days=7))
    till.cancel(other, till.cast.ines)
    till.tick()
    result = reconcile(till.work)
    assert (result.left, result.unexplained, result.ours) == ((), 0, result.stripes)
    assert result.lines == 8
    assert _breaches(till) == set()
    assert _figures(till)["own_money_minor"] == 6_480


def test_a_missing_fee_is_found_and_posted(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as forgetful:
        forgetful.setattr(reducer, "_note_fee", lambda *_: None)
        till.confirmed()
    till.clock.advance(hours=1)
    result = reconcile(till.work)
    assert [each.kind for each in result.found] == ["fee_missing"]
    assert result.left == ()
    assert till.entries() == ["capture", "fee"]


def test_a_missing_fee_that_cannot_be_posted_is_a_difference_of_exactly_that_fee(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marketplace.cashier import books

    monkeypatch.setattr(reducer, "_note_fee", lambda *_: None)
    monkeypatch.setattr(books, "_post_fee", lambda *_: None)
    till.confirmed()
    till.clock.advance(hours=1)
    result = reconcile(till.work)
    fee = result.ours - result.stripes
    assert fee == -result.left[0].stripes > 0
    assert result.unexplained == fee
    till.clock.advance(hours=2)
    assert _breaches(till) == {"fees_missing", "stripe_difference_minor"}


def test_a_foreign_movement_is_found_stops_transfers_and_is_adopted_by_an_admin(till: Till) -> None:
    till.open_payouts()
    reserved = till.confirmed()
    till.door("/balance_transactions", type="adjustment", amount=-1_234, description="?")
    till.clock.advance(hours=2)
    result = reconcile(till.work)
    assert [(each.kind, each.stripes) for each in result.left] == [("foreign", -1_234)]
    assert result.unexplained == 1_234
    assert _breaches(till) == {"lines_foreign", "stripe_difference_minor"}
    till.pass_until(SLOT + PAID_OUT)
    assert till.state(reserved) == "releasing"
    assert "transfer" not in till.entries()
    _adopt(till, "bad_debt")
    till.audit()
    assert _breaches(till) == set()
    till.clock.advance(minutes=15)
    till.tick()
    assert till.state(reserved) == "released"
    assert till.balances()["bad_debt"] == 1_234


def _adopt(till: Till, account: str, note: str = "Stripe's correction of October.", line: str = "", who=None) -> None:  # type: ignore[no-untyped-def]
    with till.work.reading() as session:
        foreign = line or str(session.scalar(text("select id from balance_line where entry_id is null")))
    adopt_line(till.work, AdoptLine((who or till.cast.ada).actor, foreign, account, note))


def test_who_may_adopt_what(till: Till) -> None:
    till.confirmed()
    till.door("/balance_transactions", type="contribution", amount=-5)
    reconcile(till.work)
    with pytest.raises(Forbidden):
        _adopt(till, "bank", who=till.cast.lea)
    with pytest.raises(Invalid, match="account_unknown"):
        _adopt(till, "client_money:1")
    with pytest.raises(Invalid, match="reason_missing"):
        _adopt(till, "bank", note=" ")
    with pytest.raises(NotFound):
        _adopt(till, "bank", line="txn_x")
    with till.work.reading() as session:
        line = str(session.scalar(text("select id from balance_line where entry_id is null")))
    _adopt(till, "bank", line=line)
    with pytest.raises(Conflict, match="line_known"):
        _adopt(till, "bank", line=line)


def test_a_foreign_charge_with_a_fee_is_adopted_whole(till: Till) -> None:
    key = {"Authorization": f"Bearer {KEY}"}
    asked = {"amount": 5_000, "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa"}
    till.browser.post(f"{till.sandbox.address}/v1/payment_intents", data=asked, headers=key).raise_for_status()
    till.clock.advance(hours=1)  # Stripe books it a little later
    assert [each.kind for each in reconcile(till.work).left] == ["foreign"]
    _adopt(till, "bank", note="A payment by hand in Stripe's dashboard.")
    assert reconcile(till.work).left == ()
    till.clock.advance(hours=2)
    assert _breaches(till) == set()
    assert till.balances()["stripe_fees"] > 0


def test_a_breach_stops_transfers_and_only_transfers(till: Till) -> None:
    till.open_payouts()
    paid = till.confirmed()
    with till.work.transaction() as tx:
        keep_findings(tx.session, [Finding("lines_foreign", 1, breached=True)], tx.now)
    till.pass_until(SLOT + PAID_OUT)
    assert till.state(paid) == "releasing"
    other = till.confirmed(SLOT + timedelta(days=7))
    till.cancel(other, till.cast.ines)
    assert till.state(other) == "cancelled_by_expert"
    assert ("transfer", "pending") in till.operations()
    with till.work.transaction() as tx:
        keep_findings(tx.session, [Finding("lines_foreign", 0, breached=False)], tx.now)
    till.clock.advance(minutes=11)
    till.tick()
    assert till.state(paid) == "released"


def test_without_the_breach_the_same_transfer_leaves(till: Till) -> None:
    assert till.state(till.released()) == "released"


def test_a_lost_notice_of_a_dispute_is_found_in_stripes_book_and_taken_up(till: Till) -> None:
    reserved = till.held()
    till.door("/disputes", payment_intent=till.booking(reserved).payment_intent_id)
    result = reconcile(till.work)
    assert [each.kind for each in result.found if each.stripes == -38_000] == ["foreign"]
    assert result.left == ()
    assert till.state(reserved) == "disputed"


def test_a_lost_notice_of_a_failed_refund_is_found_in_stripes_book_and_undone(till: Till) -> None:
    reserved = till.confirmed()
    till.cancel(reserved, till.cast.ines)
    with till.work.reading() as session:
        refund = session.scalar(text("select object_id from operation where kind = 'refund'"))
    till.door(f"/refunds/{refund}", outcome="failed")
    result = reconcile(till.work)
    assert result.left == ()
    assert till.booking(reserved).undone_minor == 36_000
    assert till.alerts() == {"refund_failed"}


def test_a_line_that_stripe_books_late_is_no_breach_and_one_that_never_comes_is(till: Till) -> None:
    till.door("/lateness", charge=3 * 86_400)
    till.confirmed()
    result = reconcile(till.work)
    assert {each.kind for each in result.left} == {"late"}
    assert result.unexplained == 0
    assert _breaches(till) == set()
    with till.work.transaction() as tx:
        tx.session.execute(text("update booking set gross_minor = gross_minor"))
    till.clock.advance(hours=49)
    till.audit()
    assert "entries_unknown_to_stripe" in _breaches(till)


def test_a_movement_of_another_amount_than_ours_is_found(till: Till) -> None:
    till.confirmed()
    till.clock.advance(hours=1)
    reconcile(till.work)
    with till.work.transaction() as tx:
        tx.session.execute(text("update balance_line set amount_minor = amount_minor - 1"))
    assert "lines_unequal" in _breaches(till)


@pytest.mark.parametrize(
    ("injury", "breach"),
    [
        ("update booking set state = 'released'", "client_money_left_over"),
        ("update booking set sent_minor = 1", "sent_otherwise"),
    ],
)
def test_a_booking_that_does_not_fit_its_postings_is_a_breach(till: Till, injury: str, breach: str) -> None:
    till.confirmed()
    assert _breaches(till) == set()
    with till.work.transaction() as tx:
        tx.session.execute(text(injury))
    assert _breaches(till) == {breach}
    assert "ledger_breached" in till.alerts()


def test_a_price_that_is_not_shared_out_to_the_cent_is_a_breach(till: Till) -> None:
    till.released()
    with till.work.transaction() as tx:
        tx.session.execute(text("update booking set share_minor = share_minor + 1, reserved_minor = 1"))
    assert _breaches(till) == {"bookings_uneven"}


def test_money_of_our_own_and_fees_without_a_session_are_booked(till: Till) -> None:
    till.confirmed()
    till.door("/balance_transactions", type="topup", amount=500)
    till.door("/balance_transactions", type="stripe_fee", amount=-200)
    till.clock.advance(hours=1)
    result = reconcile(till.work)
    assert result.left == ()
    balances = till.balances()
    assert balances["bank"] == -500
    assert _figures(till)["own_money_minor"] == 500


def test_the_jobs_keep_their_periods(till: Till) -> None:
    assert {job.name: job.every for job in audits.JOBS} == {
        "stuck_bookings": timedelta(minutes=15),
        "ending_holds": timedelta(hours=1),
        "books": timedelta(days=1),
    }
    till.confirmed()
    audits.tick(till.work)
    till.line.sent.clear()
    audits.tick(till.work)
    assert till.line.sent == []
    till.clock.advance(hours=24)
    audits.tick(till.work)
    assert "fetch_balance" in till.line.sent


def test_the_jobs_wait_for_stripe_to_come_back(till: Till) -> None:
    till.confirmed()
    till.line.cut_before.add("*")
    assert audits.tick(till.work) == 0
    till.line.cut_before.clear()
    till.line.sent.clear()
    audits.tick(till.work)
    assert "fetch_balance" in till.line.sent


def test_a_booking_that_waits_for_nothing_is_shown_to_a_person(till: Till) -> None:
    reserved = till.requested()
    with till.work.transaction() as tx:
        tx.session.execute(text("update booking set state = 'capturing'"))
    till.clock.advance(minutes=16)
    till.audit()
    assert till.state(reserved) == "capturing"
    assert till.alerts() == {"booking_stuck"}


def test_a_booking_whose_answer_was_lost_is_led_on_by_the_look_at_stuck_ones(till: Till) -> None:
    reserved = till.requested()
    till.line.cut_after.add("capture")
    till.accept(reserved)
    assert till.state(reserved) == "capturing"
    till.clock.advance(minutes=16)
    till.audit()
    assert till.state(reserved) == "confirmed"


def test_a_hold_that_runs_out_is_noticed_without_any_notice(till: Till) -> None:
    reserved = till.requested()
    till.work.gateway.void(till.booking(reserved).payment_intent_id or "", key="by-hand")
    with till.work.transaction() as tx:
        tx.session.execute(text("update booking set capture_before = hold_until"))
    till.audit()
    assert till.state(reserved) == "expired"
