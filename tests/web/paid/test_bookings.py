"""Sessions' pages, as the two sides, a stranger and an admin meet them."""

from datetime import timedelta

from flask import Flask

from tests.till import SLOT, Till
from tests.web.browse import Browser


def test_the_return_page_looks_again_until_the_card_is_authorised(till: Till, lea: Browser) -> None:
    reserved = till.reserve()
    path = f"/bookings/{reserved.booking_id}/return"
    waiting = lea.get(path)
    assert waiting.status == 200
    assert waiting.headers["Refresh"] == "3"
    till.press(reserved)
    arrived = lea.get(path)
    assert "Refresh" not in arrived.headers
    assert "Your request is with Inès Caron" in arrived.text
    assert till.state(reserved) == "requested"


def test_who_left_the_payment_page_can_go_on_or_let_the_slot_go(till: Till, lea: Browser) -> None:
    reserved = till.reserve()
    left = lea.get(f"/bookings/{reserved.booking_id}/return?left=1")
    assert "You have not paid yet" in left.text
    assert left.soup.find("a", href=reserved.checkout_url)
    released = lea.submit(left, "", action=f"/bookings/{reserved.booking_id}/release")
    assert released.status == 303
    assert till.state(reserved) == "expired_unpaid"
    assert till.slot_is_free()


def test_the_expert_sees_what_it_is_about_and_accepts(till: Till, ines: Browser, lea: Browser) -> None:
    reserved = till.requested()
    path = f"/bookings/{reserved.booking_id}"
    page = ines.get(path)
    assert "Know which ten gaps to close before the audit." in page.text
    assert "Forty clusters." in page.text
    assert "€295.20" in page.text
    answer = ines.submit(page, "", action=f"{path}/acceptance")
    assert answer.status == 303
    assert till.state(reserved) == "confirmed"
    assert "Confirmed" in lea.get(path).text


def test_accepting_twice_is_a_409_page_that_shows_where_the_session_stands(till: Till, ines: Browser) -> None:
    reserved = till.requested()
    path = f"/bookings/{reserved.booking_id}"
    ines.post(f"{path}/acceptance")
    again = ines.post(f"{path}/acceptance")
    assert again.status == 409
    assert "not possible any more" in again.text
    assert again.soup.find("a", href=f"{path}/cancellation")


def test_declining_asks_for_a_reason_and_keeps_what_was_typed(till: Till, ines: Browser) -> None:
    reserved = till.requested()
    path = f"/bookings/{reserved.booking_id}/refusal"
    page = ines.get(path)
    refused = ines.submit(page, path, reason="")
    assert refused.status == 422
    assert refused.errors()
    long = ines.submit(page, path, reason="x" * 401)
    assert "x" * 401 in long.html
    assert ines.submit(page, path, reason="I am travelling.").status == 303
    assert till.state(reserved) == "declined"


def test_cancelling_shows_the_refund_before_and_after(till: Till, lea: Browser) -> None:
    reserved = till.confirmed()
    path = f"/bookings/{reserved.booking_id}/cancellation"
    till.clock.advance(seconds=(SLOT - timedelta(hours=48) - till.clock()).total_seconds())
    lea.sign_in(till.cast.lea)
    page = lea.get(path)
    assert "Cancel and refund €180" in page.text
    assert lea.submit(page, path, reason="Plans changed.").status == 303
    story = lea.get(f"/bookings/{reserved.booking_id}").text
    for words in (
        "€360 authorised",
        "€360 charged",
        "€180 refunded",
        "The lead cancelled; the policy agreed at booking",
    ):
        assert words in story, words


def test_a_refund_that_changed_since_the_page_was_shown_is_asked_for_again(till: Till, lea: Browser) -> None:
    reserved = till.confirmed()
    path = f"/bookings/{reserved.booking_id}/cancellation"
    till.clock.advance(seconds=(SLOT - timedelta(hours=72, minutes=5) - till.clock()).total_seconds())
    lea.sign_in(till.cast.lea)
    page = lea.get(path)
    till.clock.advance(minutes=10)
    late = lea.submit(page, path, reason="Plans changed.")
    assert late.status == 409
    assert till.state(reserved) == "confirmed"


