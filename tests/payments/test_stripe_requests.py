"""Every parameter we send, and every one the sandbox takes, is one that Stripe's own library knows."""

import re
import threading
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
import stripe
import typing_extensions
from stripe import params as v1
from stripe.params import checkout
from stripe.params.v2 import core as v2
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule

from payments import stripe_requests
from payments.port import CheckoutOrder, GatewayUnknown
from payments.sandbox.api import OPERATIONS
from payments.sandbox.lists import LIST_FIELDS
from payments.sandbox.shapes import Fields, Group, Many
from payments.stripe_gateway import StripeGateway
from tests.payments.conftest import KEY, START

# Names that the library's inherited options use where they cannot be looked up.
LATE = {"StripeContext": stripe.StripeContext, "Mapping": Mapping}


class NotInTheLibrary(AssertionError):
    pass


def check(value: Any, hint: Any, path: str = "") -> None:
    """Raise unless the value is what the library's types say, down to the last key."""
    if typing_extensions.is_typeddict(hint):
        _check_dictionary(value, hint, path)
    elif get_origin(hint) in (Union, types.UnionType):
        _check_union(value, get_args(hint), path)
    elif get_origin(hint) is Literal:
        _demand(value in get_args(hint), path, f"{value!r} is none of {get_args(hint)}")
    elif get_origin(hint) is list:
        _demand(isinstance(value, list), path, "a list was expected")
        for index, item in enumerate(value):
            check(item, get_args(hint)[0], f"{path}[{index}]")
    elif get_origin(hint) is dict:
        _demand(all(isinstance(text, str) for text in value.values()), path, "texts were expected")
    else:
        _demand(type(value) is hint, path, f"{value!r} is no {hint}")


def _check_dictionary(value: Any, hint: Any, path: str) -> None:
    _demand(isinstance(value, dict), path, "an object was expected")
    hints = get_type_hints(hint, localns=LATE)
    for name in value:
        _demand(name in hints, f"{path}.{name}", "unknown")
    for name in hint.__required_keys__:
        _demand(name in value, f"{path}.{name}", "missing")
    for name, part in value.items():
        check(part, hints[name], f"{path}.{name}")


def _check_union(value: Any, options: tuple[Any, ...], path: str) -> None:
    # An open list of words ("fr", "en" ... or any other text) is held to the words that it names.
    named = [option for option in options if get_origin(option) is Literal and get_args(option) != ("",)]
    problems = []
    for option in named if named and isinstance(value, str) else options:
        try:
            return check(value, option, path)
        except (NotInTheLibrary, AttributeError) as problem:
            problems.append(str(problem))
    raise NotInTheLibrary("; ".join(problems))


def _demand(true: bool, path: str, problem: str) -> None:
    if not true:
        raise NotInTheLibrary(f"{path}: {problem}")


@dataclass
class Sent:
    params: Any
    kind: Any


@pytest.fixture
def sent(order: CheckoutOrder) -> dict[str, Sent]:
    made = {
        "transfer": stripe_requests.transfer(
            "acct_1", 100, "eur", source_charge="ch_1", reference="booking-17", metadata={"op_id": "op-4"}
        ),
        "account": stripe_requests.account(
            email="samir@example.org", name="Samir", country="FR", language="en", metadata={"op_id": "op-9"}
        ),
        "onboarding": stripe_requests.onboarding("acct_1", return_url="http://a", refresh_url="http://b"),
    }
    return {
        "checkout": Sent(stripe_requests.checkout(order), checkout.SessionCreateParams),
        "english checkout": Sent(
            stripe_requests.checkout(replace(order, language="en", po_number_field=False)),
            checkout.SessionCreateParams,
        ),
        "hold": Sent(stripe_requests.hold(), v1.PaymentIntentRetrieveParams),
        "capture": Sent(stripe_requests.capture(), v1.PaymentIntentCaptureParams),
        "void": Sent(stripe_requests.void(), v1.PaymentIntentCancelParams),
        "refund": Sent(stripe_requests.refund("pi_1", 100, {"op_id": "op-3"}), v1.RefundCreateParams),
        "refunds": Sent(stripe_requests.refunds_of("pi_1"), v1.RefundListParams),
        "transfer": Sent(made["transfer"], v1.TransferCreateParams),
        "transfers": Sent(stripe_requests.transfers_of("booking-17"), v1.TransferListParams),
        "account": Sent(made["account"], v2.AccountCreateParams),
        "account details": Sent(stripe_requests.account_details(), v2.AccountRetrieveParams),
        "onboarding": Sent(made["onboarding"], v2.AccountLinkCreateParams),
        "checkouts": Sent(stripe_requests.checkouts_since(START), checkout.SessionListParams),
        "holds": Sent(stripe_requests.holds_since(START), v1.PaymentIntentListParams),
        "reversal": Sent(stripe_requests.reversal(100, {"op_id": "op-5"}), v1.TransferReversalCreateParams),
        "reversals": Sent(stripe_requests.reversals(), v1.TransferReversalListParams),
        "disputes": Sent(stripe_requests.disputes_of("ch_1"), v1.DisputeListParams),
        "movements": Sent(stripe_requests.movements(START, START), v1.BalanceTransactionListParams),
        "accounts": Sent(stripe_requests.accounts(), v2.AccountListParams),
        "events": Sent(stripe_requests.events_since(START), v1.EventListParams),
    }


