"""The hosted pages: payment, 3-D Secure, onboarding and payouts, in English and French, without JavaScript."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.sandbox import account_links, accounts, checkouts, intents, payment_methods
from payments.sandbox.cards import USUAL
from payments.sandbox.deadlines import settle
from payments.sandbox.desk import Desk
from payments.sandbox.faults import Json
from payments.sandbox.state import State
from payments.sandbox.words import WORDS, Language, euros, language_of

# The buttons of the payment page, each with the test card that does what it says.
_CARDS = {
    "pay": USUAL,
    "decline": "pm_card_visa_chargeDeclined",
    "insufficient_funds": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "authenticate": "pm_card_threeDSecure2Required",
    "dispute": "pm_card_createDispute",
    "refund_fails": "pm_card_refundFail",
}
_PROBLEM_WORDS = {
    "insufficient_funds": "insufficient_funds_problem",
    "payment_intent_authentication_failure": "authentication_failed",
}


def pages(state: State) -> Blueprint:
    """The pages that people are sent to."""
    blueprint = Blueprint("pages", __name__)
    for path, name, view, methods in (
        ("/c/pay/<identifier>", "pay", _pay, ["GET", "POST"]),
        ("/c/pay/<identifier>/secure", "secure", _secure, ["GET", "POST"]),
        ("/3ds/<identifier>", "bank", _bank, ["GET", "POST"]),
        ("/setup/<identifier>", "setup", _setup, ["GET", "POST"]),
        ("/express/<identifier>", "express", _express, ["GET"]),
    ):
        blueprint.add_url_rule(path, name, _in_transaction(state, view), methods=methods)
    return blueprint


def _in_transaction(state: State, view: Callable[[Desk, str], AnyResponse]) -> Callable[[str], AnyResponse]:
    def answer(identifier: str) -> AnyResponse:
        with state.desk() as desk:
            settle(desk)
            return view(desk, identifier)

    return answer


def _pay(desk: Desk, identifier: str) -> AnyResponse:
    session = desk.find("checkout.session", identifier)
    if session is None:
        return _missing()
    if session["status"] != "open":
        return _ended(session)
    return _attempt(desk, session) if request.method == "POST" else _payment_page(session)


def _secure(desk: Desk, identifier: str) -> AnyResponse:
    session = desk.find("checkout.session", identifier)
    if session is None:
        return _missing()
    if session["status"] != "open":
        return _ended(session)
    intent = checkouts.begin_payment(desk, session)
    if intent["status"] != "requires_action":
        return redirect(url_for("pages.pay", identifier=session["id"]), 303)
    return _authenticated(desk, session, intent) if request.method == "POST" else _secure_page(session)


def _bank(desk: Desk, identifier: str) -> AnyResponse:
    """The bank's question about a payment that was not made on a hosted page."""
    intent = desk.find("payment_intent", identifier)
    if intent is None or intent["status"] != "requires_action":
        return _missing()
    back = intent["_return_url"]
    if request.method == "GET":
        return _bank_page(_language(None), intent, back)
    after = intents.answer_bank(desk, intent, authenticated=request.form.get("outcome") == "ok")
    return redirect(_returned(back, after), 303) if back else _bank_page(_language(None), intent, back)


def _setup(desk: Desk, token: str) -> AnyResponse:
    link = account_links.open_link(desk, token)
    if link is None:
        return _missing()
    addresses = link["use_case"]["account_onboarding"]
    if not account_links.link_is_good(desk, link):
        return redirect(addresses["refresh_url"], 303)
    account = accounts.find(desk, link["account"])
    if request.method == "GET":
        return _setup_page(account, list(addresses.values()))
    return _leave_setup(desk, link, account)


def _express(desk: Desk, token: str) -> AnyResponse:
    links = desk.every(account_links.LOGIN, _token=token)
    if not links:
        return _missing()
    account = accounts.find(desk, links[0]["_account"])
    return _dashboard_page(account, desk.every("transfer", destination=account["id"]))


def _attempt(desk: Desk, session: Json) -> AnyResponse:
    checkouts.write_fields(session, request.form)
    card = _CARDS.get(request.form.get("outcome", "pay"), _CARDS["decline"])
    intent = checkouts.begin_payment(desk, session)
    address = url_for("pages.secure", identifier=session["id"], _external=True)
    return _after(desk, session, intents.attempt(desk, intent, payment_methods.for_card(desk, card), address))


