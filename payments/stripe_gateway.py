"""The payment gateway over Stripe's own client library."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import stripe
from stripe import RequestOptions, StripeClient

from payments import stripe_answers as answers
from payments import stripe_requests as requests
from payments.port import (
    Account,
    AccountLink,
    Balance,
    Checkout,
    CheckoutOrder,
    GatewayRefused,
    GatewayUnknown,
    Hold,
    Notice,
    Refund,
    Transfer,
)

Theirs = TypeVar("Theirs")
Ours = TypeVar("Ours")

STRIPE_ADDRESS = "https://api.stripe.com"

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0

# 401: our key is wrong, not the payment; 408, 409, 429: try again, nothing was decided.
_UNDECIDED = frozenset({401, 408, 409, 429})


class StripeGateway:
    """Stripe at one address, with one key and with the API version that the library pins.

    Safe to share between threads: every thread keeps its own open connection. The library never retries:
    the caller's stored operations do, with the same key.
    """

    def __init__(
        self,
        api_key: str,
        address: str = STRIPE_ADDRESS,
        *,
        connect_seconds: float = _CONNECT_SECONDS,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._http = stripe.RequestsClient(timeout=(connect_seconds, answer_seconds))
        self._stripe = StripeClient(
            api_key,
            http_client=self._http,
            # All four, so that nothing ever goes to Stripe when another address was meant.
            base_addresses={"api": address, "connect": address, "files": address, "meter_events": address},
            max_network_retries=0,
        )

    def close(self) -> None:
        """Close this thread's connection."""
        self._http.close()  # type: ignore[no-untyped-call]  # the library left it untyped

    def open_checkout(self, order: CheckoutOrder, *, key: str) -> Checkout:
        """Open a hosted page that authorises, and does not capture, the order's amount."""
        with _in_our_words():
            sessions = self._stripe.v1.checkout.sessions
            return answers.checkout(sessions.create(requests.checkout(order), _once(key)))

    def expire_checkout(self, checkout_id: str, *, key: str) -> Checkout:
        """Shut an open page; refused when it is already complete or expired: fetch it then."""
        with _in_our_words():
            return answers.checkout(self._stripe.v1.checkout.sessions.expire(checkout_id, options=_once(key)))

    def fetch_checkout(self, checkout_id: str) -> Checkout:
        """Read the page's current state."""
        with _in_our_words():
            return answers.checkout(self._stripe.v1.checkout.sessions.retrieve(checkout_id))

    def fetch_hold(self, hold_id: str) -> Hold:
        """Read the hold's current state, with its charge and fee as far as known."""
        with _in_our_words():
            return answers.hold(self._stripe.v1.payment_intents.retrieve(hold_id, requests.hold()))

    def capture(self, hold_id: str, *, key: str) -> Hold:
        """Take the whole reserved amount."""
        with _in_our_words():
            intents = self._stripe.v1.payment_intents
            return answers.hold(intents.capture(hold_id, requests.capture(), _once(key)))

    def void(self, hold_id: str, *, key: str) -> Hold:
        """Release a hold that was not captured."""
        with _in_our_words():
            intents = self._stripe.v1.payment_intents
            return answers.hold(intents.cancel(hold_id, requests.void(), _once(key)))

    def refund(self, hold_id: str, amount_minor: int, *, key: str, metadata: Mapping[str, str]) -> Refund:
        """Give back a part or all of a captured hold; refused when more than what is left."""
        with _in_our_words():
            params = requests.refund(hold_id, amount_minor, metadata)
            return answers.refund(self._stripe.v1.refunds.create(params, _once(key)))

    def fetch_refund(self, refund_id: str) -> Refund:
        """Read the refund's current state."""
        with _in_our_words():
            return answers.refund(self._stripe.v1.refunds.retrieve(refund_id))

    def find_refund(self, hold_id: str, op_id: str) -> Refund | None:
        """Look for the refund of this hold that carries `op_id`, before a new key is used."""
        with _in_our_words():
            every = self._stripe.v1.refunds.list(requests.refunds_of(hold_id)).auto_paging_iter()
            ours = (refund for refund in every if answers.carries(refund.metadata, op_id))
            return _first(answers.refund, ours)

    def transfer(
        self,
        account_id: str,
        amount_minor: int,
        currency: str,
        *,
        source_charge: str,
        reference: str,
        key: str,
        metadata: Mapping[str, str],
    ) -> Transfer:
        """Move money of a captured charge to an account whose transfers are active."""
        with _in_our_words():
            params = requests.transfer(
                account_id,
                amount_minor,
                currency,
                source_charge=source_charge,
                reference=reference,
                metadata=metadata,
            )
            return answers.transfer(self._stripe.v1.transfers.create(params, _once(key)))

    def fetch_transfer(self, transfer_id: str) -> Transfer:
        """Read the transfer's current state."""
        with _in_our_words():
            return answers.transfer(self._stripe.v1.transfers.retrieve(transfer_id))

    def find_transfer(self, reference: str, op_id: str) -> Transfer | None:
        """Look for the transfer of this reference that carries `op_id`, before a new key is used."""
        with _in_our_words():
            every = self._stripe.v1.transfers.list(requests.transfers_of(reference)).auto_paging_iter()
            ours = (transfer for transfer in every if answers.carries(transfer.metadata, op_id))
            return _first(answers.transfer, ours)

    def create_account(
        self, *, email: str, name: str, country: str, language: str, key: str, metadata: Mapping[str, str]
    ) -> Account:
        """Open an account that can receive transfers once its owner has completed the onboarding."""
        with _in_our_words():
            params = requests.account(email=email, name=name, country=country, language=language, metadata=metadata)
            return answers.account(self._stripe.v2.core.accounts.create(params, _once(key)))

    def fetch_account(self, account_id: str) -> Account:
        """Read whether the account may receive transfers and what is missing."""
        with _in_our_words():
            accounts = self._stripe.v2.core.accounts
            return answers.account(accounts.retrieve(account_id, requests.account_details()))

    def onboarding_link(self, account_id: str, *, return_url: str, refresh_url: str) -> AccountLink:
        """Make a fresh page on which the owner gives what is still required."""
        with _in_our_words():
            params = requests.onboarding(account_id, return_url=return_url, refresh_url=refresh_url)
            return answers.onboarding_link(self._stripe.v2.core.account_links.create(params))

    def dashboard_link(self, account_id: str) -> AccountLink:
        """Make a fresh page on which the owner sees their payouts."""
        with _in_our_words():
            return answers.dashboard_link(self._stripe.v1.accounts.login_links.create(account_id))

    def fetch_balance(self, currency: str) -> Balance:
        """Read the platform's balance in one currency; zero where there is none."""
        with _in_our_words():
            return answers.balance(self._stripe.v1.balance.retrieve(), currency)

    def notices_since(self, moment: datetime) -> Sequence[Notice]:
        """List what happened from `moment` on, oldest first (Stripe keeps 30 days)."""
        with _in_our_words():
            newest_first = self._stripe.v1.events.list(requests.events_since(moment)).auto_paging_iter()
            return [answers.notice(event) for event in newest_first][::-1]


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Let nothing of the library through: every failure is either definite or unknown."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translated(error) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The call may well have worked: an answer that we cannot read decides nothing.
        raise GatewayUnknown(f"an answer that we do not understand: {error}") from error


def _translated(error: stripe.StripeError) -> GatewayRefused | GatewayUnknown:
    status = error.http_status
    message = error.user_message or type(error).__name__
    if status is None or not 400 <= status < 500 or status in _UNDECIDED:
        return GatewayUnknown(f"{status or 'no answer'}: {message}")
    details = error.json_body.get("error", {}) if isinstance(error.json_body, dict) else {}
    code = details.get("code") or details.get("type") or "refused"
    # v2 has its own word for what v1 calls a missing resource.
    return GatewayRefused("resource_missing" if code == "not_found" else code, message, details.get("decline_code"))


def _once(key: str) -> RequestOptions:
    return {"idempotency_key": key}


def _first(read: Callable[[Theirs], Ours], found: Iterator[Theirs]) -> Ours | None:
    first = next(found, None)
    return None if first is None else read(first)
