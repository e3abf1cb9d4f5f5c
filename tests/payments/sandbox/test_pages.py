"""The hosted pages, used as a browser without JavaScript uses them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from payments.port import Account, Checkout, CheckoutOrder
from payments.sandbox import Sandbox
from payments.sandbox.words import WORDS, euros, language_of
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import Clock, Shopper


@pytest.fixture
def page(gateway: StripeGateway, order: CheckoutOrder) -> Checkout:
    return gateway.open_checkout(order, key="checkout:17:1")


def url(checkout: Checkout) -> str:
    assert checkout.url
    return checkout.url


def text(soup: BeautifulSoup) -> str:
    return " ".join(soup.text.split(" ")).replace("\n", " ")


@pytest.mark.parametrize(
    ("language", "banner", "amount"),
    [
        ("fr", "BAC À SABLE, pas d’argent réel", "Payer 360,00\u00a0€"),
        ("en", "SANDBOX, no real money", "Pay €360.00"),
    ],
)
def test_the_payment_page_speaks_the_shops_language(
    gateway: StripeGateway, order: CheckoutOrder, shopper: Shopper, language: str, banner: str, amount: str
) -> None:
    checkout = gateway.open_checkout(replace(order, language=language), key="checkout:17:1")
    soup = shopper.see(url(checkout))
    assert soup.html
    assert soup.html["lang"] == language
    assert banner in text(soup)
    assert amount in text(soup)
    assert "Chatbot roll-out in a bank" in text(soup)


def test_paying_leads_back_to_the_shop_with_the_checkouts_id(page: Checkout, shopper: Shopper) -> None:
    answer = shopper.press(url(page), "pay")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://127.0.0.1:8000/return?checkout={page.id}"


def test_the_purchase_order_number_is_kept(gateway: StripeGateway, page: Checkout, shopper: Shopper) -> None:
    shopper.press(url(page), "pay", po_number="  BC-2026-118 ")
    assert gateway.fetch_checkout(page.id).po_number == "BC-2026-118"


def test_the_purchase_order_number_may_be_left_out(gateway: StripeGateway, page: Checkout, shopper: Shopper) -> None:
    shopper.press(url(page), "pay", po_number=" ")
    assert gateway.fetch_checkout(page.id).po_number is None


def test_there_is_no_such_field_unless_the_shop_asks_for_it(
    gateway: StripeGateway, order: CheckoutOrder, shopper: Shopper
) -> None:
    checkout = gateway.open_checkout(replace(order, po_number_field=False), key="checkout:17:1")
    assert shopper.see(url(checkout)).select("input") == []


@pytest.mark.parametrize(
    ("outcome", "words", "decline_code"),
    [
        ("decline", "Votre carte a été refusée", "generic_decline"),
        ("insufficient_funds", "pas assez approvisionné", "insufficient_funds"),
    ],
)
def test_a_declined_card_can_be_replaced_by_another(
    gateway: StripeGateway,
    page: Checkout,
    shopper: Shopper,
    sandbox: Sandbox,
    outcome: str,
    words: str,
    decline_code: str,
) -> None:
    answer = shopper.press(url(page), outcome, po_number="BC-1")
    assert answer.status_code == 303
    soup = shopper.see(url(page))
    alert = soup.select_one("[role=alert]")
    assert alert
    assert words in alert.text
    field = soup.select_one("input[name=po_number]")
    assert field
    assert field["value"] == "BC-1"
    assert gateway.fetch_checkout(page.id).status == "open"
    with sandbox.state.desk() as desk:
        (intent,) = desk.every("payment_intent")
    assert gateway.fetch_hold(intent["id"]).decline_code == decline_code
    assert gateway.fetch_hold(intent["id"]).status == "requires_payment_method"
    shopper.press(url(page), "pay", po_number="BC-1")
    paid = gateway.fetch_checkout(page.id)
    assert (paid.status, paid.payment_intent_id) == ("complete", intent["id"])
    assert gateway.fetch_hold(intent["id"]).decline_code is None


def test_the_bank_may_ask_who_is_paying(gateway: StripeGateway, page: Checkout, shopper: Shopper) -> None:
    bank = shopper.press(url(page), "authenticate", po_number="BC-1").headers["Location"]
    assert gateway.fetch_checkout(page.id).status == "open"
    answer = shopper.press(bank, "ok")
    assert answer.headers["Location"].startswith("http://127.0.0.1:8000/return")
    paid = gateway.fetch_checkout(page.id)
    assert (paid.status, paid.po_number) == ("complete", "BC-1")
    assert paid.payment_intent_id
    assert gateway.fetch_hold(paid.payment_intent_id).status == "requires_capture"


def test_failing_the_banks_check_pays_nothing(
    gateway: StripeGateway, page: Checkout, shopper: Shopper, sandbox: Sandbox
) -> None:
    bank = shopper.press(url(page), "authenticate").headers["Location"]
    shopper.press(bank, "fail")
    assert "confirmer votre identité" in text(shopper.see(url(page)))
    with sandbox.state.desk() as desk:
        (intent,) = desk.every("payment_intent")
    hold = gateway.fetch_hold(intent["id"])
    assert (hold.status, hold.decline_code) == (
        "requires_payment_method",
        "payment_intent_authentication_failure",
    )


def test_the_banks_page_is_there_only_while_the_bank_waits(page: Checkout, shopper: Shopper) -> None:
    answer = shopper.browser.get(f"{url(page)}/secure", allow_redirects=False)
    assert answer.status_code == 303
    shopper.press(url(page), "pay")
    assert "Ce paiement est terminé" in text(shopper.see(f"{url(page)}/secure"))


def test_paying_twice_pays_once(gateway: StripeGateway, page: Checkout, shopper: Shopper, sandbox: Sandbox) -> None:
    shopper.press(url(page), "pay")
    again = shopper.browser.post(url(page), data={"outcome": "pay"}, allow_redirects=False)
    assert "Ce paiement est terminé" in again.text
    with sandbox.state.desk() as desk:
        assert len(desk.every("payment_intent")) == 1
        assert len(desk.every("charge")) == 1


def test_leaving_leads_back_to_the_booking(page: Checkout, shopper: Shopper) -> None:
    link = shopper.see(url(page)).select_one("a")
    assert link
    assert link["href"] == "http://127.0.0.1:8000/bookings/17"


def test_an_expired_page_takes_nothing(gateway: StripeGateway, page: Checkout, shopper: Shopper, clock: Clock) -> None:
    clock.pass_by(hours=1)
    answer = shopper.browser.post(url(page), data={"outcome": "pay"}, allow_redirects=False)
    assert "a expiré" in answer.text
    assert gateway.fetch_checkout(page.id).status == "expired"


def test_an_expired_page_ends_the_payment_that_was_begun(
    gateway: StripeGateway, page: Checkout, shopper: Shopper, sandbox: Sandbox
) -> None:
    shopper.press(url(page), "decline")
    gateway.expire_checkout(page.id, key="expire:17:1")
    with sandbox.state.desk() as desk:
        (intent,) = desk.every("payment_intent")
    assert intent["status"] == "canceled"


@pytest.mark.parametrize("path", ["/c/pay/cs_test_none", "/c/pay/cs_test_none/secure", "/setup/none", "/express/none"])
def test_a_page_that_does_not_exist_says_so(sandbox: Sandbox, shopper: Shopper, path: str) -> None:
    answer = shopper.browser.get(sandbox.address + path, headers={"Accept-Language": "fr-CA,fr"})
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.text


def test_pages_hold_to_a_strict_policy_and_lead_back_to_the_shop(page: Checkout, shopper: Shopper) -> None:
    headers = shopper.browser.get(url(page)).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:8000" in policy
    assert headers["Cache-Control"] == "no-store"


def test_pages_need_nothing_from_elsewhere_and_no_script(page: Checkout, shopper: Shopper) -> None:
    soup = shopper.see(url(page))
    assert soup.select("script, [style], [onclick]") == []
    own = urlsplit(url(page)).netloc
    for link in soup.select("link[href]"):
        address = f"http://{own}{link['href']}"
        assert shopper.browser.get(address).status_code == 200


def test_onboarding_can_wait(gateway: StripeGateway, new_account: Account, shopper: Shopper) -> None:
    link = gateway.onboarding_link(new_account.id, return_url="http://127.0.0.1/b", refresh_url="http://127.0.0.1/a")
    assert "Samir Haddad" in text(shopper.see(link.url))
    assert shopper.press(link.url, "later").headers["Location"] == "http://127.0.0.1/b"
    assert not gateway.fetch_account(new_account.id).transfers_active


def test_an_onboarding_link_is_good_for_one_visit(
    gateway: StripeGateway, new_account: Account, shopper: Shopper
) -> None:
    link = gateway.onboarding_link(new_account.id, return_url="http://127.0.0.1/b", refresh_url="http://127.0.0.1/a")
    shopper.press(link.url, "later")
    again = shopper.browser.get(link.url, allow_redirects=False)
    assert (again.status_code, again.headers["Location"]) == (303, "http://127.0.0.1/a")


def test_an_onboarding_link_is_good_for_five_minutes(
    gateway: StripeGateway, new_account: Account, shopper: Shopper, clock: Clock
) -> None:
    link = gateway.onboarding_link(new_account.id, return_url="http://127.0.0.1/b", refresh_url="http://127.0.0.1/a")
    assert link.expires_at == clock.now + timedelta(minutes=5)
    clock.pass_by(minutes=5)
    late = shopper.browser.post(link.url, data={"outcome": "complete"}, allow_redirects=False)
    assert late.headers["Location"] == "http://127.0.0.1/a"
    assert not gateway.fetch_account(new_account.id).transfers_active


def test_completing_twice_changes_nothing(active_account: Account, onboard: Callable[[Account], Account]) -> None:
    assert onboard(active_account) == active_account


def test_a_dashboard_without_transfers_says_so(
    gateway: StripeGateway, active_account: Account, shopper: Shopper
) -> None:
    assert "Aucun virement" in text(shopper.see(gateway.dashboard_link(active_account.id).url))


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["fr"].keys() == WORDS["en"].keys()
    assert all(WORDS["fr"].values())
    assert all(WORDS["en"].values())


@pytest.mark.parametrize(
    ("minor", "english", "french"),
    [
        (5, "€0.05", "0,05\u00a0€"),
        (36000, "€360.00", "360,00\u00a0€"),
        (123456789, "€1,234,567.89", "1\u00a0234\u00a0567,89\u00a0€"),
    ],
)
def test_amounts_are_written_as_people_do(minor: int, english: str, french: str) -> None:
    assert (euros(minor, "en"), euros(minor, "fr")) == (english, french)


@pytest.mark.parametrize(
    ("locale", "accepted", "language"),
    [
        ("fr", "en", "fr"),
        ("fr-CA", None, "fr"),
        ("en-GB", "fr", "en"),
        ("auto", "fr", "fr"),
        (None, None, "en"),
    ],
)
def test_the_shops_wish_goes_before_the_browsers(locale: str | None, accepted: str | None, language: str) -> None:
    assert language_of(locale, accepted) == language
