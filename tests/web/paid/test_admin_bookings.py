"""What admins see of bookings, books and machinery."""

from sqlalchemy import select

from marketplace.services import audits
from marketplace.store.audit import LedgerCheck
from marketplace.store.money import raise_alert
from tests.till import Till
from tests.web.browse import Browser


def test_the_list_is_filtered_by_state_and_words(till: Till, ada: Browser) -> None:
    reserved = till.requested()
    assert reserved.reference in ada.get("/admin/bookings").text
    assert reserved.reference in ada.get(f"/admin/bookings?words={reserved.reference.lower()}&state=requested").text
    assert "No booking like that" in ada.get("/admin/bookings?state=released").text
    assert reserved.reference in ada.get("/admin/bookings?state=nonsense").text


def test_a_booking_shows_its_operations_and_postings(till: Till, ada: Browser) -> None:
    reserved = till.confirmed()
    text = ada.get(f"/admin/bookings/{reserved.booking_id}").text
    for words in ("checkout 1", "capture 1", "stripe_balance", f"client_money:{reserved.booking_id}", "€360.00"):
        assert words in text, words
    assert ada.get("/admin/bookings/999").status == 404
    assert ada.get(f"/bookings/{reserved.booking_id}").status == 200


def test_an_admin_cancels_and_the_lead_gets_everything_back(till: Till, ada: Browser) -> None:
    reserved = till.confirmed()
    path = f"/bookings/{reserved.booking_id}/cancellation"
    page = ada.get(path)
    assert ada.submit(page, path, reason="Double booking by mistake.").status == 303
    assert till.state(reserved) == "cancelled_by_admin"
    assert till.booking(reserved).refunded_minor == 36_000


def test_health_shows_alerts_until_somebody_settles_them(till: Till, ada: Browser) -> None:
    with till.work.transaction() as tx:
        raise_alert(tx, "void_refused", "booking:1", "why")
    page = ada.get("/admin/health")
    assert "Stripe refuses to release a hold" in page.text
    assert "The books were not looked at yet" in page.text
    assert ada.submit(page, "", action="/admin/alerts/1/settlement").status == 303
    assert "Nothing asks for a person" in ada.get("/admin/health").text
    assert ada.post("/admin/alerts/1/settlement").status == 409
    assert ada.post("/admin/alerts/9/settlement").status == 404


def test_the_books_balance_as_far_as_every_rule_was_looked_at(till: Till, ada: Browser) -> None:
    till.confirmed()
    till.audit()
    assert "All 12 rules of the books held" in ada.get("/admin/health").text
    till.door("/balance_transactions", type="adjustment", amount=-4_200)
    till.clock.advance(hours=2)
    till.audit()
    ada.sign_in(till.cast.ada)
    page = ada.get("/admin/health")
    assert "The books do not balance" in page.text
    assert "Movements at Stripe that our ledger does not know: 1" in page.text


def test_an_admin_who_mended_something_has_the_books_looked_at_at_once(till: Till, ada: Browser) -> None:
    till.confirmed()
    audits.tick(till.work)
    till.clock.advance(minutes=1)
    before = till.work.now()
    audits.tick(till.work)
    page = ada.get("/admin/health")
    assert ada.submit(page, "", action="/admin/books").status == 303
    audits.tick(till.work)
    with till.work.reading() as session:
        assert set(session.scalars(select(LedgerCheck.at))) == {before}