def _authenticated(desk: Desk, session: Json, intent: Json) -> AnyResponse:
    authenticated = request.form.get("outcome") == "ok"
    return _after(desk, session, intents.answer_bank(desk, intent, authenticated=authenticated))


def _after(desk: Desk, session: Json, intent: Json) -> AnyResponse:
    """Where the customer goes after an attempt: on, to the bank, or back to the page."""
    if intent["status"] == "requires_action":
        checkouts.note_problem(desk, session, "")
        return redirect(intent["next_action"]["redirect_to_url"]["url"], 303)
    if intent["last_payment_error"] is not None:
        error = intent["last_payment_error"]
        checkouts.note_problem(desk, session, error.get("decline_code", error["code"]))
        return redirect(url_for("pages.pay", identifier=session["id"]), 303)
    checkouts.complete(desk, session, intent)
    return redirect(_success_url(session), 303)


def _leave_setup(desk: Desk, link: Json, account: Json) -> AnyResponse:
    account_links.use_link(desk, link)
    if request.form.get("outcome") == "complete":
        accounts.complete(desk, account)
    addresses = link["use_case"]["account_onboarding"]
    return redirect(addresses.get("return_url", addresses["refresh_url"]), 303)


def _payment_page(session: Json) -> Response:
    language = _language(session["locale"])
    problem = session["_problem"] and _PROBLEM_WORDS.get(session["_problem"], "card_declined")
    manual = session["_payment_intent_data"].get("capture_method") == "manual"
    return _page(
        "pay.html",
        language,
        leads_to=[session["success_url"], session["cancel_url"]],
        session=session,
        amount=euros(session["amount_total"], language),
        problem=WORDS[language][problem] if problem else None,
        reserved=manual,
    )


def _secure_page(session: Json) -> Response:
    language = _language(session["locale"])
    amount = euros(session["amount_total"], language)
    return _page("secure.html", language, leads_to=[session["success_url"]], amount=amount)


def _bank_page(language: Language, intent: Json, back: str | None) -> Response:
    return _page("secure.html", language, leads_to=[back], amount=euros(intent["amount"], language))


def _returned(back: str, intent: Json) -> str:
    """The merchant's address, told how it went."""
    failed = intent["last_payment_error"] is not None
    told = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "failed" if failed else "succeeded",
    }
    return f"{back}{'&' if urlsplit(back).query else '?'}{urlencode(told)}"


def _ended(session: Json) -> Response:
    language = _language(session["locale"])
    done = session["status"] == "complete"
    return _page(
        "ended.html",
        language,
        title="complete_title" if done else "expired_title",
        text="complete" if done else "expired",
        link="go_on" if done else "go_back",
        address=_success_url(session) if done else session["cancel_url"],
    )


def _setup_page(account: Json, leads_to: list[str | None]) -> Response:
    language = _language(_account_locale(account))
    return _page("setup.html", language, leads_to=leads_to, name=account["display_name"] or account["id"])


def _dashboard_page(account: Json, transfers: list[Json]) -> Response:
    language = _language(_account_locale(account))
    rows = [
        {
            "id": transfer["id"],
            "date": datetime.fromtimestamp(transfer["created"], UTC).date().isoformat(),
            "amount": euros(transfer["amount"], language),
        }
        for transfer in transfers[::-1]
    ]
    return _page("dashboard.html", language, rows=rows, name=account["display_name"] or account["id"])


def _missing() -> Response:
    page = _page("ended.html", _language(None), title="missing_title", text="missing", link=None, address=None)
    page.status_code = 404
    return page


def _page(template: str, language: Language, *, leads_to: list[str | None] | None = None, **what: object) -> Response:
    page = make_response(render_template(template, lang=language, say=WORDS[language], **what))
    # A browser holds a form to this list through every redirect that follows.
    targets = ["'self'", *sorted({_origin(address) for address in leads_to or [] if address})]
    page.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {' '.join(targets)}"
    )
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Content-Type-Options"] = "nosniff"
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


def _success_url(session: Json) -> str:
    address: str = session["success_url"]
    return address.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _account_locale(account: Json) -> str | None:
    locales = (account["defaults"] or {}).get("locales") or [None]
    first: str | None = locales[0]
    return first


def _language(locale: str | None) -> Language:
    return language_of(locale, request.accept_languages.best_match(["en", "fr"]))