def test_every_parameter_we_send_is_in_the_library(sent: dict[str, Sent]) -> None:
    for name, request in sent.items():
        check(request.params, request.kind, name)


def _rename(params: Any) -> None:
    params["line_items"][0]["price_data"]["unit_amout"] = params["line_items"][0]["price_data"].pop("unit_amount")


def _retype(params: Any) -> None:
    params["expires_at"] = str(params["expires_at"])


def _drop(params: Any) -> None:
    del params["line_items"][0]["price_data"]["currency"]


def _add_what_went_away(params: Any) -> None:
    params["payment_method_types"] = ["card"]


def _misspell(params: Any) -> None:
    params["payment_intent_data"]["capture_method"] = "manuel"


def _number_as_metadata(params: Any) -> None:
    params["metadata"]["booking"] = 17


@pytest.mark.parametrize("spoil", [_rename, _retype, _drop, _add_what_went_away, _misspell, _number_as_metadata])
def test_the_check_notices_what_is_wrong(sent: dict[str, Sent], spoil: Callable[[Any], None]) -> None:
    """The negative control of the test above."""
    request = sent["checkout"]
    spoil(request.params)
    with pytest.raises(NotInTheLibrary):
        check(request.params, request.kind)


def test_v2_links_no_longer_take_configurations(sent: dict[str, Sent]) -> None:
    link = sent["onboarding"]
    link.params["use_case"]["account_onboarding"]["configurations"] = ["recipient"]
    with pytest.raises(NotInTheLibrary, match="configurations"):
        check(link.params, link.kind)


def test_the_order_is_found_again_by_its_metadata(order: CheckoutOrder) -> None:
    params = stripe_requests.checkout(order)
    wanted = {"company": "42", "reference": "booking-17", "op_id": "op-1"}
    assert params["metadata"] == wanted
    assert params["payment_intent_data"]["metadata"] == wanted
    assert params["expires_at"] == int((START + timedelta(hours=1)).timestamp())


def test_money_is_reserved_and_never_split_by_stripe(sent: dict[str, Sent]) -> None:
    text = repr([request.params for request in sent.values()])
    assert "'capture_method': 'manual'" in text
    for never in ("application_fee", "transfer_data", "on_behalf_of", "payment_method_types"):
        assert never not in text


TYPES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/customers"): v1.CustomerCreateParams,
    ("POST", "/v1/customers/<identifier>"): v1.CustomerUpdateParams,
    ("GET", "/v1/customers"): v1.CustomerListParams,
    ("POST", "/v1/payment_methods"): v1.PaymentMethodCreateParams,
    ("POST", "/v1/payment_methods/<identifier>/attach"): v1.PaymentMethodAttachParams,
    ("GET", "/v1/payment_methods"): v1.PaymentMethodListParams,
    ("GET", "/v1/checkout/sessions"): checkout.SessionListParams,
    ("POST", "/v1/payment_intents"): v1.PaymentIntentCreateParams,
    ("GET", "/v1/payment_intents"): v1.PaymentIntentListParams,
    ("POST", "/v1/payment_intents/<identifier>/confirm"): v1.PaymentIntentConfirmParams,
    ("GET", "/v1/charges"): v1.ChargeListParams,
    ("POST", "/v1/transfers/<identifier>/reversals"): v1.TransferReversalCreateParams,
    ("GET", "/v1/transfers/<identifier>/reversals"): v1.TransferReversalListParams,
    ("GET", "/v1/disputes"): v1.DisputeListParams,
    ("POST", "/v1/disputes/<identifier>"): v1.DisputeUpdateParams,
    ("POST", "/v1/payouts"): v1.PayoutCreateParams,
    ("GET", "/v1/payouts"): v1.PayoutListParams,
    ("GET", "/v2/core/accounts"): v2.AccountListParams,
    ("POST", "/v1/checkout/sessions"): checkout.SessionCreateParams,
    ("POST", "/v1/payment_intents/<identifier>/cancel"): v1.PaymentIntentCancelParams,
    ("POST", "/v1/refunds"): v1.RefundCreateParams,
    ("GET", "/v1/refunds"): v1.RefundListParams,
    ("POST", "/v1/transfers"): v1.TransferCreateParams,
    ("GET", "/v1/transfers"): v1.TransferListParams,
    ("GET", "/v1/balance_transactions"): v1.BalanceTransactionListParams,
    ("GET", "/v1/events"): v1.EventListParams,
    ("POST", "/v2/core/accounts"): v2.AccountCreateParams,
    ("GET", "/v2/core/accounts/<identifier>"): v2.AccountRetrieveParams,
    ("POST", "/v2/core/account_links"): v2.AccountLinkCreateParams,
}