def test_the_room_opens_a_quarter_of_an_hour_before(till: Till, lea: Browser) -> None:
    reserved = till.confirmed()
    path = f"/bookings/{reserved.booking_id}"
    room = till.booking(reserved).room
    till.clock.advance(seconds=(SLOT - timedelta(minutes=15, seconds=1) - till.clock()).total_seconds())
    lea.sign_in(till.cast.lea)
    assert room not in lea.get(path).html
    till.clock.advance(seconds=1)
    assert room in lea.get(path).html


def test_foreign_sessions_look_like_none(till: Till, app: Flask) -> None:
    reserved = till.requested()
    hugo = Browser(app).sign_in(till.cast.hugo)
    amara = Browser(app).sign_in(till.cast.amara)
    path = f"/bookings/{reserved.booking_id}"
    for stranger in (hugo, amara):
        assert stranger.get(path).status == 404
        assert stranger.get("/bookings/999").status == 404
        assert stranger.get(f"{path}/cancellation").status == 404
    assert hugo.get(f"{path}/return").status == 404
    assert hugo.post(f"{path}/withdrawal").status == 404
    assert amara.post(f"{path}/acceptance").status == 404


def test_an_expert_does_not_see_a_booking_before_it_is_paid(till: Till, ines: Browser) -> None:
    reserved = till.reserve()
    assert ines.get(f"/bookings/{reserved.booking_id}").status == 404
    assert "No session yet" in ines.get("/bookings").text


def test_the_list_says_what_waits_for_whom(till: Till, lea: Browser, ines: Browser) -> None:
    assert "No session yet" in lea.get("/bookings").text
    till.requested()
    till.reserve(starts_at=SLOT + timedelta(days=1))
    assert "Waiting for your answer" in ines.get("/bookings").text
    text = lea.get("/bookings").text
    assert "To be paid" in text
    assert "Waiting for the expert’s answer" in text


def test_every_page_speaks_french(till: Till, app: Flask) -> None:
    reserved = till.requested()
    lea = Browser(app, language="fr").sign_in(till.cast.lea)
    for path in ("/bookings", f"/bookings/{reserved.booking_id}", f"/bookings/{reserved.booking_id}/return"):
        assert lea.get(f"{path}?lang=fr").status == 200


def test_a_refused_payment_can_be_made_again(till: Till, lea: Browser) -> None:
    reserved = till.requested()
    till.work.gateway.void(till.booking(reserved).payment_intent_id or "", key="by-hand")
    till.accept(reserved)
    path = f"/bookings/{reserved.booking_id}"
    page = lea.get(path)
    assert "your bank refused the payment" in page.text
    paying = lea.submit(page, "", action=f"{path}/payment")
    assert paying.status == 303
    assert paying.location.startswith(till.sandbox.address)
    assert lea.post(f"{path}/payment").status == 409


def test_a_request_is_taken_back_with_or_without_a_reason(till: Till, lea: Browser) -> None:
    reserved = till.requested()
    path = f"/bookings/{reserved.booking_id}/withdrawal"
    page = lea.get(path)
    assert lea.submit(page, path, reason="x" * 401).status == 422
    assert lea.submit(page, path, reason="").status == 303
    assert till.state(reserved) == "withdrawn"
    assert lea.get(path).status == 409


def test_cancelling_without_a_reason_is_asked_for_one(till: Till, ines: Browser) -> None:
    reserved = till.confirmed()
    path = f"/bookings/{reserved.booking_id}/cancellation"
    page = ines.get(path)
    assert ines.submit(page, path, reason="").status == 422
    assert "counts in your reliability" in page.text
    assert ines.submit(page, path, reason="I am ill.", shown_refund="nonsense").status == 303
    assert till.state(reserved) == "cancelled_by_expert"
