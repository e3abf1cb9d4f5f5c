"""Admins decide: problems, refunds beyond the policy, refunds that came back, lost disputes."""

from marketplace.services.bookings import Problem, report_problem
from tests.till import Till
from tests.web.browse import Browser


def on_hold(till: Till, ada: Browser) -> int:
    till.open_payouts()
    reserved = till.held()
    report_problem(till.work, Problem(till.cast.lea.actor, reserved.booking_id, "Nobody was there for an hour."))
    ada.sign_in(till.cast.ada)
    return reserved.booking_id


def test_a_case_is_listed_and_decided_with_a_reason_and_a_part_of_the_price(till: Till, ada: Browser) -> None:
    booking_id = on_hold(till, ada)
    path = f"/admin/bookings/{booking_id}/verdict"
    cases = ada.get("/admin/cases")
    assert "Nobody was there for an hour." in cases.text
    assert cases.soup.find("a", href=path)
    page = ada.get(path)
    assert ada.submit(page, path, refund_minor="", note="").status == 422
    assert ada.submit(page, path, refund_minor="ten", note="An hour.").status == 422
    assert "more than what is left" in ada.submit(page, path, refund_minor="400", note="An hour.").text
    assert ada.submit(page, path, refund_minor="120.00", note="An hour was lost.").status == 303
    till.tick()
    assert "No case is open" in ada.get("/admin/cases").text
    text = ada.get(f"/admin/bookings/{booking_id}").text
    assert "An hour was lost." in text
    assert "Refunded: €120" in text
    assert till.state(_Named(booking_id)) == "released"
    again = ada.submit(page, path, refund_minor="0", note="Once more.")
    assert again.status == 409
    assert "This is not possible any more" in again.text
    assert ada.get(path).status == 409


def test_more_than_the_policy_goes_back_with_a_reason_that_the_lead_reads(
    till: Till, ada: Browser, lea: Browser
) -> None:
    till.open_payouts()
    reserved = till.released()
    ada.sign_in(till.cast.ada)
    path = f"/admin/bookings/{reserved.booking_id}/refund"
    assert ada.get(f"/admin/bookings/{reserved.booking_id}").soup.find("a", href=path)
    page = ada.get(path)
    assert ada.submit(page, path, amount="0", reason="Goodwill.").status == 422
    assert ada.submit(page, path, amount="36", reason="Goodwill.").status == 303
    till.tick()
    assert till.booking(reserved).refunded_minor == 3_600
    lea.sign_in(till.cast.lea)
    story = lea.get(f"/bookings/{reserved.booking_id}").text
    assert "€36 refunded" in story
    assert "Cadran gives back more than the policy." in story


def test_where_nothing_fits_the_page_says_so(till: Till, ada: Browser) -> None:
    reserved = till.requested()
    refused = ada.get(f"/admin/bookings/{reserved.booking_id}/refund")
    assert (refused.status, ada.get("/admin/bookings/999/refund").status) == (409, 404)
    assert "Nothing can go back here" in refused.text
    assert ada.post(f"/admin/bookings/{reserved.booking_id}/refund/repetition").status == 409
    assert ada.post(f"/admin/bookings/{reserved.booking_id}/disputes/du_1/settlement", note="We bear it.").status == 404
    assert ada.post(f"/admin/bookings/{reserved.booking_id}/disputes/du_1/settlement").status == 422


def test_a_dispute_shows_on_the_booking_and_on_the_leads_page(till: Till, ada: Browser, lea: Browser) -> None:
    till.open_payouts()
    reserved = till.released()
    dispute_id = till.dispute(reserved)
    till.handle_notices()
    till.tick()
    ada.sign_in(till.cast.ada)
    text = ada.get(f"/admin/bookings/{reserved.booking_id}").text
    assert "Disputes at the bank" in text
    assert dispute_id in text
    lea.sign_in(till.cast.lea)
    assert "taken back by the bank" in lea.get(f"/bookings/{reserved.booking_id}").text


class _Named:
    """A booking by its number, where nobody reserved in this test's sight."""

    def __init__(self, booking_id: int) -> None:
        self.booking_id = booking_id