def check_fields(fields: Fields, hint: Any, path: str) -> None:
    """Raise unless the library's type has every one of the sandbox's fields."""
    found = _dictionary_in(hint)
    _demand(found is not None, path, f"{hint} has no fields")
    hints = get_type_hints(found, localns=LATE)
    for name, shape in fields.items():
        _demand(name in hints, f"{path}.{name}", "unknown")
        inner = shape.item if isinstance(shape, Many) else shape
        if isinstance(inner, Group):
            check_fields(inner.fields, hints[name], f"{path}.{name}")


def _dictionary_in(hint: Any) -> Any:
    if typing_extensions.is_typeddict(hint):
        return hint
    return next((found for part in get_args(hint) if (found := _dictionary_in(part))), None)


def test_the_sandbox_takes_nothing_that_stripe_would_not() -> None:
    for operation in OPERATIONS:
        # v2's cursor is inside an address that the library follows, never a parameter that it names.
        fields = {name: shape for name, shape in operation.fields.items() if (operation.is_v2, name) != (True, "page")}
        if fields:
            check_fields(fields, TYPES[operation.method, operation.path], operation.path)


def test_the_check_of_the_sandbox_notices_an_invented_field() -> None:
    """The negative control of the test above."""
    with pytest.raises(NotInTheLibrary, match="colour"):
        check_fields({**LIST_FIELDS, "colour": Group({})}, v1.RefundListParams, "")


def test_the_sandboxs_addresses_are_stripes() -> None:
    library = Path(stripe.__file__).parent
    known = " ".join(path.read_text() for path in library.rglob("*_service.py"))
    for operation in OPERATIONS:
        pattern = (
            re.escape(f'"{operation.path}"').replace("<identifier>", r"\{[a-z_]+\}").replace("<second>", r"\{[a-z_]+\}")
        )
        assert re.search(pattern, known), operation.path
    assert not re.search(r'"/v1/offerings"', known)


def test_the_sandbox_answers_everything_that_the_gateway_can_ask(order: CheckoutOrder) -> None:
    asked: set[tuple[str, str]] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.add((self.command, self.path.partition("?")[0]))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    gateway = StripeGateway(KEY, f"http://127.0.0.1:{server.server_port}")
    for ask in everything(gateway, order):
        with pytest.raises(GatewayUnknown):
            ask()
    gateway.close()
    server.shutdown()
    server.server_close()
    thread.join()
    routes = Map([Rule(operation.path, methods=[operation.method]) for operation in OPERATIONS])
    for method, path in asked:
        assert routes.bind("localhost").match(path, method)
    with pytest.raises(NotFound):
        routes.bind("localhost").match("/v1/invoices", "POST")
    assert len(asked) == 26


def everything(gateway: StripeGateway, order: CheckoutOrder) -> list[Callable[[], object]]:
    named: dict[str, Any] = {"key": "k", "metadata": {}}
    return [
        lambda: gateway.open_checkout(order, key="k"),
        lambda: gateway.expire_checkout("cs_1", key="k"),
        lambda: gateway.fetch_checkout("cs_1"),
        lambda: gateway.fetch_hold("pi_1"),
        lambda: gateway.capture("pi_1", key="k"),
        lambda: gateway.void("pi_1", key="k"),
        lambda: gateway.refund("pi_1", 1, **named),
        lambda: gateway.fetch_refund("re_1"),
        lambda: gateway.find_refund("pi_1", "op"),
        lambda: gateway.transfer("acct_1", 1, "eur", source_charge="ch_1", reference="b", **named),
        lambda: gateway.fetch_transfer("tr_1"),
        lambda: gateway.find_transfer("b", "op"),
        lambda: gateway.create_account(email="a@b.c", name="A", country="FR", language="fr", **named),
        lambda: gateway.fetch_account("acct_1"),
        lambda: gateway.onboarding_link("acct_1", return_url="http://a", refresh_url="http://b"),
        lambda: gateway.dashboard_link("acct_1"),
        lambda: gateway.fetch_balance("eur"),
        lambda: gateway.notices_since(START),
        lambda: gateway.find_checkout("op", START),
        lambda: gateway.find_hold("op", START),
        lambda: gateway.find_account("op"),
        lambda: gateway.reverse_transfer("tr_1", 1, **named),
        lambda: gateway.find_reversal("tr_1", "op"),
        lambda: gateway.fetch_dispute("du_1"),
        lambda: gateway.disputes_of("ch_1"),
        lambda: next(gateway.balance_transactions(START, START)),
    ]


def test_the_gateway_offers_what_the_port_promises() -> None:
    from payments.port import PaymentGateway

    promised = {name for name in vars(PaymentGateway) if not name.startswith("_")}
    assert promised <= set(dir(StripeGateway))
    assert typing.get_type_hints(PaymentGateway.capture) == typing.get_type_hints(StripeGateway.capture)
