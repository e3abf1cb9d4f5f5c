"""An expert's earnings and payout account."""

from datetime import timedelta

from tests.till import SLOT, Till
from tests.web.browse import Browser


def test_before_the_first_session_the_page_says_what_to_do(ines: Browser) -> None:
    page = ines.get("/expert/earnings")
    assert "Nothing earned yet" in page.text
    assert "Tell Stripe where your money goes" in page.text
    assert page.soup.find("form", action="/expert/payouts")


def test_payouts_are_set_up_at_stripe(till: Till, ines: Browser) -> None:
    begun = ines.post("/expert/payouts")
    assert begun.status == 303
    assert begun.location.startswith(till.sandbox.address)
    assert "Something is still missing" in ines.get(ines.get("/expert/payouts").location).html
    till.browser.post(begun.location, data={"outcome": "complete"}, allow_redirects=False, timeout=10)
    page = ines.get(ines.get("/expert/payouts").location)
    assert "Your account is ready" in page.html
    assert ines.post("/expert/payouts/dashboard").location.startswith("http")


def test_without_stripe_setting_up_payouts_says_so_and_loses_nothing(till: Till, ines: Browser) -> None:
    till.line.cut_before.add("*")
    assert ines.post("/expert/payouts").status == 503
    till.line.cut_before.clear()
    till.clock.advance(minutes=1)
    assert ines.post("/expert/payouts").status == 303
    assert [kind for kind, _ in till.operations()] == ["account"]


def test_a_confirmed_session_waits_a_held_one_is_held_up_and_then_sent(till: Till, ines: Browser) -> None:
    reserved = till.confirmed()
    assert "Waiting" in ines.get("/expert/earnings").text
    till.pass_until(SLOT + timedelta(days=4))
    ines.sign_in(till.cast.ines)
    assert till.state(reserved) == "payout_blocked"
    page = ines.get("/expert/earnings")
    assert "Held up" in page.text
    assert "€295.20" in page.text
    till.open_payouts()
    till.tick()
    assert till.state(reserved) == "released"
    assert "Sent" in ines.get("/expert/earnings").text


def test_the_table_can_be_had_as_csv(till: Till, ines: Browser) -> None:
    reserved = till.confirmed()
    lines = ines.get("/expert/earnings.csv").html.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(
        f"{reserved.reference};Kubernetes threat model;2026-11-16;Banque Horizon;360.00;0.00;54.00"
    )
    assert ";0.00;54.00;10.80;295.20;" in lines[1]


def test_a_page_of_stripe_that_was_open_too_long_is_made_anew(till: Till, ines: Browser) -> None:
    first = ines.post("/expert/payouts").location
    fresh = ines.get("/expert/payouts/fresh")
    assert fresh.status == 303
    assert fresh.location.startswith(till.sandbox.address)
    assert fresh.location != first


def test_following_a_link_opens_no_account(till: Till, ines: Browser) -> None:
    assert ines.get("/expert/payouts/fresh").status == 409
    assert till.operations() == []
    ines.post("/expert/payouts")
    assert ines.get("/expert/payouts/fresh").location.startswith(till.sandbox.address)


def test_an_account_that_is_not_complete_has_no_page_of_payouts(till: Till, ines: Browser) -> None:
    ines.post("/expert/payouts")
    assert ines.post("/expert/payouts/dashboard").status == 409
