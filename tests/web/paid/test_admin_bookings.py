"""What admins see of bookings, books and machinery."""

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
    assert "The books balance" in page.text
    assert ada.submit(page, "", action="/admin/alerts/1/settlement").status == 303
    assert "Nothing asks for a person" in ada.get("/admin/health").text
    assert ada.post("/admin/alerts/1/settlement").status == 409
    assert ada.post("/admin/alerts/9/settlement").status == 404
